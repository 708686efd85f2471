package io.millrace.broker.replica;

import io.millrace.broker.log.DetachedSegment;
import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.TimeGuard;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.fault.FaultHandler;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The background work of a log directory, on one thread of its own: retention, deletion of what was
 * detached, recovery-point checkpoints. One partition at a time, so that the shards have room
 * between. Thread-safe.
 */
final class Housekeeping {
  private final LogDirectory directory;
  private final LogFiles files;
  private final TimeGuard timeGuard;
  private final FaultHandler faults;
  private final ScheduledThreadPoolExecutor thread;

  /** Work with the disk. */
  private interface DiskWork {
    void run() throws IOException;
  }

  Housekeeping(LogDirectory directory, LogFiles files, TimeGuard timeGuard, FaultHandler faults) {
    this.directory = directory;
    this.files = files;
    this.timeGuard = timeGuard;
    this.faults = faults;
    this.thread =
        new ScheduledThreadPoolExecutor(
            1, task -> new Thread(task, "housekeeping-" + directory.dir().path()));
    thread.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
    thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    thread.setContinueExistingPeriodicTasksAfterShutdownPolicy(false);
  }

  void start(ReplicaSettings.Housekeeping settings) {
    every(settings.retentionCheckIntervalMs(), this::applyRetention);
    every(settings.checkpointIntervalMs(), this::checkpoint);
    later(0, this::deleteLeftovers);
  }

  /** Deletes a directory that was moved aside, after a delay in milliseconds. */
  void deleteLater(Path aside, long delayMs) {
    later(delayMs, () -> files.delete(aside));
  }

  private void applyRetention() {
    boolean timeTrusted = timeGuard.isTrusted();
    for (HostedPartition hosted : directory.partitions()) {
      CompletableFuture<List<DetachedSegment>> detached =
          hosted.startOnShard(runtime -> runtime.applyRetention(timeTrusted));
      long delayMs = hosted.config().log().fileDeleteDelayMs();
      for (DetachedSegment segment : detached.join()) {
        later(delayMs, segment::delete);
      }
    }
  }

  /** Notes from where a recovery would have to check. */
  void checkpoint() throws IOException {
    Map<TopicIdPartition, Long> points = new HashMap<>();
    for (HostedPartition hosted : directory.partitions()) {
      points.put(hosted.id(), hosted.recoveryPoint());
    }
    // Without it the next opening would take what is damaged there for a torn end, and cut it off.
    directory.damaged().keySet().forEach(id -> points.put(id, files.recoveryPoint(id)));
    directory.untoldCuts().forEach(id -> points.put(id, files.recoveryPoint(id)));
    directory.dir().writeRecoveryPoints(points);
  }

  private void deleteLeftovers() throws IOException {
    for (Path aside : files.movedAside()) {
      files.delete(aside);
    }
  }

  private void every(long intervalMs, DiskWork work) {
    // What the work throws is dealt with in it.
    Future<?> unused =
        thread.scheduleWithFixedDelay(
            () -> guarded(work), intervalMs, intervalMs, TimeUnit.MILLISECONDS);
  }

  private void later(long delayMs, DiskWork work) {
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
      directory.dir().fail("housekeeping", e);
    } catch (RuntimeException | Error e) {
      throw faults.fatal("housekeeping of " + directory.dir().path() + " failed", e);
    }
  }

  /** Ends the thread after the work it is at; what was to come is left to the next start. */
  void close() {
    thread.shutdown();
    Threads.awaitTermination(thread);
  }
}
