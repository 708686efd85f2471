package io.millrace.broker.server;

import io.millrace.common.time.Scheduler;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Timers on a thread of their own, for tasks that only wake others. Thread-safe. */
final class TimerThread implements Scheduler, AutoCloseable {
  private final ScheduledThreadPoolExecutor executor;
  private final UncaughtThrowables uncaught;

  TimerThread(String name, UncaughtThrowables uncaught) {
    this.uncaught = uncaught;
    executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            });
    executor.setRemoveOnCancelPolicy(true);
  }

  /** After closing, tasks are dropped. */
  @Override
  public Cancellable schedule(long delayMs, Runnable task) {
    try {
      ScheduledFuture<?> future =
          executor.schedule(() -> uncaught.guard(task), delayMs, TimeUnit.MILLISECONDS);
      return () -> future.cancel(false);
    } catch (RejectedExecutionException closed) {
      return () -> {};
    }
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
