package io.millrace.broker.replica;

import io.millrace.common.time.Clock;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Holds cleanings back so that together they move no more bytes a second than allowed. What was
 * moved is paid by waiting afterwards. Guarded by its lock.
 */
final class CleaningThrottle {
  private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

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

  /** So many bytes were moved: waits as long as they take. */
  void moved(long bytes) {
    if (bytesPerSecond == Long.MAX_VALUE) {
      return;
    }
    lock.lock();
    try {
      long now = clock.monotonicNanos();
      double takesNanos = (double) bytes / bytesPerSecond * NANOS_PER_SECOND;
      freeAtNanos = (freeAtNanos - now > 0 ? freeAtNanos : now) + (long) takesNanos;
      awaitTurn(freeAtNanos);
    } finally {
      lock.unlock();
    }
  }

  private void awaitTurn(long untilNanos) {
    boolean interrupted = false;
    long left = untilNanos - clock.monotonicNanos();
    while (!open && left > 0) {
      try {
        left = opened.awaitNanos(left);
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
