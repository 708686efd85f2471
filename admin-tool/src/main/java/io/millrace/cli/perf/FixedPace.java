package io.millrace.cli.perf;

import io.millrace.common.time.Clock;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * A fixed rate from the first wait on. A record's time is counted from that start and not from the
 * record before it: after a stall those that are due follow at once, and the rate is kept. Confined
 * to the sender's thread.
 */
final class FixedPace implements Pace {
  /** How long a wait lasts before it looks whether it is still wanted. */
  private static final long WAIT_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(100);

  private final Clock clock;
  private final double nanosPerRecord;
  private final BooleanSupplier stopped;

  /** Whether {@link #startNanos} is known. */
  private boolean started;

  private long startNanos;

  /**
   * A pace that has not started.
   *
   * @param recordsPerSecond more than 0
   * @param stopped ends a wait early
   */
  FixedPace(Clock clock, int recordsPerSecond, BooleanSupplier stopped) {
    this.clock = clock;
    this.nanosPerRecord = TimeUnit.SECONDS.toNanos(1) / (double) recordsPerSecond;
    this.stopped = stopped;
  }

  @Override
  public long await(long number) {
    if (!started) {
      // Not when it was made: what was due until now would follow in a burst, above the rate.
      started = true;
      startNanos = clock.monotonicNanos();
    }
    long dueNanos = startNanos + (long) (number * nanosPerRecord);
    long left = dueNanos - clock.monotonicNanos();
    while (left > 0 && !stopped.getAsBoolean()) {
      LockSupport.parkNanos(Math.min(left, WAIT_NANOS_MAX));
      left = dueNanos - clock.monotonicNanos();
    }
    return dueNanos;
  }
}
