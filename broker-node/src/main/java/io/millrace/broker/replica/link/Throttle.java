package io.millrace.broker.replica.link;

import java.util.function.LongSupplier;

/**
 * A rate of bytes that any number of links share. Each goes on as soon as what all of them moved
 * before is paid by time, to the millisecond, so one may pass the rate by what it moves at a time.
 * No time is saved up: whoever comes after a pause, however long it was, or after the clock has
 * jumped ahead, moves no more at once than who never paused. Thread-safe: guarded by its monitor.
 */
public final class Throttle {
  /** Looked at again so often, as the rate may have changed. */
  private static final long MOST_WAIT_MS = 1_000;

  private static final long MS_PER_SECOND = 1_000;

  private final LongSupplier bytesPerSecond;

  /** Bytes that were moved and not paid yet, at least 0. */
  private double debt;

  /** Time is paid once: threads may come with times that they read before others did. */
  private long paidUntilMs = Long.MIN_VALUE;

  /**
   * A throttle.
   *
   * @param bytesPerSecond the rate at the moment; {@link Long#MAX_VALUE} for none, less than 1
   *     counts as 1
   */
  public Throttle(LongSupplier bytesPerSecond) {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** One that never holds anybody up. */
  public static Throttle none() {
    return new Throttle(() -> Long.MAX_VALUE);
  }

  /** How long to wait before going on, or before asking again; 0 to go on. */
  synchronized long waitMs(long nowMs) {
    long rate = Math.max(1, bytesPerSecond.getAsLong());
    if (nowMs > paidUntilMs) {
      double passedMs = (double) nowMs - paidUntilMs;
      debt = Math.max(0, debt - rate * passedMs / MS_PER_SECOND);
      paidUntilMs = nowMs;
    }
    if (rate == Long.MAX_VALUE) {
      debt = 0;
    }
    return (long) Math.min(MOST_WAIT_MS, debt * MS_PER_SECOND / rate);
  }

  /** So many bytes are moved. */
  synchronized void spend(long bytes) {
    debt = Math.max(0, debt + bytes);
  }
}
