package io.millrace.broker.log;

import io.millrace.common.time.Clock;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cuts off the end of a log, or all of it. Confined to the partition's shard; waits for the disk.
 * The log's tasks have been ended ({@link LogTasks#endAll}), so nobody else changes its files.
 */
final class LogTruncation {
  private static final Logger LOG = LoggerFactory.getLogger(LogTruncation.class);

  private final LogState state;
  private final LogDisk disk;
  private final ProducerSnapshots snapshots;
  private final Clock clock;

  LogTruncation(LogState state, LogDisk disk, Clock clock) {
    this.state = state;
    this.disk = disk;
    this.snapshots = new ProducerSnapshots(disk);
    this.clock = clock;
  }

  /** See {@link PartitionLog#truncateTo}; the offset is below the log end. */
  void truncateTo(long offset, LogConfig config) {
    long logStart = state.logStartOffset();
    OffsetIndex.IndexedPosition end = placeOf(offset);
    if (end.offset() <= logStart) {
      beginAnew(Math.min(offset, logStart));
      return;
    }
    LOG.info("[{}] truncating to {} (log end: {})", state.name(), offset, state.logEndOffset());
    List<SegmentView> kept = state.segments().dropAbove(offset);
    SegmentView target = kept.remove(kept.size() - 1);
    state.segments().endWith(kept, cut(target, end.position(), config));
    state.endCut(
        snapshots.restore(
            state.segments().all(), state.producers().batchesPerProducer(), clock.wallMs()));
    // Before anything is appended: a producer snapshot of what was cut must not come back.
    disk.forceDirectory();
    state.publish();
  }

  /** Where a log that is cut at an offset below its end is to end; the log start at the least. */
  OffsetIndex.IndexedPosition placeOf(long offset) {
    long logStart = state.logStartOffset();
    if (offset <= logStart) {
      return new OffsetIndex.IndexedPosition(offset, 0);
    }
    OffsetIndex.IndexedPosition place;
    try {
      place = state.snapshot().batchHolding(offset);
    } catch (CorruptBatchException e) {
      place = state.snapshot().segmentHolding(offset);
    }
    return place.offset() < logStart ? new OffsetIndex.IndexedPosition(logStart, 0) : place;
  }

  /** Nothing was cut off, but epochs may be noted that wrote nothing. */
  void forgetEpochsAtEnd() {
    state.endCut(state.producers());
    state.publish();
  }

  private SegmentWriter cut(SegmentView target, int position, LogConfig config) {
    // Durably gone before the bytes are: it would say that they had been on disk and are missing.
    disk.delete(target.segment().files().checksum());
    disk.forceDirectory();
    SegmentWriter.ScanPlan plan =
        new SegmentWriter.ScanPlan(
            position,
            Long.MAX_VALUE,
            state.epochs(),
            config.indexIntervalBytes(),
            (batch, at) -> {},
            found -> {});
    return disk.get(
            "cut segment " + target.baseOffset(),
            () ->
                SegmentWriter.scan(
                    disk,
                    target.segment().files(),
                    plan,
                    handle -> {
                      target.segment().cut(handle);
                      return target.segment();
                    }))
        .writer();
  }

  /** See {@link PartitionLog#truncateFullyAndStartAt}. */
  void beginAnew(long offset) {
    LOG.info("[{}] beginning anew at {} (log end: {})", state.name(), offset, state.logEndOffset());
    new PartitionCheckpoints(disk).writeLogStart(offset);
    state.segments().beginAnew(offset);
    snapshots.retain(Set.of());
    state.begunAnew(offset);
    disk.forceDirectory();
    state.publish();
  }
}
