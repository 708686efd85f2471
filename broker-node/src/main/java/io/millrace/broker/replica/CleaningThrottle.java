package io.millrace.broker.replica;

import io.millrace.common.time.Clock;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Holds cleanings back so that together they move no more bytes a second than allowed. What was
 * moved is paid by waiting afterwards. Guarded by its lock.
 */
final class CleaningThrottle {
  private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

  /** So often a cleaning that waits looks whether it must end. */
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final Clock clock;
  private final long bytesPerSecond;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition opened = lock.newCondition();

  /** Until then, on the monotonic clock, nothing is moved. */
  private long freeAtNanos;

  private boolean open;

  CleaningThrottle(Clock clock, long bytesPerSecond) {
    this.clock = clock;
    this.bytesPerSecond = bytesPerSecond;
    this.freeAtNanos = clock.monotonicNanos();
  }

  /**
   * So many bytes were moved: waits as long as they take.
   *
   * @param over whether the cleaning must end: then there is nothing to wait for
   */
  void moved(long bytes, BooleanSupplier over) {
    if (bytesPerSecond == Long.MAX_VALUE) {
      return;
    }
    lock.lock();
    try {
      long now = clock.monotonicNanos();
      double takesNanos = (double) bytes / bytesPerSecond * NANOS_PER_SECOND;
      freeAtNanos = (freeAtNanos - now > 0 ? freeAtNanos : now) + (long) takesNanos;
      awaitTurn(freeAtNanos, over);
    } finally {
      lock.unlock();
    }
  }

  private void awaitTurn(long untilNanos, BooleanSupplier over) {
    boolean interrupted = false;
    long left = untilNanos - clock.monotonicNanos();
    while (!open && left > 0 && !over.getAsBoolean()) {
      try {
        long unused = opened.awaitNanos(Math.min(left, LOOK_NANOS));
        left = untilNanos - clock.monotonicNanos();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Nobody waits any more: the broker ends. */
  void open() {
    lock.lock();
    try {
      open = true;
      opened.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
