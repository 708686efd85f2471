package io.millrace.common.time;

import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;

/**
 * Time that moves only when it is told to, and everything that is still to happen in it: for
 * simulation and tests. Confined to one thread. Tasks run in the order of their times, tasks of one
 * time in the order in which they were scheduled.
 */
public final class VirtualTime implements Clock, Scheduler {
  private static final long MICROS_PER_MS = 1_000;
  private static final long NANOS_PER_MICRO = 1_000;

  /** Some day in November 2023. */
  private static final long WALL_START_MS = 1_700_000_000_000L;

  /** More than any test has: a condition that never comes to be ends with an error. */
  private static final int MOST_TASKS = 1_000_000;

  private final PriorityQueue<Task> tasks = new PriorityQueue<>();
  private long nowMicros;
  private long scheduled;
  private long executed;

  /** Time since the start, in microseconds. */
  public long nowMicros() {
    return nowMicros;
  }

  /** Time since the start, in milliseconds. */
  public long nowMs() {
    return nowMicros / MICROS_PER_MS;
  }

  @Override
  public long wallMs() {
    return WALL_START_MS + nowMs();
  }

  @Override
  public long monotonicNanos() {
    return nowMicros * NANOS_PER_MICRO;
  }

  /** The tasks that have run. */
  public long executed() {
    return executed;
  }

  /** Whether nothing is left to happen. */
  public boolean isIdle() {
    return tasks.isEmpty();
  }

  @Override
  public Cancellable schedule(long delayMs, Runnable task) {
    return scheduleMicros(delayMs * MICROS_PER_MS, task);
  }

  /** Runs a task after so many microseconds. */
  public Cancellable scheduleMicros(long delayMicros, Runnable task) {
    Task entry = new Task(nowMicros + Math.max(0, delayMicros), scheduled++, task);
    tasks.add(entry);
    return entry;
  }

  /** Moves on to the next task and runs it; false if there is none. */
  public boolean runNext() {
    while (true) {
      Task next = tasks.poll();
      if (next == null) {
        return false;
      }
      if (!next.cancelled) {
        nowMicros = Math.max(nowMicros, next.atMicros);
        executed++;
        next.work.run();
        return true;
      }
    }
  }

  /** Runs everything that happens in the next so many milliseconds. */
  public void advance(long millis) {
    long until = nowMicros + millis * MICROS_PER_MS;
    for (Task next = tasks.peek(); next != null && next.atMicros <= until; next = tasks.peek()) {
      if (next.cancelled) {
        tasks.remove();
      } else {
        runNext();
      }
    }
    nowMicros = until;
  }

  /**
   * Runs what happens until something is so.
   *
   * @throws AssertionError if it never comes to be
   */
  public void runUntil(BooleanSupplier condition) {
    for (int i = 0; !condition.getAsBoolean(); i++) {
      if (i > MOST_TASKS || !runNext()) {
        throw new AssertionError("it never came to be, until virtual ms " + nowMs());
      }
    }
  }

  private static final class Task implements Cancellable, Comparable<Task> {
    private final long atMicros;
    private final long order;
    private final Runnable work;
    private boolean cancelled;

    Task(long atMicros, long order, Runnable work) {
      this.atMicros = atMicros;
      this.order = order;
      this.work = work;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }

    @Override
    public int compareTo(Task other) {
      int byTime = Long.compare(atMicros, other.atMicros);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }
}
