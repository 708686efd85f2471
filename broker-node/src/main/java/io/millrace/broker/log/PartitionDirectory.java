package io.millrace.broker.log;

import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.common.file.Checkpoint;
import io.millrace.common.file.CorruptFileException;
import io.millrace.common.file.FileStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A partition's directory in a log directory: {@code <topic>-<partition>}, and in it {@code
 * partition.metadata}, which says whose it is: a {@link Checkpoint} of kind {@code partition},
 * version 1, with the lines
 *
 * <pre>
 * topic_id &lt;uuid&gt;
 * partition &lt;number&gt;
 * </pre>
 *
 * <p>The directory of a deleted partition moves aside first, to {@code <topic
 * id>-<partition>.<n>.deleted}, so that its name is free at once. Stateless.
 */
public final class PartitionDirectory {
  /** The file that says whose the directory is. */
  public static final String METADATA = "partition.metadata";

  private static final String KIND = "partition";
  private static final int VERSION = 1;
  private static final String TOPIC_ID = "topic_id ";
  private static final String PARTITION = "partition ";

  private PartitionDirectory() {}

  /**
   * A partition found on the disk.
   *
   * @param path its directory
   * @param name the partition by its topic's name, from the directory's
   * @param id the partition by its topic's id; empty if the metadata file is missing or damaged
   */
  public record Found(Path path, TopicPartition name, Optional<TopicIdPartition> id) {}

  /** Where a partition's directory is or would be. */
  public static Path of(Path logDirectory, TopicPartition name) {
    return logDirectory.resolve(name.toString());
  }

  /** All partitions of a log directory, by name; not those moved aside. */
  public static List<Found> scan(FileStore store, Path logDirectory) throws IOException {
    List<Found> found = new ArrayList<>();
    for (Path path : store.list(logDirectory)) {
      Optional<TopicPartition> name = nameOf(path);
      if (name.isPresent() && store.isDirectory(path)) {
        found.add(new Found(path, name.get(), readId(store, path)));
      }
    }
    return found;
  }

  /** The directories moved aside whose deletion has not ended. */
  public static List<Path> movedAside(FileStore store, Path logDirectory) throws IOException {
    List<Path> aside = new ArrayList<>();
    for (Path path : store.list(logDirectory)) {
      if (String.valueOf(path.getFileName()).endsWith(SegmentFiles.DELETED)
          && store.isDirectory(path)) {
        aside.add(path);
      }
    }
    return aside;
  }

  /** Whose the directory is; empty if the metadata file is missing or damaged. */
  public static Optional<TopicIdPartition> readId(FileStore store, Path directory)
      throws IOException {
    Path path = directory.resolve(METADATA);
    try {
      Optional<Checkpoint> checkpoint = Checkpoint.read(store, path, KIND, VERSION);
      return checkpoint.flatMap(PartitionDirectory::parseId);
    } catch (CorruptFileException damaged) {
      return Optional.empty();
    }
  }

  /** Makes the directory, its name and whose it is durable. */
  static void create(FileStore store, Path directory, TopicIdPartition id) throws IOException {
    store.createDirectories(directory);
    List<String> lines = List.of(TOPIC_ID + id.topicId(), PARTITION + id.partition());
    new Checkpoint(KIND, VERSION, lines).write(store, directory.resolve(METADATA));
    Path parent = directory.getParent();
    if (parent != null) {
      store.forceDirectory(parent);
    }
  }

  /**
   * Gives the directory of a deleted partition another name, durably. Its log must not be written
   * any more.
   *
   * @return the new path, for {@link #delete}
   */
  public static Path moveAside(FileStore store, Path directory, TopicIdPartition id)
      throws IOException {
    int n = 0;
    Path aside;
    do {
      aside = directory.resolveSibling(id + "." + n + SegmentFiles.DELETED);
      n++;
    } while (store.exists(aside));
    store.rename(directory, aside);
    Path parent = directory.getParent();
    if (parent != null) {
      store.forceDirectory(parent);
    }
    return aside;
  }

  /** Deletes a directory that was moved aside, and what is in it. */
  public static void delete(FileStore store, Path aside) throws IOException {
    for (Path path : store.list(aside)) {
      if (store.isDirectory(path)) {
        delete(store, path);
      } else {
        store.delete(path);
      }
    }
    store.delete(aside);
  }

  private static Optional<TopicIdPartition> parseId(Checkpoint checkpoint) {
    List<String> lines = checkpoint.lines();
    if (lines.size() != 2
        || !lines.get(0).startsWith(TOPIC_ID)
        || !lines.get(1).startsWith(PARTITION)) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new TopicIdPartition(
              UUID.fromString(lines.get(0).substring(TOPIC_ID.length())),
              Integer.parseInt(lines.get(1).substring(PARTITION.length()))));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The partition that a directory is named after; empty if it is not named like one. */
  public static Optional<TopicPartition> nameOf(Path directory) {
    String name = String.valueOf(directory.getFileName());
    int dash = name.lastIndexOf('-');
    if (dash <= 0 || !name.substring(dash + 1).matches("0|[1-9][0-9]{0,8}")) {
      return Optional.empty();
    }
    return Optional.of(
        new TopicPartition(name.substring(0, dash), Integer.parseInt(name.substring(dash + 1))));
  }
}
