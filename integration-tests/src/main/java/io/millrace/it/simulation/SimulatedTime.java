package io.millrace.it.simulation;

import io.millrace.common.time.Scheduler;
import java.util.PriorityQueue;

/**
 * Virtual time and everything that is still to happen. Confined to the simulation's thread. Tasks
 * run in the order of their times, tasks of one time in the order in which they were scheduled.
 */
final class SimulatedTime implements Scheduler {
  private static final long MICROS_PER_MS = 1_000;

  private final PriorityQueue<Task> tasks = new PriorityQueue<>();
  private long nowMicros;
  private long scheduled;
  private long executed;

  /** Time since the start of the simulation, in microseconds. */
  long nowMicros() {
    return nowMicros;
  }

  /** Time since the start of the simulation, in milliseconds. */
  long nowMs() {
    return nowMicros / MICROS_PER_MS;
  }

  /** The tasks that have run. */
  long executed() {
    return executed;
  }

  /** Whether nothing is left to happen. */
  boolean isIdle() {
    return tasks.isEmpty();
  }

  @Override
  public Cancellable schedule(long delayMs, Runnable task) {
    return scheduleMicros(delayMs * MICROS_PER_MS, task);
  }

  /** Runs a task after so many microseconds. */
  Cancellable scheduleMicros(long delayMicros, Runnable task) {
    Task entry = new Task(nowMicros + Math.max(0, delayMicros), scheduled++, task);
    tasks.add(entry);
    return entry;
  }

  /** Moves on to the next task and runs it; false if there is none. */
  boolean runNext() {
    while (true) {
      Task next = tasks.poll();
      if (next == null) {
        return false;
      }
      if (!next.cancelled) {
        nowMicros = next.atMicros;
        executed++;
        next.work.run();
        return true;
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
