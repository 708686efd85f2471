package io.millrace.broker.replica;

/**
 * How much may wait before a shard.
 *
 * @param maxTasks the most requests
 * @param maxBytes the most bytes of their batches
 * @param runTasks the most tasks between two rounds of answers: more gather more work into one
 *     flush and one answer message, fewer answer the first one sooner
 */
public record ShardLimits(int maxTasks, long maxBytes, int runTasks) {
  /** For a broker with the default heap. */
  public static final ShardLimits DEFAULT = new ShardLimits(16_384, 64L << 20, 256);

  public ShardLimits {
    if (maxTasks < 1 || maxBytes < 1 || runTasks < 1) {
      throw new IllegalArgumentException(
          "maxTasks: %d, maxBytes: %d, runTasks: %d (expected: >= 1 each)"
              .formatted(maxTasks, maxBytes, runTasks));
    }
  }
}
