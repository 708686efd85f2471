package io.millrace.broker.log;

import io.millrace.common.MillraceError;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.time.Clock;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One partition's log on one disk. Confined to the partition's shard; {@link #open} and what comes
 * before the hand-over may run on another thread. {@link #snapshot} alone is for any thread. What
 * has to wait for the disk is made a {@link LogTask}, which runs on the flush thread; cutting the
 * log and closing it in order wait for the disk themselves.
 *
 * <p>Once the disk has failed, every method that would write throws the same {@link
 * LogDirException} again; only {@link #abandon} is left.
 */
public final class PartitionLog implements AutoCloseable {
  private final Clock clock;
  private final LogDisk disk;
  private final RecoveryResult recovery;
  private final LogTask.Guard guard = new LogTask.Guard();
  private final LogState state;
  private final LogTasks tasks;
  private final LogTruncation truncation;
  private LogConfig config;

  private PartitionLog(LogOpening opening, LogDisk disk, LoadedLog loaded) {
    this.clock = opening.clock();
    this.config = opening.config();
    this.disk = disk;
    this.recovery = loaded.recovery();
    this.state = new LogState(opening, disk, loaded);
    this.tasks = new LogTasks(state, disk, guard);
    this.truncation = new LogTruncation(state, disk, clock);
  }

  /**
   * Opens a log, or makes one. Reads what is needed: nothing of the batches after a clean shutdown,
   * everything from the recovery point on after a crash.
   *
   * @throws LogDirException if the disk fails
   * @throws IllegalArgumentException if the directory belongs to another topic id
   */
  public static PartitionLog open(LogOpening opening) {
    LogDisk disk = new LogDisk(opening.store(), opening.directory());
    return new PartitionLog(opening, disk, new LogLoader(opening, disk).load());
  }

  /** What opening found. */
  public RecoveryResult recovery() {
    return recovery;
  }

  /** The smallest offset that can be read. */
  public long logStartOffset() {
    return state.logStartOffset();
  }

  /** The offset after the last record: the next one's. */
  public long logEndOffset() {
    return state.logEndOffset();
  }

  /** Everything below it is known to be durable. */
  public long durableOffset() {
    return state.durableOffset();
  }

  /** Where a recovery would have to begin to check: note it in the log directory's checkpoint. */
  public long recoveryPoint() {
    return state.durableOffset();
  }

  /** The idempotent producers. */
  public ProducerStateTable producers() {
    return state.producers();
  }

  /** Which leader epochs wrote the log. */
  public LeaderEpochCache leaderEpochs() {
    return state.epochs();
  }

  /** The settings in force. */
  public LogConfig config() {
    return config;
  }

  /**
   * Puts settings in force from the next operation on. {@link LogConfig#producerBatches} holds from
   * the next opening on.
   */
  public void reconfigure(LogConfig newConfig) {
    config = newConfig;
  }

  /** The log as it is now, for readers on any thread. */
  public LogSnapshot snapshot() {
    return state.snapshot();
  }

  /**
   * Appends one batch, checked and stamped: the bytes between position and limit, which are left
   * alone.
   *
   * @throws IllegalArgumentException if the batch does not follow: its base offset is not the log
   *     end, or its leader epoch is not the newest that has begun
   * @throws LogDirException if the disk fails; the batch counts as not appended
   */
  public void append(ByteBuffer batch) {
    disk.requireUsable();
    RecordBatch header = RecordBatch.at(batch, batch.position());
    requireFollows(header, batch.remaining());
    SegmentList segments = state.segments();
    if (segments.writer().mustRollBefore(header, config)) {
      segments.roll(state.producers());
    }
    requireEpoch(header.leaderEpoch());
    segments.writer().append(batch, header, config.indexIntervalBytes());
    state.producers().update(header, clock.wallMs());
    state.publish();
  }

  private void requireEpoch(int epoch) {
    if (state.latestEpoch() != epoch) {
      throw new IllegalArgumentException(
          "[%s] leader epoch: %d (expected: %d, the newest that has begun)"
              .formatted(state.name(), epoch, state.latestEpoch()));
    }
  }

  private void requireFollows(RecordBatch batch, int bytes) {
    if (batch.sizeInBytes() != bytes || batch.lastOffsetDelta() < 0) {
      throw new IllegalArgumentException(
          "[%s] batch of %d bytes: %s (expected: exactly one batch)"
              .formatted(state.name(), bytes, batch));
    }
    if (batch.baseOffset() != logEndOffset()) {
      throw new IllegalArgumentException(
          "[%s] baseOffset: %d (expected: %d)"
              .formatted(state.name(), batch.baseOffset(), logEndOffset()));
    }
  }

  /**
   * What keeps a batch of the leader's log from being appended here (S25). Its CRC is checked
   * already.
   *
   * @param batch the batch's header
   * @param leaderEpoch the leader's epoch: no batch can be newer
   */
  public Optional<MillraceError> whyNotNext(RecordBatch batch, int leaderEpoch) {
    return ReplicatedBatch.whyNotNext(batch, state, leaderEpoch);
  }

  /**
   * Appends one batch of the leader's log as it is: the bytes between position and limit, which are
   * left alone. Into an empty log that begins within the batch it goes as a whole; of a gap that
   * compaction left at the leader the part that is missing here is appended.
   *
   * @throws IllegalArgumentException if there is something in {@link #whyNotNext}, or its leader
   *     epoch is not the newest that has begun
   * @throws LogDirException if the disk fails; the batch counts as not appended
   */
  public void appendReplicated(ByteBuffer batch) {
    disk.requireUsable();
    RecordBatch header = RecordBatch.at(batch, batch.position());
    if (ReplicatedBatch.holdsStartOfEmptyLog(header, state)) {
      tasks.endAll();
      state.segments().beginAnew(header.baseOffset());
    }
    append(
        ReplicatedBatch.isGapAround(header, logEndOffset())
            ? ReplicatedBatch.restOfGap(header, logEndOffset())
            : batch);
  }

  /** The leader epoch of the last batch; empty if there is none. */
  public OptionalInt lastBatchEpoch() {
    return state.lastBatchEpoch();
  }

  /** Whether another epoch is noted for the log end, and this one must begin before it appends. */
  public boolean mustStartEpoch(int epoch) {
    return epoch != state.latestEpoch();
  }

  /**
   * Begins a leader epoch at the log end. Epochs that are noted and wrote nothing are forgotten.
   *
   * @throws IllegalArgumentException if it is older than the last batch's
   * @throws LogDirException if the disk has failed
   */
  public EpochStart prepareEpoch(int epoch) {
    return tasks.prepareEpoch(epoch);
  }

  /** Takes note of an epoch that has begun. */
  public void epochStarted(EpochStart start) {
    tasks.epochStarted(start);
  }

  /**
   * Whether the synced mark (see {@link PartitionFiles}) is on disk, or may be: while it is, only
   * what is durable may be acknowledged.
   */
  public boolean syncedMark() {
    return state.syncedMark();
  }

  /**
   * Makes the synced mark, or takes it away.
   *
   * @throws IllegalArgumentException if that changes nothing
   * @throws LogDirException if the disk has failed
   */
  public SyncedMarkChange prepareSyncedMark(boolean stands) {
    return tasks.prepareSyncedMark(stands);
  }

  /** Takes note of a change of the synced mark, which counts also if the log was cut meanwhile. */
  public void syncedMarkChanged(SyncedMarkChange change) {
    state.syncedMark(change.stands());
  }

  /**
   * Whether a segment was rolled that neither was flushed nor will be by the flush that is under
   * way: it keeps its indexes on the heap.
   */
  public boolean hasRolledBeyond(Optional<FlushTicket> underWay) {
    return state.segments().hasRolledBeyond(underWay.filter(LogTask::isCurrent));
  }

  /**
   * A flush of everything appended so far, for the flush thread.
   *
   * @throws LogDirException if the disk has failed
   */
  public FlushTicket prepareFlush() {
    return tasks.prepareFlush();
  }

  /** Takes note of a flush that has run. One that was overtaken by a cut says nothing. */
  public void flushed(FlushTicket ticket) {
    tasks.flushed(ticket);
  }

  /**
   * Makes everything below an offset invisible. The space comes back by {@link #prepareRetention}.
   * At most one move is under way at a time.
   *
   * @throws IllegalArgumentException if the offset is not above the log start, or above the log end
   * @throws LogDirException if the disk has failed
   */
  public LogStartMove prepareLogStart(long offset) {
    return tasks.prepareLogStart(offset);
  }

  /**
   * Takes the segments that are not kept any longer out of the log (S27, S30), and forgets the
   * producers not heard of for long. A last segment that is expired is rolled, and goes with a
   * later call, once it has been flushed. At most one move is under way at a time.
   *
   * @return empty if none is to go
   * @throws LogDirException if the disk fails or has failed
   */
  public Optional<LogStartMove> prepareRetention(RetentionInput input) {
    return tasks.prepareRetention(input, config);
  }

  /**
   * Takes note of a move that has run.
   *
   * @return the segments that left the log: to be deleted after {@code file.delete.delay.ms},
   *     oldest first
   */
  public List<DetachedSegment> logStartMoved(LogStartMove moved) {
    return tasks.logStartMoved(moved);
  }

  /**
   * Rolls the last segment if its first record is older than it may be in a compacted log, so that
   * it can be cleaned once it has been flushed. Only where the log is compacted and has a bound.
   *
   * @param nowMs the wall clock, which must be trusted, ms since 1970 UTC
   * @throws LogDirException if the disk fails or has failed
   */
  public void rollIfOverdue(long nowMs) {
    disk.requireUsable();
    if (CleanableSection.isOverdue(state.snapshot(), config, nowMs)) {
      state.segments().roll(state.producers());
      state.publish();
    }
  }

  /**
   * Takes in what a cleaning of this log has made. Of what was cleaned nothing may have left the
   * log since.
   *
   * @return empty if it has; then what was made counts for nothing
   * @throws LogDirException if the disk has failed
   */
  public Optional<SegmentSwap> prepareSwap(CleanedGroup group) {
    return tasks.prepareSwap(group);
  }

  /**
   * Takes note of a swap that has run.
   *
   * @return the segments that left the log, to be deleted after {@code file.delete.delay.ms}; empty
   *     if the log was cut or closed before the swap was run
   */
  public Optional<List<DetachedSegment>> swapped(SegmentSwap swap) {
    return tasks.swapped(swap);
  }

  /**
   * Cuts off the batches with records at or above an offset, and forgets the epochs that were to
   * write from there on, be there batches of theirs or not (KAFKA-10706). A batch that begins below
   * it and ends above goes as a whole; so does its segment, if that is corrupt and the batch can't
   * be found in it. The caller has lowered the checkpointed recovery point to {@link #endAfterCut}
   * before, else the next recovery takes the cut for a loss.
   *
   * @throws LogDirException if the disk fails
   */
  public void truncateTo(long offset) {
    disk.requireUsable();
    tasks.endAll();
    if (offset < logEndOffset()) {
      truncation.truncateTo(offset, config);
    } else {
      truncation.forgetEpochsAtEnd();
    }
  }

  /**
   * Where the log ends after {@link #truncateTo}; at most the offset.
   *
   * @throws LogDirException if the disk fails
   */
  public long endAfterCut(long offset) {
    return offset < logEndOffset() ? truncation.placeOf(offset).offset() : offset;
  }

  /**
   * Throws everything away and begins anew at an offset.
   *
   * @throws LogDirException if the disk fails
   */
  public void truncateFullyAndStartAt(long offset) {
    disk.requireUsable();
    tasks.endAll();
    truncation.beginAnew(offset);
  }

  /**
   * Closes the log in order: all is durable, and the next {@link #open} with a clean shutdown reads
   * nothing of the batches.
   *
   * @throws LogDirException if the disk fails or has failed; nothing is tried again
   */
  @Override
  public void close() {
    try {
      disk.requireUsable();
      synchronized (guard) {
        guard.advance();
        writeEverything();
      }
    } finally {
      abandon();
    }
  }

  /** Writes what is not on disk as it is: nothing for a log that was not touched. */
  private void writeEverything() {
    long end = logEndOffset();
    ProducerSnapshots snapshots = new ProducerSnapshots(disk);
    if (!state.segments().isPersisted() || !snapshots.exists(end)) {
      state.segments().persist(snapshots);
      snapshots.write(end, new ProducerSnapshot(end, state.producers()).encode());
      snapshots.retain(state.segments().neededSnapshots());
      disk.forceDirectory();
    }
    state.durableUpTo(end);
  }

  /**
   * Closes the files and writes nothing: the disk has failed, or the log is to be deleted. Waits
   * for nothing: a task that is running then fails, as on a disk that failed. So none must be, but
   * on such a disk.
   */
  public void abandon() {
    guard.advance();
    state.segments().close();
  }

  @Override
  public String toString() {
    return "PartitionLog[" + state.name() + ", " + logStartOffset() + "-" + logEndOffset() + "]";
  }
}
