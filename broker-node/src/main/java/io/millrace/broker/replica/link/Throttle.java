package io.millrace.broker.replica.link;

import java.util.function.LongSupplier;

/**
 * A rate of bytes that any number of links share. Each goes on as soon as what all of them moved
 * before is paid by time, so one may pass the rate by what it moves at a time. Thread-safe: guarded
 * by its monitor.
 */
public final class Throttle {
  /** Looked at again so often, as the rate may have changed. */
  private static final long MOST_WAIT_MS = 1_000;

  private static final long MS_PER_SECOND = 1_000;

  private final LongSupplier bytesPerSecond;

  /** Bytes that were moved and not paid yet, at least 0. */
  private double debt;

  private long paidUntilMs;

  /**
   * A throttle.
   *
   * @param bytesPerSecond the rate at the moment, at least 1; {@link Long#MAX_VALUE} for none
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
    long rate = bytesPerSecond.getAsLong();
    long passedMs = Math.max(0, nowMs - paidUntilMs);
    paidUntilMs = nowMs;
    debt = Math.max(0, debt - (double) rate * passedMs / MS_PER_SECOND);
    double waitMs = Math.ceil(debt * MS_PER_SECOND / rate);
    return rate == Long.MAX_VALUE ? 0 : (long) Math.min(MOST_WAIT_MS, waitMs);
  }

  /** So many bytes are moved. */
  synchronized void spend(long bytes) {
    debt = Math.max(0, debt + bytes);
  }
}
