package io.millrace.broker.replica;

import io.millrace.broker.log.LogDirException;
import io.millrace.common.fault.FaultHandler;
import java.io.IOException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * A thread for background work with a log directory's disk. Thread-safe; a failure of the disk
 * takes the directory offline, and nothing is done there from then on.
 */
final class DiskThread {
  private final String name;
  private final LogDirectory directory;
  private final FaultHandler faults;
  private final ScheduledThreadPoolExecutor thread;

  /** Work with the disk. */
  interface DiskWork {
    void run() throws IOException;
  }

  /**
   * Makes it; the thread starts with the first work.
   *
   * @param name what it does
   */
  DiskThread(String name, LogDirectory directory, FaultHandler faults) {
    this.name = name;
    this.directory = directory;
    this.faults = faults;
    this.thread =
        new ScheduledThreadPoolExecutor(
            1, task -> new Thread(task, name + "-" + directory.dir().path()));
    thread.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
    thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    thread.setContinueExistingPeriodicTasksAfterShutdownPolicy(false);
  }

  /** Does the work again and again, so many milliseconds after the end of the last time. */
  void every(long intervalMs, DiskWork work) {
    // What the work throws is dealt with in it.
    Future<?> unused =
        thread.scheduleWithFixedDelay(
            () -> guarded(work), intervalMs, intervalMs, TimeUnit.MILLISECONDS);
  }

  /** Does the work after so many milliseconds. */
  void later(long delayMs, DiskWork work) {
    Future<?> unused = thread.schedule(() -> guarded(work), delayMs, TimeUnit.MILLISECONDS);
  }

  private void guarded(DiskWork work) {
    if (!directory.online()) {
      return;
    }
    try {
      work.run();
    } catch (LogDirException e) {
      directory.diskFailed(e);
    } catch (IOException e) {
      directory.dir().fail(name, e);
    } catch (RuntimeException | Error e) {
      throw faults.fatal(name + " of " + directory.dir().path() + " failed", e);
    }
  }

  /** Ends the thread after the work it is at; what was to come is left to the next start. */
  void close() {
    thread.shutdown();
    Threads.awaitTermination(thread);
  }
}
