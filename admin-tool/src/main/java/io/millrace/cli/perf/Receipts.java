package io.millrace.cli.perf;

import io.millrace.common.MillraceException;
import io.millrace.common.time.Clock;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The records of one run that have come back. Thread-safe; {@link #latencies} only when nothing
 * more comes.
 */
final class Receipts {
  /** How long a wait lasts before it looks whether it is still wanted. */
  private static final long WAIT_MS_MAX = 100;

  private final long runId;
  private final Clock clock;

  /** Guarded by this. */
  private final Latencies latencies = new Latencies();

  /** Guarded by this. */
  private long count;

  /** When the last one came, or this was made. Guarded by this. */
  private long lastNanos;

  /** Guarded by this; why no more records come. */
  private Optional<MillraceException> failure = Optional.empty();

  Receipts(long runId, Clock clock) {
    this.runId = runId;
    this.clock = clock;
    this.lastNanos = clock.monotonicNanos();
  }

  long runId() {
    return runId;
  }

  synchronized long count() {
    return count;
  }

  synchronized Latencies latencies() {
    return latencies;
  }

  synchronized Optional<MillraceException> failure() {
    return failure;
  }

  synchronized void received(long startNanos, long nowNanos) {
    latencies.record(nowNanos - startNanos);
    count++;
    lastNanos = nowNanos;
    notifyAll();
  }

  synchronized void fail(MillraceException why) {
    failure = Optional.of(why);
    notifyAll();
  }

  /**
   * Waits until so many have come.
   *
   * @param idleNanos how long none may come before this gives up
   * @return whether they have
   */
  synchronized boolean await(long wanted, long idleNanos, BooleanSupplier stopped) {
    long beginNanos = clock.monotonicNanos();
    while (count < wanted && failure.isEmpty() && !stopped.getAsBoolean()) {
      long sinceNanos = Math.max(0, lastNanos - beginNanos) + beginNanos;
      long left = sinceNanos + idleNanos - clock.monotonicNanos();
      if (left <= 0) {
        return false;
      }
      try {
        wait(Math.min(WAIT_MS_MAX, TimeUnit.NANOSECONDS.toMillis(left) + 1));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return count >= wanted;
  }
}
