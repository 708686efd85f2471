package io.millrace.metadata.ratis;

import io.millrace.common.file.Checkpoint;
import io.millrace.common.file.FileStore;
import io.millrace.metadata.FirstMembers;
import io.millrace.metadata.MetadataStorageException;
import io.millrace.metadata.QuorumVoter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * A metadata directory, and the mark in it that says whose it is. Stateless; used at start.
 *
 * <pre>
 * metadata/
 *   metadata.properties   the mark: cluster, voter, whether it ever took part, first members
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
  private static final String MEMBERS = "first.members";
  private static final String JOINING = "none";

  private final FileStore store;
  private final RatisSettings settings;

  MetadataStorage(FileStore store, RatisSettings settings) {
    this.store = store;
    this.settings = settings;
  }

  /** How far a voter has come. */
  public enum State {
    /**
     * Prepared by the voter itself at the first start of a cluster: it takes part as soon as all
     * voters are prepared.
     */
    PREPARED("prepared"),
    /** Prepared to take part at once: the only voter, one that joins, or at a person's word. */
    FORMATTED("formatted"),
    /** It has taken part. */
    ACTIVE("active");

    private final String text;

    State(String text) {
      this.text = text;
    }

    private static State of(String text) {
      for (State state : values()) {
        if (state.text.equals(text)) {
          return state;
        }
      }
      throw new MetadataStorageException(
          MARK + ": state: " + text + " (expected: prepared, formatted or active)");
    }
  }

  /** How far a directory's voter has come; empty if the directory was never formatted. */
  public static Optional<State> state(FileStore store, Path directory) throws IOException {
    return readMark(store, directory).map(Mark::state);
  }

  /** What a directory's voter began with; empty if the directory was never formatted. */
  public static Optional<FirstMembers> firstMembers(FileStore store, Path directory)
      throws IOException {
    return readMark(store, directory).map(Mark::members);
  }

  /** Prepares an empty directory for the only voter of a new cluster. */
  public static void format(FileStore store, RatisSettings settings) {
    format(store, settings, new FirstMembers.Alone(), State.FORMATTED);
  }

  /**
   * Prepares an empty directory for a new voter; nothing happens if it was prepared for the same
   * one.
   *
   * @param members what its quorum begins with
   * @param state PREPARED or FORMATTED
   * @throws MetadataStorageException if it is another voter's or holds something else
   */
  public static void format(
      FileStore store, RatisSettings settings, FirstMembers members, State state) {
    MetadataStorage storage = new MetadataStorage(store, settings);
    try {
      if (readMark(store, settings.directory()).isPresent()) {
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
      storage.writeMark(state, members);
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
          readMark(store, directory)
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
      if (mark.state() == State.ACTIVE && !store.exists(logDirectory().resolve("raft-meta"))) {
        throw new MetadataStorageException(
            "the metadata log is gone: "
                + logDirectory()
                + " has no raft-meta, but this node took part in the quorum; "
                + whatToDo());
      }
    } catch (IOException e) {
      throw new MetadataStorageException("can't read " + directory.resolve(MARK) + ": " + e, e);
    }
  }

  /** The only voter has nobody who knows more; one of several would vote with what is old. */
  String whatToDo() {
    boolean alone;
    try {
      alone = firstMembers() instanceof FirstMembers.Alone;
    } catch (IOException unreadable) {
      alone = false;
    }
    return alone
        ? "restore the metadata directory from a backup. To begin anew without the topics and their"
            + " data, empty the data directories and start again"
        : "replace this voter and restore nothing from a backup, which would vote without what it"
            + " had helped to commit: `millrace quorum remove "
            + settings.nodeId()
            + "` at any node. Then start this one with process.roles=broker to keep its partitions;"
            + " or empty its data directories, and run `millrace format --cluster-id "
            + settings.clusterId()
            + " --node-id "
            + settings.nodeId()
            + "` to make it a voter again";
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

  /**
   * Remembers that the voter is about to take part. Before it does: who asks from now on whether
   * the quorum may have begun is told so.
   */
  void markBegun() throws IOException {
    Optional<Mark> mark = readMark(store, settings.directory());
    if (mark.isPresent() && mark.get().state() == State.PREPARED) {
      writeMark(State.FORMATTED, mark.get().members());
    }
  }

  /** Remembers that the voter took part: from now on its log must be there. */
  void markActive() throws IOException {
    Optional<Mark> mark = readMark(store, settings.directory());
    if (mark.isPresent() && mark.get().state() != State.ACTIVE) {
      writeMark(State.ACTIVE, mark.get().members());
    }
  }

  /** What the quorum begins with, if it has not begun. */
  FirstMembers firstMembers() throws IOException {
    return firstMembers(store, settings.directory()).orElseGet(FirstMembers.Alone::new);
  }

  private void writeMark(State state, FirstMembers members) throws IOException {
    List<String> lines =
        List.of(
            "cluster.id=" + settings.clusterId(),
            "voter=" + settings.peerId(),
            "state=" + state.text,
            MEMBERS + "=" + text(members));
    new Checkpoint(KIND, VERSION, lines).write(store, settings.directory().resolve(MARK));
  }

  private static String text(FirstMembers members) {
    if (members instanceof FirstMembers.Voters several) {
      return several.voters().stream().map(QuorumVoter::toString).collect(Collectors.joining(","));
    }
    return members instanceof FirstMembers.Joining ? JOINING : "";
  }

  private static FirstMembers members(String text) {
    return switch (text) {
      case "" -> new FirstMembers.Alone();
      case JOINING -> new FirstMembers.Joining();
      default ->
          new FirstMembers.Voters(
              Arrays.stream(text.split(",", -1)).map(QuorumVoter::parse).toList());
    };
  }

  private static Optional<Mark> readMark(FileStore store, Path directory) throws IOException {
    return Checkpoint.read(store, directory.resolve(MARK), KIND, VERSION)
        .map(
            checkpoint ->
                new Mark(
                    value(checkpoint, "cluster.id"),
                    value(checkpoint, "voter"),
                    State.of(value(checkpoint, "state")),
                    members(value(checkpoint, MEMBERS))));
  }

  private static String value(Checkpoint checkpoint, String key) {
    return checkpoint.lines().stream()
        .filter(line -> line.startsWith(key + "="))
        .map(line -> line.substring(key.length() + 1))
        .findFirst()
        .orElse("");
  }

  /**
   * The mark.
   *
   * @param members the line is missing in marks of voters that began alone, before there were
   *     others
   */
  private record Mark(String clusterId, String peerId, State state, FirstMembers members) {}
}
