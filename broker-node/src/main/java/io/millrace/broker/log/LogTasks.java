package io.millrace.broker.log;

import java.util.List;
import java.util.Optional;

/**
 * Makes the {@link LogTask}s of a log and takes note of those that have run. Confined to the
 * partition's shard.
 */
final class LogTasks {
  private final LogState state;
  private final LogDisk disk;
  private final ProducerSnapshots snapshots;
  private final LogTask.Guard guard;

  /** Made and not handed back yet; its segments are in the log until then. */
  private Optional<LogStartMove> move = Optional.empty();

  /** Made and not handed back yet: what it wrote down may be on disk already. */
  private Optional<EpochStart> epochStart = Optional.empty();

  /** Made and not handed back yet; what it replaces is in the log until then. */
  private Optional<SegmentSwap> swap = Optional.empty();

  /** The swaps made so far. */
  private long swaps;

  LogTasks(LogState state, LogDisk disk, LogTask.Guard guard) {
    this.state = state;
    this.disk = disk;
    this.snapshots = new ProducerSnapshots(disk);
    this.guard = guard;
  }

  /** See {@link PartitionLog#prepareFlush}. */
  FlushTicket prepareFlush() {
    disk.requireUsable();
    return new FlushTicket(guard, disk, snapshots, state.segments().flushWork());
  }

  /** See {@link PartitionLog#flushed}. */
  void flushed(FlushTicket ticket) {
    if (ticket.isCurrent()) {
      state.durableUpTo(ticket.endOffset());
      state.segments().flushed(ticket.flushed());
    }
  }

  /** See {@link PartitionLog#prepareEpoch}. */
  EpochStart prepareEpoch(int epoch) {
    disk.requireUsable();
    long end = state.logEndOffset();
    EpochStart start = new EpochStart(guard, disk, state.epochs().begin(epoch, end), end);
    epochStart = Optional.of(start);
    return start;
  }

  /** See {@link PartitionLog#epochStarted}. */
  void epochStarted(EpochStart start) {
    if (start.isCurrent()) {
      takeNoteOf(start);
    }
  }

  private void takeNoteOf(EpochStart start) {
    epochStart = Optional.empty();
    if (start.startOffset() != state.logEndOffset()) {
      throw new IllegalStateException(
          "[%s] log end: %d (expected: %d, where the epoch begins)"
              .formatted(state.name(), state.logEndOffset(), start.startOffset()));
    }
    state.epochStarted(start.epochs());
  }

  /** See {@link PartitionLog#prepareSyncedMark}. */
  SyncedMarkChange prepareSyncedMark(boolean stands) {
    disk.requireUsable();
    if (stands == state.syncedMark()) {
      throw new IllegalArgumentException(
          "[%s] synced mark: %s (expected: a change)".formatted(state.name(), stands));
    }
    // From now on it may be on disk.
    state.syncedMark(true);
    return new SyncedMarkChange(guard, disk, stands);
  }

  /** See {@link PartitionLog#prepareLogStart}. */
  LogStartMove prepareLogStart(long offset) {
    if (offset <= state.logStartOffset() || offset > state.logEndOffset()) {
      throw new IllegalArgumentException(
          "[%s] logStartOffset: %d (expected: [%d, %d])"
              .formatted(state.name(), offset, state.logStartOffset() + 1, state.logEndOffset()));
    }
    disk.requireUsable();
    return prepareMove(offset, List.of());
  }

  /** See {@link PartitionLog#prepareRetention}. */
  Optional<LogStartMove> prepareRetention(RetentionInput input, LogConfig config) {
    disk.requireUsable();
    if (input.timeTrusted()) {
      state.producers().expire(input.wallMs(), config.producerIdExpirationMs());
    }
    SegmentList segments = state.segments();
    Retention retention = new Retention(state.snapshot(), config, input);
    if (retention.activeIsExpired()) {
      segments.roll(state.producers());
      state.publish();
    }
    int count = retention.expiredSegments();
    return count == 0
        ? Optional.empty()
        : Optional.of(
            prepareMove(segments.baseOffsetAfter(count), segments.sealed().subList(0, count)));
  }

  private LogStartMove prepareMove(long offset, List<SegmentView> leaving) {
    long logStart = state.logStartOffset();
    LogStartMove next =
        new LogStartMove(guard, disk, Math.max(logStart, offset), offset > logStart, leaving);
    move = Optional.of(next);
    return next;
  }

  /** See {@link PartitionLog#logStartMoved}. */
  List<DetachedSegment> logStartMoved(LogStartMove moved) {
    if (!moved.isDone()) {
      return List.of();
    }
    if (moved.isCurrent() && move.filter(moved::equals).isPresent()) {
      takeNoteOf(moved);
    }
    return moved.leaving().stream().map(DetachedSegment::new).toList();
  }

  private void takeNoteOf(LogStartMove moved) {
    move = Optional.empty();
    state.logStartMoved(moved.logStartOffset(), moved.leaving().size());
  }

  /** See {@link PartitionLog#prepareSwap}. */
  Optional<SegmentSwap> prepareSwap(CleanedGroup group) {
    disk.requireUsable();
    boolean stands = group.replaced().isEmpty() || state.segments().holds(group.replaced());
    if (!stands || group.cleanedOffset() > state.logEndOffset()) {
      return Optional.empty();
    }
    boolean noteCleaned = group.cleanedOffset() > state.cleanedOffset();
    List<SegmentView> cleaned = state.segments().viewsOf(group.cleaned());
    swap = Optional.of(new SegmentSwap(guard, disk, group, cleaned, swaps++, noteCleaned));
    return swap;
  }

  /** See {@link PartitionLog#swapped}. */
  Optional<List<DetachedSegment>> swapped(SegmentSwap done) {
    if (!done.isDone()) {
      return Optional.empty();
    }
    if (done.isCurrent() && swap.filter(done::equals).isPresent()) {
      takeNoteOf(done);
    }
    return Optional.of(done.group().replaced().stream().map(DetachedSegment::new).toList());
  }

  private void takeNoteOf(SegmentSwap done) {
    swap = Optional.empty();
    state.cleaned(
        done.group().replaced(),
        done.cleaned(),
        Math.max(state.cleanedOffset(), done.group().cleanedOffset()));
  }

  /**
   * Before the log is cut, and before anything looks where: a change that has run counts, and what
   * has not run never will.
   */
  void endAll() {
    synchronized (guard) {
      guard.advance();
      move.filter(LogTask::isDone).ifPresent(this::takeNoteOf);
      move = Optional.empty();
      epochStart.filter(LogTask::isDone).ifPresent(this::takeNoteOf);
      epochStart = Optional.empty();
      swap.filter(LogTask::isDone).ifPresent(this::takeNoteOf);
      swap = Optional.empty();
    }
    state.segments().flushesEnded();
  }
}
