package io.millrace.bench.kafka.load;

import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/** Spreads sends evenly over time. Confined to one thread. */
final class Pace {
  private static final long PARK_NANOS = 50_000;

  /** Beyond this lateness a record counts from when it was due: a blocked send delays the next. */
  private static final long LATE_NANOS = 1_000_000;

  private final LongSupplier clock;
  private final LongConsumer pause;
  private final double nanosPerRecord;
  private final long start;
  private long records;

  /** A pace that begins now, on a clock in nanoseconds and with a way to wait for some. */
  Pace(double recordsPerSecond, LongSupplier clock, LongConsumer pause) {
    this.clock = clock;
    this.pause = pause;
    nanosPerRecord = 1e9 / recordsPerSecond;
    start = clock.getAsLong();
  }

  static Pace ofRealTime(double recordsPerSecond) {
    return new Pace(recordsPerSecond, System::nanoTime, LockSupport::parkNanos);
  }

  /** Waits until the next record is due; returns the time from which its latency counts. */
  long await() {
    long due = start + (long) (records++ * nanosPerRecord);
    long now = clock.getAsLong();
    while (now < due) {
      pause.accept(PARK_NANOS);
      now = clock.getAsLong();
    }
    return now - due > LATE_NANOS ? due : now;
  }
}
