package io.millrace.common.record;

/**
 * What a topic accepts of a client's batch, at one moment.
 *
 * @param maxMessageBytes the largest batch as sent, header included ({@code max.message.bytes})
 * @param maxDecompressedBytes the most bytes that its records may decompress to
 * @param minTimestampMs the smallest timestamp a record may have, in milliseconds since 1970 UTC
 * @param maxTimestampMs the largest timestamp a record may have
 * @param keyRequired whether a null key is refused (a compacted topic)
 */
public record BatchLimits(
    int maxMessageBytes,
    long maxDecompressedBytes,
    long minTimestampMs,
    long maxTimestampMs,
    boolean keyRequired) {

  /** Limits without bounds on timestamps, as LogAppendTime topics have them. */
  public BatchLimits(int maxMessageBytes, long maxDecompressedBytes, boolean keyRequired) {
    this(maxMessageBytes, maxDecompressedBytes, 0, Long.MAX_VALUE, keyRequired);
  }

  /**
   * The same limits for a CreateTime topic.
   *
   * @param nowMs the wall clock, in milliseconds since 1970 UTC
   * @param beforeMaxMs {@code message.timestamp.before.max.ms}
   * @param afterMaxMs {@code message.timestamp.after.max.ms}
   */
  public BatchLimits withTimestampsAround(long nowMs, long beforeMaxMs, long afterMaxMs) {
    long latest = afterMaxMs > Long.MAX_VALUE - nowMs ? Long.MAX_VALUE : nowMs + afterMaxMs;
    return new BatchLimits(
        maxMessageBytes,
        maxDecompressedBytes,
        Math.max(nowMs - beforeMaxMs, 0),
        latest,
        keyRequired);
  }
}
