package io.millrace.broker.replica;

import io.millrace.broker.log.DetachedSegment;
import io.millrace.broker.log.TimeGuard;
import io.millrace.common.fault.FaultHandler;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The background work of a log directory that nobody waits for, on one thread of its own: retention
 * and deletion of what was detached. One partition at a time, so that the shards have room between.
 * Thread-safe.
 */
final class Housekeeping {
  private final LogDirectory directory;
  private final LogFiles files;
  private final TimeGuard timeGuard;
  private final DiskThread thread;

  Housekeeping(LogDirectory directory, LogFiles files, TimeGuard timeGuard, FaultHandler faults) {
    this.directory = directory;
    this.files = files;
    this.timeGuard = timeGuard;
    this.thread = new DiskThread("housekeeping", directory, faults);
  }

  void start(long retentionCheckIntervalMs) {
    thread.every(retentionCheckIntervalMs, this::applyRetention);
    thread.later(0, this::deleteLeftovers);
  }

  /** Deletes a directory that was moved aside, after a delay in milliseconds. */
  void deleteLater(Path aside, long delayMs) {
    thread.later(delayMs, () -> files.delete(aside));
  }

  private void applyRetention() {
    boolean timeTrusted = timeGuard.isTrusted();
    for (HostedPartition hosted : directory.partitions()) {
      CompletableFuture<List<DetachedSegment>> detached =
          hosted.startOnShard(runtime -> runtime.applyRetention(timeTrusted));
      deleteSegments(detached.join(), hosted.config().log().fileDeleteDelayMs());
    }
  }

  /** Deletes segments that have left their log, after a delay in milliseconds. */
  void deleteSegments(List<DetachedSegment> segments, long delayMs) {
    segments.forEach(segment -> thread.later(delayMs, segment::delete));
  }

  private void deleteLeftovers() throws IOException {
    for (Path aside : files.movedAside()) {
      files.delete(aside);
    }
  }

  /** Ends the thread after the work it is at; what was to come is left to the next start. */
  void close() {
    thread.close();
  }
}
