package io.millrace.metadata;

import io.millrace.common.time.Clock;
import io.millrace.common.time.Scheduler;
import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;

/** Time that moves only when it is told to, and the tasks that wait for it. One thread. */
public final class VirtualTime implements Clock, Scheduler {
  private final PriorityQueue<Task> tasks = new PriorityQueue<>();
  private long nowMs;
  private long scheduled;

  private static final class Task implements Comparable<Task>, Cancellable {
    private final long atMs;
    private final long order;
    private final Runnable work;
    private boolean cancelled;

    Task(long atMs, long order, Runnable work) {
      this.atMs = atMs;
      this.order = order;
      this.work = work;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }

    @Override
    public int compareTo(Task other) {
      int byTime = Long.compare(atMs, other.atMs);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }

  @Override
  public long wallMs() {
    return 1_700_000_000_000L + nowMs;
  }

  @Override
  public long monotonicNanos() {
    return nowMs * 1_000_000;
  }

  @Override
  public Cancellable schedule(long delayMs, Runnable task) {
    Task scheduledTask = new Task(nowMs + Math.max(0, delayMs), scheduled++, task);
    tasks.add(scheduledTask);
    return scheduledTask;
  }

  /** Runs everything that happens in the next so many milliseconds. */
  public void advance(long millis) {
    long until = nowMs + millis;
    while (!tasks.isEmpty() && tasks.peek().atMs <= until) {
      runNext();
    }
    nowMs = until;
  }

  /** Runs what happens until something is so. */
  public void runUntil(BooleanSupplier condition) {
    for (int i = 0; !condition.getAsBoolean(); i++) {
      if (i > 1_000_000 || tasks.isEmpty()) {
        throw new AssertionError("it never came to be, until virtual ms " + nowMs);
      }
      runNext();
    }
  }

  private void runNext() {
    Task next = tasks.remove();
    nowMs = Math.max(nowMs, next.atMs);
    if (!next.cancelled) {
      next.work.run();
    }
  }
}
