package io.millrace.metadata;

import io.millrace.common.time.Scheduler;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Those who wait until the image has a revision. Thread-safe: one lock, nothing called under it.
 */
final class ImageWaiters {
  private final Scheduler scheduler;

  /** Who waits, by the revision; all above {@link #reached}. */
  private final NavigableMap<Long, List<Waiter>> waiting = new TreeMap<>();

  private long reached;

  ImageWaiters(Scheduler scheduler) {
    this.scheduler = scheduler;
  }

  /** Runs the task once the revision is reached, or the time is over. */
  void await(long revision, long timeoutMs, Runnable task) {
    Waiter waiter = new Waiter(task);
    synchronized (this) {
      if (revision > reached) {
        waiting.computeIfAbsent(revision, r -> new ArrayList<>()).add(waiter);
        waiter.expiry = scheduler.schedule(timeoutMs, () -> expire(revision, waiter));
        return;
      }
    }
    task.run();
  }

  /** The image has come to the revision. */
  void reached(long revision) {
    List<Waiter> due = new ArrayList<>();
    synchronized (this) {
      reached = Math.max(reached, revision);
      NavigableMap<Long, List<Waiter>> served = waiting.headMap(reached, true);
      served.values().forEach(due::addAll);
      served.clear();
    }
    due.forEach(Waiter::run);
  }

  /** Nobody waits any longer. */
  void close() {
    reached(Long.MAX_VALUE);
  }

  private void expire(long revision, Waiter waiter) {
    synchronized (this) {
      List<Waiter> beside = waiting.get(revision);
      if (beside == null || !beside.remove(waiter)) {
        return;
      }
      if (beside.isEmpty()) {
        waiting.remove(revision);
      }
    }
    waiter.run();
  }

  private static final class Waiter {
    private final Runnable task;
    private Scheduler.Cancellable expiry = () -> {};

    Waiter(Runnable task) {
      this.task = task;
    }

    void run() {
      expiry.cancel();
      task.run();
    }
  }
}
