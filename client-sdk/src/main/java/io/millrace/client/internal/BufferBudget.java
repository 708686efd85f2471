package io.millrace.client.internal;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The bytes that a producer may hold: a send waits here when they are used up. First come, first
 * served, so that a large record is not starved by small ones. Thread-safe.
 */
final class BufferBudget {
  /** Bytes are counted in units of so many, which keeps large buffers within an int. */
  private static final int UNIT_BYTES = 16;

  /** What is taken at once if it is there: small records need not come for every one of them. */
  private static final int GRANT_BYTES = 16 << 10;

  /** What a wait is ended for at first: so much, or a part of the capacity. */
  private static final int AMPLE_BYTES = 1 << 20;

  private static final int AMPLE_PART = 8;
  private static final long AMPLE_WAIT_MS = 5;

  private final long capacityBytes;
  private final Semaphore free;
  private final Runnable onWait;
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile boolean closed;

  /**
   * @param onWait told on the thread that is about to wait
   */
  BufferBudget(long capacityBytes, Runnable onWait) {
    this.capacityBytes = capacityBytes;
    this.onWait = onWait;
    this.free = new Semaphore(units(capacityBytes), true);
  }

  /**
   * Takes bytes, waiting if there are not enough.
   *
   * @return how many were taken, to be given back by {@link #release}: at least what was asked for
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
    int ample = units(Math.max(bytes, GRANT_BYTES));
    if (!isWanted() && free.tryAcquire(ample)) {
      return granted(ample);
    }
    if (timeoutMs == 0 && free.tryAcquire(units(bytes))) {
      return granted(units(bytes)); // Before those that may wait.
    }
    waiting.incrementAndGet();
    try {
      onWait.run();
      return await(bytes, timeoutMs);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MillraceException(
          ErrorCode.UNAVAILABLE, "interrupted while waiting for room in the producer's buffer");
    } finally {
      waiting.decrementAndGet();
    }
  }

  /**
   * Whoever waits is woken for many records, not for each batch that is answered; but what trickles
   * in has to do after a while.
   */
  private long await(long bytes, long timeoutMs) throws InterruptedException {
    int needed = units(bytes);
    int ample = Math.max(needed, units(Math.min(AMPLE_BYTES, capacityBytes / AMPLE_PART)));
    long ampleMs = Math.min(timeoutMs, AMPLE_WAIT_MS);
    if (free.tryAcquire(ample, ampleMs, TimeUnit.MILLISECONDS)) {
      free.release(ample - needed);
      return granted(needed);
    }
    return awaitNeeded(bytes, timeoutMs, timeoutMs - ampleMs);
  }

  private long awaitNeeded(long bytes, long timeoutMs, long leftMs) throws InterruptedException {
    if (!free.tryAcquire(units(bytes), leftMs, TimeUnit.MILLISECONDS)) {
      throw new MillraceException(
          ErrorCode.REQUEST_TIMED_OUT,
          "the producer's buffer of "
              + capacityBytes
              + " bytes was full for "
              + timeoutMs
              + " ms: the broker takes records more slowly than they are sent");
    }
    return granted(units(bytes));
  }

  private long granted(int units) {
    if (closed) {
      free.release(units);
      throw new IllegalStateException("the producer is closed");
    }
    return (long) units * UNIT_BYTES;
  }

  /** Whether somebody waits for bytes. */
  boolean isWanted() {
    return waiting() > 0;
  }

  /** What is taken now. */
  long usedBytes() {
    int all = closed ? Integer.MAX_VALUE : units(capacityBytes);
    long used = (long) (all - free.availablePermits()) * UNIT_BYTES;
    return Math.max(0, Math.min(used, capacityBytes));
  }

  /** How many threads wait now. */
  int waiting() {
    return waiting.get();
  }

  /** Refuses everything from now on, and ends every wait. */
  synchronized void close() {
    if (!closed) {
      closed = true;
      free.release(Integer.MAX_VALUE - units(capacityBytes));
    }
  }

  /**
   * Gives back what calls of {@link #acquire} took, whole or in parts.
   *
   * @return how much was given back: a little less if it is not a whole number of units
   */
  long release(long bytes) {
    int whole = Math.toIntExact(bytes / UNIT_BYTES);
    free.release(whole);
    return (long) whole * UNIT_BYTES;
  }

  /** The largest part of so many bytes that {@link #release} gives back without a rest. */
  static long wholeUnits(long bytes) {
    return bytes - bytes % UNIT_BYTES;
  }

  private static int units(long bytes) {
    return Math.toIntExact((bytes + UNIT_BYTES - 1) / UNIT_BYTES);
  }
}
