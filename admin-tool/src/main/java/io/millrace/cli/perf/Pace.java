package io.millrace.cli.perf;

import io.millrace.common.time.Clock;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** When each record is to be sent. Confined to the sender's thread. */
interface Pace {
  /** How long a wait lasts before it looks whether it is still wanted. */
  long WAIT_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(100);

  /**
   * Waits until record {@code number}, from 0, may be sent, and returns when that was to be: from
   * then on its latency counts.
   */
  long await(long number);

  /** Every record at once. */
  static Pace unlimited(Clock clock) {
    return number -> clock.monotonicNanos();
  }

  /**
   * A fixed rate from now on. A record's time is counted from the start and not from the record
   * before it: after a stall those that are due follow at once, and the rate is kept.
   *
   * @param recordsPerSecond more than 0
   * @param stopped ends a wait early
   */
  static Pace fixed(Clock clock, int recordsPerSecond, BooleanSupplier stopped) {
    long startNanos = clock.monotonicNanos();
    double nanosPerRecord = TimeUnit.SECONDS.toNanos(1) / (double) recordsPerSecond;
    return number -> {
      long dueNanos = startNanos + (long) (number * nanosPerRecord);
      long left = dueNanos - clock.monotonicNanos();
      while (left > 0 && !stopped.getAsBoolean()) {
        LockSupport.parkNanos(Math.min(left, WAIT_NANOS_MAX));
        left = dueNanos - clock.monotonicNanos();
      }
      return dueNanos;
    };
  }
}
