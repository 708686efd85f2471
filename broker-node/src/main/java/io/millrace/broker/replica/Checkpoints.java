package io.millrace.broker.replica;

import io.millrace.common.TopicIdPartition;
import io.millrace.common.fault.FaultHandler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Notes the partitions' recovery points and high watermarks in their log directory, on a thread of
 * its own: a cut waits for a note, and a leadership behind it, so nothing else may be in the way.
 * Thread-safe, but for {@link #write}.
 */
final class Checkpoints {
  /** So far may a high watermark be behind after a crash; it then waits for the followers. */
  private static final long HIGH_WATERMARK_INTERVAL_MS = 5_000;

  private final LogDirectory directory;
  private final LogFiles files;
  private final DiskThread thread;

  /** Partitions that are about to be cut below what is noted of them. */
  private final Queue<Cut> lowering = new ConcurrentLinkedQueue<>();

  /** What this process wrote last; touched by whoever may {@link #write}. */
  private Optional<Map<TopicIdPartition, Long>> writtenHighWatermarks = Optional.empty();

  private final NotedPartitions recoveryPoints = new NotedPartitions();
  private final NotedPartitions highWatermarks = new NotedPartitions();

  private record Cut(HostedPartition hosted, long offset) {}

  Checkpoints(LogDirectory directory, LogFiles files, FaultHandler faults) {
    this.directory = directory;
    this.files = files;
    this.thread = new DiskThread("checkpoint", directory, faults);
  }

  /** Begins to note at intervals. */
  void start(long intervalMs) {
    thread.every(intervalMs, this::writeRecoveryPoints);
    thread.every(Math.min(HIGH_WATERMARK_INTERVAL_MS, intervalMs), this::writeHighWatermarks);
  }

  /** Notes everything. Before {@link #start}, on the thread, or after {@link #close}. */
  void write() throws IOException {
    writeRecoveryPoints();
    writeHighWatermarks();
  }

  /** Notes from where a recovery would have to check. */
  private void writeRecoveryPoints() throws IOException {
    Map<TopicIdPartition, Long> points = new HashMap<>();
    Collection<HostedPartition> hosted = recoveryPoints.begin(directory.partitions());
    hosted.forEach(each -> points.put(each.id(), each.noteRecoveryPoint()));
    Map<TopicIdPartition, Long> all = new HashMap<>(points);
    // Without it the next opening would take what is damaged there for a torn end, and cut it off.
    directory.unopened().forEach(id -> all.put(id, files.recoveryPoint(id)));
    directory.untoldCuts().forEach(id -> all.put(id, files.recoveryPoint(id)));
    directory.dir().writeRecoveryPoints(all);
    recoveryPoints.end();
    hosted.forEach(each -> each.noted().recoveryPoint().written(written(points, each)));
  }

  /** Notes up to where records are committed, if that has changed. As {@link #write}. */
  void writeHighWatermarks() throws IOException {
    Map<TopicIdPartition, Long> points = new HashMap<>();
    Collection<HostedPartition> hosted = highWatermarks.begin(directory.partitions());
    hosted.forEach(each -> points.put(each.id(), each.noteHighWatermark()));
    Map<TopicIdPartition, Long> all = new HashMap<>(points);
    directory.unopened().forEach(id -> all.put(id, files.highWatermark(id)));
    if (!Optional.of(all).equals(writtenHighWatermarks)) {
      directory.dir().writeHighWatermarks(all);
      writtenHighWatermarks = Optional.of(all);
    }
    highWatermarks.end();
    hosted.forEach(each -> each.noted().highWatermark().written(written(points, each)));
  }

  /** Whether this process may have noted something of a partition, which may have left since. */
  boolean mayHaveNoted(TopicIdPartition id) {
    return recoveryPoints.mayHave(id) || highWatermarks.mayHave(id);
  }

  private static long written(Map<TopicIdPartition, Long> points, HostedPartition hosted) {
    return points.getOrDefault(hosted.id(), 0L);
  }

  /**
   * Sees to it that nothing noted of a partition lies above its ceiling, then says so to it. What
   * asks meanwhile is seen to together.
   *
   * @param offset where the partition is to be cut
   */
  void lower(HostedPartition hosted, long offset) {
    lowering.add(new Cut(hosted, offset));
    thread.later(0, this::lowerAll);
  }

  /**
   * Notes everything as soon as it can be.
   *
   * @return done when it is on disk; fails if the directory is offline
   */
  CompletableFuture<Void> writeSoon() {
    CompletableFuture<Void> written = new CompletableFuture<>();
    thread.later(
        0,
        () -> {
          write();
          written.complete(null);
        });
    Runnable stopListening =
        directory.dir().onOffline((dir, why) -> written.completeExceptionally(why.cause()));
    return written.whenComplete((done, failure) -> stopListening.run());
  }

  private void lowerAll() throws IOException {
    List<Cut> all = new ArrayList<>();
    for (Cut next = lowering.poll(); next != null; next = lowering.poll()) {
      all.add(next);
    }
    if (!all.isEmpty()) {
      write();
      all.forEach(each -> each.hosted().lowered(each.offset()));
    }
  }

  /** Ends the thread after what it is writing. */
  void close() {
    thread.close();
  }
}
