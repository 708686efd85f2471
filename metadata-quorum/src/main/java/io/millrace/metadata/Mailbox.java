package io.millrace.metadata;

import io.millrace.common.fault.FaultHandler;
import io.millrace.common.time.Scheduler;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Runs tasks one after the other, in the order in which they came, on a scheduler's thread.
 * Thread-safe; whatever only its tasks touch needs no lock.
 */
public final class Mailbox implements Executor {
  private final Scheduler scheduler;
  private final FaultHandler faults;
  private final String name;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();

  /** Whether a run of the tasks is scheduled or under way. */
  private final AtomicBoolean running = new AtomicBoolean();

  public Mailbox(Scheduler scheduler, FaultHandler faults, String name) {
    this.scheduler = scheduler;
    this.faults = faults;
    this.name = name;
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
    if (running.compareAndSet(false, true)) {
      scheduler.schedule(0, this::run);
    }
  }

  /** Runs a task in the mailbox's order after a delay. */
  public Scheduler.Cancellable schedule(long delayMs, Runnable task) {
    return scheduler.schedule(delayMs, () -> execute(task));
  }

  private void run() {
    do {
      for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
        runOne(task);
      }
      running.set(false);
    } while (!tasks.isEmpty() && running.compareAndSet(false, true));
  }

  private void runOne(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      throw faults.fatal(name + " failed", e);
    }
  }
}
