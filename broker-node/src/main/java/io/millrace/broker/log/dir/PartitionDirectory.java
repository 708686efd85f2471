package io.millrace.broker.log.dir;

import io.millrace.common.TopicIdPartition;
import io.millrace.common.file.Checkpoint;
import io.millrace.common.file.CorruptFileException;
import io.millrace.common.file.FileStore;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The directory of one partition's log, {@code <topic>-<partition>}. Immutable.
 *
 * <p>The name is for people; a {@link Checkpoint} in it, {@code partition.metadata} (kind {@code
 * partition}, version 1), has the line {@code topic.id <UUID>}. It appears whole, under its name,
 * or not at all: it is built as {@code <topic id>-<partition>.new} and renamed. A deleted one is
 * {@code <topic id>-<partition>.deleted} until its files are gone.
 *
 * @param path the directory
 * @param topic the topic's name
 * @param id what the cluster knows it by
 */
public record PartitionDirectory(Path path, String topic, TopicIdPartition id) {
  static final String METADATA = "partition.metadata";

  private static final String KIND = "partition";
  private static final int VERSION = 1;
  private static final String TOPIC_ID = "topic.id ";
  private static final Pattern NAME =
      Pattern.compile("([a-zA-Z0-9._-]{1,249})-(0|[1-9][0-9]{0,8})");
  private static final Pattern LEFTOVER = Pattern.compile("[0-9a-f-]{36}-[0-9]+\\.(new|deleted)");

  /**
   * What is found in a data directory.
   *
   * @param partitions those whose id can be read
   * @param unreadable those that are named like one, but whose id can't be read
   * @param leftovers half made and half deleted ones, to be deleted
   */
  public record Listing(
      List<PartitionDirectory> partitions, List<Path> unreadable, List<Path> leftovers) {}

  /** What a partition's directory is called. */
  public static String nameOf(String topic, int partition) {
    return topic + "-" + partition;
  }

  /**
   * Makes the directory, durably.
   *
   * @throws FileAlreadyExistsException if there is one of that name
   */
  public static PartitionDirectory create(
      FileStore store, Path dataDirectory, String topic, TopicIdPartition id) throws IOException {
    Path path = dataDirectory.resolve(nameOf(topic, id.partition()));
    if (store.exists(path)) {
      String holds = read(store, path).map(d -> "topic.id " + d.id.topicId()).orElse("no topic.id");
      throw new FileAlreadyExistsException(
          path.toString(), null, "holds " + holds + " (expected: free for " + id.topicId() + ")");
    }
    Path building = dataDirectory.resolve(id + ".new");
    deleteTree(store, building);
    store.createDirectories(building);
    new Checkpoint(KIND, VERSION, List.of(TOPIC_ID + id.topicId()))
        .write(store, building.resolve(METADATA));
    store.rename(building, path);
    store.forceDirectory(dataDirectory);
    return new PartitionDirectory(path, topic, id);
  }

  /** Lists the partitions of a data directory. */
  public static Listing list(FileStore store, Path dataDirectory) throws IOException {
    Listing listing = new Listing(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (Path entry : store.list(dataDirectory)) {
      String name = String.valueOf(entry.getFileName());
      if (LEFTOVER.matcher(name).matches()) {
        listing.leftovers.add(entry);
      } else if (NAME.matcher(name).matches() && store.isDirectory(entry)) {
        read(store, entry)
            .ifPresentOrElse(listing.partitions::add, () -> listing.unreadable.add(entry));
      }
    }
    return listing;
  }

  /** Reads whose a directory is; empty if it is not a partition's or its metadata are damaged. */
  public static Optional<PartitionDirectory> read(FileStore store, Path path) throws IOException {
    Matcher name = NAME.matcher(String.valueOf(path.getFileName()));
    if (!name.matches()) {
      return Optional.empty();
    }
    try {
      return Checkpoint.read(store, path.resolve(METADATA), KIND, VERSION)
          .map(Checkpoint::lines)
          .filter(lines -> lines.size() == 1 && lines.get(0).startsWith(TOPIC_ID))
          .map(lines -> UUID.fromString(lines.get(0).substring(TOPIC_ID.length())))
          .map(topicId -> new TopicIdPartition(topicId, Integer.parseInt(name.group(2))))
          .map(id -> new PartitionDirectory(path, name.group(1), id));
    } catch (CorruptFileException | IllegalArgumentException damaged) {
      return Optional.empty();
    }
  }

  /**
   * Moves it out of the way, durably, so that its name is free at once.
   *
   * @return where it is now, for {@link #deleteTree}
   */
  public Path moveAside(FileStore store) throws IOException {
    Path aside = path.resolveSibling(id + ".deleted");
    deleteTree(store, aside);
    store.rename(path, aside);
    Path parent = path.getParent();
    if (parent != null) {
      store.forceDirectory(parent);
    }
    return aside;
  }

  /** Deletes a directory with what is in it; nothing happens if it is missing. */
  public static void deleteTree(FileStore store, Path directory) throws IOException {
    if (store.isDirectory(directory)) {
      for (Path entry : store.list(directory)) {
        deleteTree(store, entry);
      }
    }
    store.delete(directory);
  }
}
