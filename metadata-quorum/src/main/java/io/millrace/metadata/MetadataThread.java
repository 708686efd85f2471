package io.millrace.metadata;

import io.millrace.common.time.Scheduler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A scheduler with a thread of its own. Thread-safe. */
public final class MetadataThread implements Scheduler, AutoCloseable {
  private static final long CLOSE_TIMEOUT_SECONDS = 10;

  private final ScheduledThreadPoolExecutor executor;

  /** A scheduler that is running; its thread does not keep the process alive. */
  public MetadataThread(String name) {
    executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = Executors.defaultThreadFactory().newThread(task);
              thread.setName(name);
              thread.setDaemon(true);
              return thread;
            });
    executor.setRemoveOnCancelPolicy(true);
  }

  /** After closing, tasks are dropped. */
  @Override
  public Cancellable schedule(long delayMs, Runnable task) {
    try {
      ScheduledFuture<?> scheduled = executor.schedule(task, delayMs, TimeUnit.MILLISECONDS);
      return () -> scheduled.cancel(false);
    } catch (RejectedExecutionException closed) {
      return () -> {};
    }
  }

  /** Runs what is due by now and ends the thread; later tasks are dropped. */
  @Override
  public void close() {
    CompletableFuture<Void> drained = new CompletableFuture<>();
    schedule(0, () -> drained.complete(null));
    try {
      if (!executor.isShutdown()) {
        drained.get(CLOSE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("a metadata thread did not end", e);
    } finally {
      executor.shutdownNow();
    }
  }
}
