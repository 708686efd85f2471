package io.millrace.client.internal;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The bytes that a producer may hold: a send waits here when they are used up. First come, first
 * served, so that a large record is not starved by small ones. Thread-safe.
 */
final class BufferBudget {
  /** Bytes are counted in units of so many, which keeps large buffers within an int. */
  private static final int UNIT_BYTES = 16;

  private final long capacityBytes;
  private final Semaphore free;
  private volatile boolean closed;

  BufferBudget(long capacityBytes) {
    this.capacityBytes = capacityBytes;
    this.free = new Semaphore(units(capacityBytes), true);
  }

  /**
   * Takes bytes, waiting if there are not enough.
   *
   * @return how many were taken, to be given back by {@link #release}: a little more than asked for
   * @throws IllegalStateException after {@link #close}
   * @throws MillraceException {@code REQUEST_TOO_LARGE} if there never will be enough, {@code
   *     REQUEST_TIMED_OUT} if there were not in time
   */
  long acquire(long bytes, long timeoutMs) {
    if (bytes > capacityBytes) {
      throw new MillraceException(
          ErrorCode.REQUEST_TOO_LARGE,
          "record: " + bytes + " bytes (expected: at most bufferBytes, " + capacityBytes + ")");
    }
    try {
      if (!free.tryAcquire(units(bytes), timeoutMs, TimeUnit.MILLISECONDS)) {
        throw new MillraceException(
            ErrorCode.REQUEST_TIMED_OUT,
            "the producer's buffer of "
                + capacityBytes
                + " bytes was full for "
                + timeoutMs
                + " ms: the broker takes records more slowly than they are sent");
      }
      if (closed) {
        free.release(units(bytes));
        throw new IllegalStateException("the producer is closed");
      }
      return (long) units(bytes) * UNIT_BYTES;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MillraceException(
          ErrorCode.UNAVAILABLE, "interrupted while waiting for room in the producer's buffer");
    }
  }

  /** What is taken now. */
  long usedBytes() {
    int all = closed ? Integer.MAX_VALUE : units(capacityBytes);
    long used = (long) (all - free.availablePermits()) * UNIT_BYTES;
    return Math.max(0, Math.min(used, capacityBytes));
  }

  /** How many threads wait now. */
  int waiting() {
    return free.getQueueLength();
  }

  /** Refuses everything from now on, and ends every wait. Called once. */
  void close() {
    closed = true;
    free.release(Integer.MAX_VALUE - units(capacityBytes));
  }

  /** Gives back what one or more calls of {@link #acquire} took. */
  void release(long bytes) {
    free.release(units(bytes));
  }

  private static int units(long bytes) {
    return Math.toIntExact((bytes + UNIT_BYTES - 1) / UNIT_BYTES);
  }
}
