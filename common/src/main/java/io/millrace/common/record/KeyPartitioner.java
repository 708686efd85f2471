package io.millrace.common.record;

import java.nio.ByteBuffer;

/** Chooses the partition of a record by its key, as Kafka's clients do by default. */
public final class KeyPartitioner {
  private KeyPartitioner() {}

  /**
   * The partition of a key.
   *
   * @param key the bytes from position to limit
   * @param partitions the partitions of the topic, at least 1
   */
  public static int partitionFor(ByteBuffer key, int partitions) {
    if (partitions < 1) {
      throw new IllegalArgumentException("partitions: " + partitions + " (expected: at least 1)");
    }
    return (Murmur2.hash(key) & Integer.MAX_VALUE) % partitions;
  }
}
