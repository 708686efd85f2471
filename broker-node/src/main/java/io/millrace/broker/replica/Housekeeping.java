package io.millrace.broker.replica;

import io.millrace.broker.log.DetachedSegment;
import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.TimeGuard;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.fault.FaultHandler;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
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
  /** So far may a high watermark be behind after a crash; it then waits for the followers. */
  private static final long HIGH_WATERMARK_INTERVAL_MS = 5_000;

  private final LogDirectory directory;
  private final LogFiles files;
  private final TimeGuard timeGuard;
  private final FaultHandler faults;
  private final ScheduledThreadPoolExecutor thread;

  /** Partitions that are about to be cut below what is noted of them. */
  private final Queue<HostedPartition> lowering = new ConcurrentLinkedQueue<>();

  /** What was written last; confined to the thread. */
  private Map<TopicIdPartition, Long> writtenHighWatermarks = Map.of();

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
    every(settings.checkpointIntervalMs(), this::checkpointRecoveryPoints);
    every(
        Math.min(HIGH_WATERMARK_INTERVAL_MS, settings.checkpointIntervalMs()),
        this::checkpointHighWatermarks);
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

  /** Notes all that is noted of the partitions. */
  void checkpoint() throws IOException {
    checkpointRecoveryPoints();
    checkpointHighWatermarks();
  }

  /** Notes from where a recovery would have to check. */
  private void checkpointRecoveryPoints() throws IOException {
    Map<TopicIdPartition, Long> points = new HashMap<>();
    Collection<HostedPartition> hosted = List.copyOf(directory.partitions());
    hosted.forEach(each -> points.put(each.id(), each.noteRecoveryPoint()));
    Map<TopicIdPartition, Long> all = new HashMap<>(points);
    // Without it the next opening would take what is damaged there for a torn end, and cut it off.
    directory.damaged().keySet().forEach(id -> all.put(id, files.recoveryPoint(id)));
    directory.untoldCuts().forEach(id -> all.put(id, files.recoveryPoint(id)));
    directory.dir().writeRecoveryPoints(all);
    hosted.forEach(each -> each.noted().recoveryPoint().written(written(points, each)));
  }

  /** Notes up to where records are committed, if that has changed. */
  private void checkpointHighWatermarks() throws IOException {
    Map<TopicIdPartition, Long> points = new HashMap<>();
    Collection<HostedPartition> hosted = List.copyOf(directory.partitions());
    hosted.forEach(each -> points.put(each.id(), each.noteHighWatermark()));
    Map<TopicIdPartition, Long> all = new HashMap<>(points);
    directory.damaged().keySet().forEach(id -> all.put(id, files.highWatermark(id)));
    if (!all.equals(writtenHighWatermarks)) {
      directory.dir().writeHighWatermarks(all);
      writtenHighWatermarks = all;
    }
    hosted.forEach(each -> each.noted().highWatermark().written(written(points, each)));
  }

  private static long written(Map<TopicIdPartition, Long> points, HostedPartition hosted) {
    return points.getOrDefault(hosted.id(), 0L);
  }

  /**
   * Sees to it that nothing noted of a partition lies above its ceiling, then says so to it. What
   * asks meanwhile is seen to together.
   */
  void lower(HostedPartition hosted) {
    lowering.add(hosted);
    later(0, this::lowerAll);
  }

  private void lowerAll() throws IOException {
    List<HostedPartition> all = new ArrayList<>();
    for (HostedPartition next = lowering.poll(); next != null; next = lowering.poll()) {
      all.add(next);
    }
    if (!all.isEmpty()) {
      checkpoint();
      all.forEach(HostedPartition::lowered);
    }
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
