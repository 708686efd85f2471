package io.millrace.broker.replica;

import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.LogTask;
import io.millrace.common.fault.FaultHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The flush thread of a log directory. It takes all tasks that wait and runs them together: while
 * one round is on the disk the next one gathers, so that many batches share a sync (group commit).
 * Guarded by its lock, which nothing else is called under.
 *
 * <p>After a task has failed no other is run, ever: what the kernel then says of later syncs can't
 * be believed.
 */
final class Flusher implements AutoCloseable {
  private record Waiting(LogTask task, Runnable done) {}

  private final DiskFailurePort failures;
  private final FaultHandler faults;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private List<Waiting> waiting = new ArrayList<>();
  private boolean closing;

  /**
   * Makes the flusher; {@link #start} starts its thread.
   *
   * @param name the thread's name
   * @param failures told of the task that failed
   * @param faults told of what else a task threw
   */
  Flusher(String name, DiskFailurePort failures, FaultHandler faults) {
    this.failures = failures;
    this.faults = faults;
    this.thread = new Thread(this::loop, name);
  }

  void start() {
    thread.start();
  }

  /**
   * Has a task run in the next round.
   *
   * @param done called on the flush thread if that ends well
   */
  void run(LogTask task, Runnable done) {
    lock.lock();
    try {
      waiting.add(new Waiting(task, done));
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  private void loop() {
    try {
      List<Waiting> round = next();
      while (!round.isEmpty()) {
        for (Waiting one : round) {
          one.task.run();
          one.done.run();
        }
        round = next();
      }
    } catch (LogDirException e) {
      failures.diskFailed(e);
    } catch (RuntimeException | Error e) {
      throw faults.fatal(thread.getName() + " failed", e);
    }
  }

  /** All tasks that wait, at least one; none when closed and done. */
  private List<Waiting> next() {
    lock.lock();
    try {
      while (waiting.isEmpty() && !closing) {
        changed.awaitUninterruptibly();
      }
      List<Waiting> round = waiting;
      waiting = new ArrayList<>();
      return round;
    } finally {
      lock.unlock();
    }
  }

  /** Runs what waits, then ends the thread and waits for it. */
  @Override
  public void close() {
    lock.lock();
    try {
      closing = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
    Threads.join(thread);
  }
}
