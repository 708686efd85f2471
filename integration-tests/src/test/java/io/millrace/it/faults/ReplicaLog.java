package io.millrace.it.faults;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * One replica's log as it lies on disk, read without any code of the broker: where each batch
 * begins, where it ends, and a checksum over all of its bytes, the leader epoch included.
 * Immutable.
 *
 * <pre>
 * of a batch:  base offset, 8 bytes | length of the rest, 4 | ... | last offset delta at 23, 4 | ...
 * </pre>
 */
record ReplicaLog(int node, TreeMap<Long, Batch> batches) {
  private static final int LENGTH_AT = 8;
  private static final int HEADER_BYTES = 12;
  private static final int LAST_OFFSET_DELTA_AT = 23;
  private static final int SMALLEST_BATCH = 61;

  /**
   * A batch.
   *
   * @param end the offset after its last record
   * @param checksum over its bytes
   */
  record Batch(long end, long checksum) {}

  /** Reads a partition's directory; nobody may write to it meanwhile. */
  static ReplicaLog read(int node, Path partition) throws IOException {
    TreeMap<Long, Batch> batches = new TreeMap<>();
    try (Stream<Path> files = Files.list(partition)) {
      List<Path> segments =
          files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
      for (Path segment : segments) {
        read(ByteBuffer.wrap(Files.readAllBytes(segment)), batches);
      }
    }
    return new ReplicaLog(node, batches);
  }

  private static void read(ByteBuffer segment, Map<Long, Batch> batches) {
    int at = 0;
    while (segment.limit() - at >= SMALLEST_BATCH) {
      int bytes = segment.getInt(at + LENGTH_AT) + HEADER_BYTES;
      if (bytes < SMALLEST_BATCH || bytes > segment.limit() - at) {
        return;
      }
      CRC32C checksum = new CRC32C();
      checksum.update(Arrays.copyOfRange(segment.array(), at, at + bytes));
      long base = segment.getLong(at);
      long end = base + segment.getInt(at + LAST_OFFSET_DELTA_AT) + 1;
      batches.put(base, new Batch(end, checksum.getValue()));
      at += bytes;
    }
  }

  /** The first offset, or 0 of an empty log. */
  long start() {
    return batches.isEmpty() ? 0 : batches.firstKey();
  }

  /** The offset after the last record. */
  long end() {
    return batches.isEmpty() ? 0 : batches.lastEntry().getValue().end();
  }
}
