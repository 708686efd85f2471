package io.millrace.broker.log;

import io.millrace.common.TopicPartition;
import java.util.List;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a log is at this moment, and what of it is published to readers. Confined to the partition's
 * shard, but for {@link #snapshot}: any thread.
 */
final class LogState {
  private static final Logger LOG = LoggerFactory.getLogger(LogState.class);

  private final TopicPartition name;
  private final LogDisk disk;
  private final PartitionCheckpoints checkpoints;
  private final SegmentList segments;

  // logStartOffset, durableOffset and cleanedOffset <= logEndOffset
  private long logStartOffset;
  private long durableOffset;

  /** Compaction has seen everything below it; never more than what is on disk says. */
  private long cleanedOffset;

  private LeaderEpochCache epochs;
  private ProducerStateTable producers;

  /** Whether the synced mark is on disk, or may be. */
  private boolean syncedMark;

  private volatile LogSnapshot snapshot;

  LogState(LogOpening opening, LogDisk disk, LoadedLog loaded) {
    this.name = opening.name();
    this.disk = disk;
    this.checkpoints = new PartitionCheckpoints(disk);
    this.segments = new SegmentList(disk, opening.budget(), loaded);
    this.logStartOffset = loaded.logStartOffset();
    this.cleanedOffset = loaded.cleanedOffset();
    this.durableOffset = loaded.durableOffset();
    this.epochs = loaded.epochs();
    this.producers = loaded.producers();
    this.syncedMark = loaded.syncedMark();
    this.snapshot = takeSnapshot();
  }

  TopicPartition name() {
    return name;
  }

  SegmentList segments() {
    return segments;
  }

  long logStartOffset() {
    return logStartOffset;
  }

  long logEndOffset() {
    return segments.endOffset();
  }

  long durableOffset() {
    return durableOffset;
  }

  LeaderEpochCache epochs() {
    return epochs;
  }

  /** The newest epoch that has begun; -1 before the first. */
  int latestEpoch() {
    return epochs.latestEpoch().orElse(-1);
  }

  /** The epoch of the last batch that can be read; one that has begun may have none yet. */
  OptionalInt lastBatchEpoch() {
    return logEndOffset() > logStartOffset
        ? epochs.epochOf(logEndOffset() - 1)
        : OptionalInt.empty();
  }

  ProducerStateTable producers() {
    return producers;
  }

  boolean syncedMark() {
    return syncedMark;
  }

  void syncedMark(boolean stands) {
    syncedMark = stands;
  }

  LogSnapshot snapshot() {
    return snapshot;
  }

  /** Everything below the offset is durable. */
  void durableUpTo(long offset) {
    durableOffset = Math.max(durableOffset, offset);
  }

  /** An epoch has begun, and that is on disk. */
  void epochStarted(LeaderEpochCache started) {
    epochs = started;
    publish();
  }

  /** The log start has moved, and that is on disk; so many of the oldest segments have left. */
  void logStartMoved(long newLogStart, int segmentsLeft) {
    logStartOffset = Math.max(logStartOffset, newLogStart);
    // Not written: the next opening trims the checkpoint to the log start by itself.
    epochs = epochs.truncateFromStart(logStartOffset);
    segments.dropOldest(segmentsLeft);
    publish();
    if (segmentsLeft > 0) {
      LOG.info("[{}] segments deleted below {}: {}", name, logStartOffset, segmentsLeft);
    }
  }

  /** Segments were rewritten, and compaction has seen everything below an offset; both durably. */
  void cleaned(List<SegmentView> replaced, List<SegmentView> cleaned, long cleanedUpTo) {
    segments.replace(replaced, cleaned);
    cleanedOffset = cleanedUpTo;
    publish();
  }

  long cleanedOffset() {
    return cleanedOffset;
  }

  /** The end was cut off: what is known of it goes too, durably where it was written down. */
  void endCut(ProducerStateTable producersAtEnd) {
    durableOffset = Math.min(durableOffset, logEndOffset());
    lowerCleaned(logEndOffset());
    replaceEpochs(epochs.truncateFromEnd(logEndOffset()));
    producers = producersAtEnd;
  }

  /** Everything was thrown away; the log is empty and begins at an offset that is on disk. */
  void begunAnew(long offset) {
    logStartOffset = offset;
    durableOffset = offset;
    lowerCleaned(offset);
    replaceEpochs(LeaderEpochCache.EMPTY);
    producers = new ProducerStateTable(producers.batchesPerProducer());
  }

  /** Before anything is appended there again, of which compaction has seen nothing. */
  private void lowerCleaned(long offset) {
    if (cleanedOffset > offset) {
      checkpoints.writeCleaned(offset);
      cleanedOffset = offset;
    }
  }

  private void replaceEpochs(LeaderEpochCache next) {
    if (!next.equals(epochs)) {
      checkpoints.writeLeaderEpochs(next);
      epochs = next;
    }
  }

  /** Shows readers the log as it is now. */
  void publish() {
    if (logStartOffset > logEndOffset() || durableOffset > logEndOffset()) {
      throw new IllegalStateException(
          "[%s] log start: %d, durable: %d (expected: <= log end %d)"
              .formatted(name, logStartOffset, durableOffset, logEndOffset()));
    }
    snapshot = takeSnapshot();
  }

  private LogSnapshot takeSnapshot() {
    return new LogSnapshot(
        disk, segments.sealed(), segments.writer().view(), logStartOffset, cleanedOffset, epochs);
  }
}
