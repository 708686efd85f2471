package io.millrace.broker.replica.core;

/**
 * Where a log stands when its core is made.
 *
 * @param logStartOffset the first offset that may be read
 * @param logEndOffset one past the last record
 * @param durableOffset one past the last record that a power loss leaves
 * @param highWatermark what is known of it; counts as far as it lies in the log
 */
public record LogPositions(
    long logStartOffset, long logEndOffset, long durableOffset, long highWatermark) {
  public LogPositions {
    if (logStartOffset < 0 || logStartOffset > logEndOffset || durableOffset > logEndOffset) {
      throw new IllegalArgumentException(
          "positions: log start %d, durable %d, log end %d (expected: 0 <= log start <= log end, durable <= log end)"
              .formatted(logStartOffset, durableOffset, logEndOffset));
    }
    highWatermark = Math.max(logStartOffset, Math.min(highWatermark, logEndOffset));
  }

  /** Positions of a log of which no high watermark is known. */
  public LogPositions(long logStartOffset, long logEndOffset, long durableOffset) {
    this(logStartOffset, logEndOffset, durableOffset, logStartOffset);
  }
}
