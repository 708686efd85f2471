package io.millrace.metadata.ratis;

import io.millrace.common.file.Checkpoint;
import io.millrace.common.file.FileStore;
import io.millrace.metadata.MetadataStorageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A metadata directory, and the mark in it that says whose it is. Stateless; used at start.
 *
 * <pre>
 * metadata/
 *   metadata.properties   the mark: cluster, voter, and whether it ever took part
 *   raft/&lt;group&gt;/current  Ratis's log and vote
 *   raft/&lt;group&gt;/sm       snapshots of the image
 * </pre>
 *
 * <p>Ratis itself would format an empty directory silently, and the empty voter could then outvote
 * committed metadata. So a directory is used only if it was formatted for this voter, and, once it
 * took part, only if Ratis's files are still there.
 */
public final class MetadataStorage {
  private static final String KIND = "metadata-storage";
  private static final int VERSION = 1;
  private static final String MARK = "metadata.properties";
  private static final String FORMATTED = "formatted";
  private static final String ACTIVE = "active";

  private final FileStore store;
  private final RatisSettings settings;

  MetadataStorage(FileStore store, RatisSettings settings) {
    this.store = store;
    this.settings = settings;
  }

  /** Whether a directory was formatted. */
  public static boolean isFormatted(FileStore store, Path directory) throws IOException {
    return store.exists(directory.resolve(MARK));
  }

  /**
   * Prepares an empty directory for a new voter; nothing happens if it was prepared for the same
   * one.
   *
   * @throws MetadataStorageException if it is another voter's or holds something else
   */
  public static void format(FileStore store, RatisSettings settings) {
    MetadataStorage storage = new MetadataStorage(store, settings);
    try {
      if (storage.readMark().isPresent()) {
        storage.check();
        return;
      }
      Path directory = settings.directory();
      if (!store.list(directory).isEmpty()) {
        throw new MetadataStorageException(
            directory
                + " is not empty and not a metadata directory (expected: an empty one); move its"
                + " contents away and try again");
      }
      store.createDirectories(directory);
      storage.writeMark(FORMATTED);
      for (Path at = directory; at != null; at = at.getParent()) {
        store.forceDirectory(at);
      }
    } catch (IOException e) {
      throw new MetadataStorageException("can't format " + settings.directory(), e);
    }
  }

  /** Where Ratis keeps its files. */
  Path raftDirectory() {
    return settings.directory().resolve("raft");
  }

  /** Where Ratis keeps the files of our group. */
  Path groupDirectory() {
    return raftDirectory().resolve(groupId().toString());
  }

  /** Where Ratis keeps our log. */
  Path logDirectory() {
    return groupDirectory().resolve("current");
  }

  /** The group's id, made of the cluster's, so that two clusters never mix. */
  UUID groupId() {
    return UUID.nameUUIDFromBytes(
        ("millrace metadata " + settings.clusterId()).getBytes(StandardCharsets.UTF_8));
  }

  /** Checks that the directory is this voter's and whole, as far as can be told from outside. */
  void check() {
    Path directory = settings.directory();
    Mark mark;
    try {
      mark =
          readMark()
              .orElseThrow(
                  () ->
                      new MetadataStorageException(
                          directory
                              + " is not formatted (expected: "
                              + MARK
                              + " in it); if this node ever served, restore the directory from a"
                              + " backup, else empty the data directory and start again"));
      if (!mark.clusterId().equals(settings.clusterId())) {
        throw new MetadataStorageException(
            directory
                + " belongs to the cluster "
                + mark.clusterId()
                + " (expected: "
                + settings.clusterId()
                + "); check the data directory's path");
      }
      if (!mark.peerId().equals(settings.peerId())) {
        throw new MetadataStorageException(
            directory
                + " belongs to the voter "
                + mark.peerId()
                + " (expected: "
                + settings.peerId()
                + "); it was copied from another node, or the node's id was changed");
      }
      if (mark.state().equals(ACTIVE) && !store.exists(logDirectory().resolve("raft-meta"))) {
        throw new MetadataStorageException(
            "the metadata log is gone: "
                + logDirectory()
                + " has no raft-meta, but this node took part in the quorum; restore "
                + directory
                + " from a backup. To begin anew without the topics and their data, empty the data"
                + " directories and start again");
      }
    } catch (IOException e) {
      throw new MetadataStorageException("can't read " + directory.resolve(MARK) + ": " + e, e);
    }
  }

  /** Checks that there is room to write. */
  void requireSpace(long minBytes) {
    try {
      long usable = store.usableSpace(settings.directory());
      if (usable < minBytes) {
        throw new MetadataStorageException(
            "the disk of "
                + settings.directory()
                + " has "
                + (usable >> 20)
                + " MiB left (expected: at least "
                + (minBytes >> 20)
                + "); free some space and start again");
      }
    } catch (IOException e) {
      throw new MetadataStorageException("can't read " + settings.directory() + ": " + e, e);
    }
  }

  /** Remembers that the voter took part: from now on its log must be there. */
  void markActive() throws IOException {
    if (!readMark().map(Mark::state).equals(Optional.of(ACTIVE))) {
      writeMark(ACTIVE);
    }
  }

  private void writeMark(String state) throws IOException {
    List<String> lines =
        List.of(
            "cluster.id=" + settings.clusterId(), "voter=" + settings.peerId(), "state=" + state);
    new Checkpoint(KIND, VERSION, lines).write(store, settings.directory().resolve(MARK));
  }

  private Optional<Mark> readMark() throws IOException {
    return Checkpoint.read(store, settings.directory().resolve(MARK), KIND, VERSION)
        .map(
            checkpoint ->
                new Mark(
                    value(checkpoint, "cluster.id"),
                    value(checkpoint, "voter"),
                    value(checkpoint, "state")));
  }

  private static String value(Checkpoint checkpoint, String key) {
    return checkpoint.lines().stream()
        .filter(line -> line.startsWith(key + "="))
        .map(line -> line.substring(key.length() + 1))
        .findFirst()
        .orElse("");
  }

  private record Mark(String clusterId, String peerId, String state) {}
}
