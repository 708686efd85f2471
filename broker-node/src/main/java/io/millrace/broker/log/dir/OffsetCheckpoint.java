package io.millrace.broker.log.dir;

import io.millrace.common.TopicIdPartition;
import io.millrace.common.file.Checkpoint;
import io.millrace.common.file.CorruptFileException;
import io.millrace.common.file.FileStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * One offset for each partition of a data directory, in one file. Stateless beside the name; two
 * writers of one file must not meet.
 *
 * <p>A {@link Checkpoint} of version 1 with a line for each partition, sorted: {@code <topic id>
 * <partition> <offset>}. It goes by topic ids, so that a topic never inherits what was known of an
 * older one of its name.
 *
 * @param store where the file is
 * @param path the file; its name is the checkpoint's kind
 */
record OffsetCheckpoint(FileStore store, Path path) {
  private static final int VERSION = 1;

  private String kind() {
    return String.valueOf(path.getFileName());
  }

  /** Replaces all offsets, durably. */
  void write(Map<TopicIdPartition, Long> offsets) throws IOException {
    List<String> lines = new ArrayList<>(offsets.size());
    offsets.forEach((id, offset) -> lines.add(id.topicId() + " " + id.partition() + " " + offset));
    lines.sort(null);
    new Checkpoint(kind(), VERSION, lines).write(store, path);
  }

  /**
   * The offsets as they were last written; none if they never were.
   *
   * @throws CorruptFileException if the file is damaged
   */
  Map<TopicIdPartition, Long> read() throws IOException {
    Map<TopicIdPartition, Long> offsets = new HashMap<>();
    List<String> lines =
        Checkpoint.read(store, path, kind(), VERSION).map(Checkpoint::lines).orElse(List.of());
    for (String line : lines) {
      String[] fields = line.split(" ", -1);
      try {
        if (fields.length != 3) {
          throw new IllegalArgumentException("fields: " + fields.length);
        }
        offsets.put(
            new TopicIdPartition(UUID.fromString(fields[0]), Integer.parseInt(fields[1])),
            Long.parseLong(fields[2]));
      } catch (IllegalArgumentException e) {
        throw new CorruptFileException(
            path, "line: '" + line + "' (expected: '<topic id> <partition> <offset>')");
      }
    }
    return offsets;
  }
}
