package io.millrace.it.simulation;

import io.millrace.common.time.Scheduler;
import io.millrace.common.time.VirtualTime;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * A process's time: what it has planned ends with it, and waits while it stands still. Confined to
 * the simulation's thread.
 */
final class ProcessTime implements Scheduler {
  private static final long MICROS_PER_MS = 1_000;

  private final VirtualTime time;
  private final ClockRate rate;
  private final Consumer<Runnable> guard;

  /** What has become due while the process stands still, in its order. */
  private final Deque<Planned> held = new ArrayDeque<>();

  private boolean paused;
  private boolean ended;

  private static final class Planned implements Cancellable {
    private final Runnable work;
    private boolean cancelled;

    Planned(Runnable work) {
      this.work = work;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }
  }

  /**
   * The time of a process that runs.
   *
   * @param rate that of its machine's clock, by which it sets its timers
   * @param guard runs what the process does
   */
  ProcessTime(VirtualTime time, ClockRate rate, Consumer<Runnable> guard) {
    this.time = time;
    this.rate = rate;
    this.guard = guard;
  }

  @Override
  public Cancellable schedule(long delayMs, Runnable task) {
    return scheduleMicros(rate.untilMicros(delayMs * MICROS_PER_MS), task);
  }

  /** Runs what takes so long, whatever the clock shows. */
  Cancellable scheduleMicros(long delayMicros, Runnable task) {
    Planned planned = new Planned(task);
    time.scheduleMicros(delayMicros, () -> due(planned));
    return planned;
  }

  /** Something happens to the process now: at once, or when it moves again. */
  void run(Runnable work) {
    due(new Planned(work));
  }

  private void due(Planned planned) {
    if (ended || planned.cancelled) {
      return;
    }
    if (paused || !held.isEmpty()) {
      held.add(planned);
    } else {
      guard.accept(planned.work);
    }
  }

  boolean paused() {
    return paused;
  }

  /** The process stands still. */
  void pause() {
    paused = true;
  }

  /** It moves again: what was due is done first, some time after each other. */
  void resume() {
    paused = false;
    time.scheduleMicros(0, this::catchUp);
  }

  private void catchUp() {
    if (ended || paused) {
      return;
    }
    Planned next = held.poll();
    if (next != null) {
      if (!next.cancelled) {
        guard.accept(next.work);
      }
      time.scheduleMicros(1, this::catchUp);
    }
  }

  /** The process is gone. */
  void end() {
    ended = true;
    held.clear();
  }
}
