package io.millrace.common.time;

import java.util.function.DoubleSupplier;

/**
 * The wait before asking again: doubles each time, and is spread by a fifth either way, so that
 * those who were turned away together do not come back together. Confined to one thread.
 */
public final class Backoff {
  private static final int MOST_DOUBLINGS = 30;
  private static final double SPREAD = 0.4;

  private final long firstMs;
  private final long longestMs;
  private final DoubleSupplier jitter;
  private int doublings;

  /**
   * A back-off at its beginning.
   *
   * @param firstMs the first wait, before it is spread
   * @param longestMs no wait is longer
   * @param jitter values from 0 (inclusive) to 1 (exclusive)
   */
  public Backoff(long firstMs, long longestMs, DoubleSupplier jitter) {
    if (firstMs < 1 || longestMs < firstMs) {
      throw new IllegalArgumentException(
          "firstMs: "
              + firstMs
              + ", longestMs: "
              + longestMs
              + " (expected: 1 <= first <= longest)");
    }
    this.firstMs = firstMs;
    this.longestMs = longestMs;
    this.jitter = jitter;
  }

  /** The next wait in milliseconds. */
  public long nextMs() {
    long full = Math.min(longestMs, firstMs << doublings);
    if (full < longestMs && doublings < MOST_DOUBLINGS) {
      doublings++;
    }
    double spread = 1 - SPREAD / 2 + SPREAD * jitter.getAsDouble();
    return Math.min(longestMs, Math.max(1, (long) (full * spread)));
  }

  /** Begins anew: what was asked for was had. */
  public void reset() {
    doublings = 0;
  }
}
