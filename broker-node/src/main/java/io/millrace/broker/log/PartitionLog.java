package io.millrace.broker.log;

import io.millrace.broker.log.FlushTicket.PendingSnapshot;
import io.millrace.common.TopicPartition;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.time.Clock;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
  private static final Logger LOG = LoggerFactory.getLogger(PartitionLog.class);

  private final TopicPartition name;
  private final Clock clock;
  private final MapBudget budget;
  private final LogDisk disk;
  private final PartitionCheckpoints checkpoints;
  private final ProducerSnapshots snapshots;
  private final RecoveryResult recovery;
  private final LogTask.Guard guard = new LogTask.Guard();
  private LogConfig config;

  // Ascending, each ends where the next begins, the writer's segment comes after the last.
  private List<SegmentView> sealed;
  // Finished, but their indexes and checksums are not yet on disk; their views are in `sealed`.
  private final List<SegmentWriter> rolled = new ArrayList<>();
  private final List<PendingSnapshot> pendingSnapshots = new ArrayList<>();
  private SegmentWriter writer;
  private boolean namesChanged = true;

  // logStartOffset <= logEndOffset, durableOffset <= logEndOffset
  private long logStartOffset;
  private long durableOffset;
  private LeaderEpochCache epochs;
  private ProducerStateTable producers;
  private volatile LogSnapshot snapshot;

  /** Made and not handed back yet; its segments are in `sealed` until then. */
  private Optional<LogStartMove> move = Optional.empty();

  private PartitionLog(LogOpening opening, LogDisk disk, LoadedLog loaded) {
    this.name = opening.name();
    this.clock = opening.clock();
    this.budget = opening.budget();
    this.config = opening.config();
    this.disk = disk;
    this.checkpoints = new PartitionCheckpoints(disk);
    this.snapshots = new ProducerSnapshots(disk);
    this.recovery = loaded.recovery();
    this.sealed = loaded.sealed();
    this.writer = loaded.writer();
    this.logStartOffset = loaded.logStartOffset();
    this.durableOffset = loaded.durableOffset();
    this.epochs = loaded.epochs();
    this.producers = loaded.producers();
    this.snapshot = takeSnapshot();
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
    return logStartOffset;
  }

  /** The offset after the last record: the next one's. */
  public long logEndOffset() {
    return writer.endOffset();
  }

  /** Everything below it is known to be durable. */
  public long durableOffset() {
    return durableOffset;
  }

  /** Where a recovery would have to begin to check: note it in the log directory's checkpoint. */
  public long recoveryPoint() {
    return durableOffset;
  }

  /** The idempotent producers. */
  public ProducerStateTable producers() {
    return producers;
  }

  /** Which leader epochs wrote the log. */
  public LeaderEpochCache leaderEpochs() {
    return epochs;
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
    return snapshot;
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
    if (writer.mustRollBefore(header, config)) {
      roll();
    }
    requireEpoch(header.leaderEpoch());
    writer.append(batch, header, config.indexIntervalBytes());
    producers.update(header, clock.wallMs());
    publish();
  }

  private void requireEpoch(int epoch) {
    if (epochs.latestEpoch().orElse(-1) != epoch) {
      throw new IllegalArgumentException(
          "[%s] leader epoch: %d (expected: %d, the newest that has begun)"
              .formatted(name, epoch, epochs.latestEpoch().orElse(-1)));
    }
  }

  private void requireFollows(RecordBatch batch, int bytes) {
    if (batch.sizeInBytes() != bytes || batch.lastOffsetDelta() < 0) {
      throw new IllegalArgumentException(
          "["
              + name
              + "] batch of "
              + bytes
              + " bytes: "
              + batch
              + " (expected: exactly one batch)");
    }
    if (batch.baseOffset() != logEndOffset()) {
      throw new IllegalArgumentException(
          "["
              + name
              + "] baseOffset: "
              + batch.baseOffset()
              + " (expected: "
              + logEndOffset()
              + ")");
    }
  }

  /** Whether the epoch is newer than the newest, and must begin before it appends. */
  public boolean mustStartEpoch(int epoch) {
    return epoch > epochs.latestEpoch().orElse(-1);
  }

  /**
   * Begins a leader epoch at the log end.
   *
   * @throws IllegalArgumentException if it is not newer than the newest
   * @throws LogDirException if the disk has failed
   */
  public EpochStart prepareEpoch(int epoch) {
    disk.requireUsable();
    if (!mustStartEpoch(epoch)) {
      throw new IllegalArgumentException(
          "[%s] leader epoch: %d (expected: > %d)"
              .formatted(name, epoch, epochs.latestEpoch().orElse(-1)));
    }
    return new EpochStart(guard, disk, epochs.assign(epoch, logEndOffset()));
  }

  /** Takes note of an epoch that has begun. */
  public void epochStarted(EpochStart start) {
    if (start.isCurrent()) {
      requireAtEnd(start.epochs());
      epochs = start.epochs();
      publish();
    }
  }

  private void requireAtEnd(LeaderEpochCache started) {
    List<LeaderEpochCache.Entry> entries = started.entries();
    long startOffset = entries.get(entries.size() - 1).startOffset();
    if (startOffset != logEndOffset()) {
      throw new IllegalStateException(
          "[%s] log end: %d (expected: %d, where the epoch begins)"
              .formatted(name, logEndOffset(), startOffset));
    }
  }

  /** Ends the last segment and begins another. */
  private void roll() {
    long base = logEndOffset();
    pendingSnapshots.add(new PendingSnapshot(base, new ProducerSnapshot(base, producers).encode()));
    writer.finish();
    SegmentWriter next = SegmentWriter.create(disk, budget, base);
    rolled.add(writer);
    List<SegmentView> views = new ArrayList<>(sealed);
    views.add(writer.view());
    sealed = List.copyOf(views);
    writer = next;
    namesChanged = true;
  }

  /** Whether a segment was rolled since the last flush, which keeps its indexes on the heap. */
  public boolean hasRolledUnflushed() {
    return !rolled.isEmpty();
  }

  /**
   * A flush of everything appended so far, for the flush thread.
   *
   * @throws LogDirException if the disk has failed
   */
  public FlushTicket prepareFlush() {
    disk.requireUsable();
    FlushTicket.Work work =
        new FlushTicket.Work(
            logEndOffset(),
            List.copyOf(rolled),
            writer,
            List.copyOf(pendingSnapshots),
            namesChanged);
    namesChanged = false;
    return new FlushTicket(guard, disk, snapshots, work);
  }

  /** Takes note of a flush that has run. One that was overtaken by a cut says nothing. */
  public void flushed(FlushTicket ticket) {
    if (!ticket.isCurrent()) {
      return;
    }
    FlushTicket.Work work = ticket.flushed();
    durableOffset = Math.max(durableOffset, work.endOffset());
    for (SegmentWriter done : work.rolled()) {
      if (rolled.remove(done)) {
        done.segment().seal();
      }
    }
    pendingSnapshots.removeAll(work.producers());
  }

  /**
   * Cuts off the batches with records at or above an offset; nothing happens if there are none. A
   * batch that begins below it and ends above goes as a whole. The caller has lowered the
   * checkpointed recovery point before, else the next recovery takes the cut for a loss.
   *
   * @throws LogDirException if the disk fails
   */
  public void truncateTo(long offset) {
    disk.requireUsable();
    if (offset >= logEndOffset()) {
      return;
    }
    settleMove();
    if (offset <= logStartOffset) {
      truncateFullyAndStartAt(offset);
      return;
    }
    OffsetIndex.IndexedPosition end = snapshot.batchHolding(offset);
    if (end.offset() <= logStartOffset) {
      truncateFullyAndStartAt(logStartOffset);
      return;
    }
    LOG.info("[{}] truncating to {} (log end: {})", name, offset, logEndOffset());
    synchronized (guard) {
      guard.advance();
      List<SegmentView> kept = dropSegmentsAbove(offset);
      SegmentView target = kept.remove(kept.size() - 1);
      sealed = List.copyOf(kept);
      writer = cut(target, end.position());
      durableOffset = Math.min(durableOffset, logEndOffset());
      replaceEpochs(epochs.truncateFromEnd(logEndOffset()));
      kept.add(writer.view());
      producers =
          snapshots.restore(List.copyOf(kept), producers.batchesPerProducer(), clock.wallMs());
      // Before anything is appended: a producer snapshot of what was cut must not come back.
      disk.forceDirectory();
    }
    publish();
  }

  /** Deletes the segments that begin above the offset. The last one left is taken from `rolled`. */
  private List<SegmentView> dropSegmentsAbove(long offset) {
    List<SegmentView> all = new ArrayList<>(sealed);
    all.add(writer.view());
    List<SegmentView> kept = new ArrayList<>();
    for (SegmentView view : all) {
      if (view.baseOffset() > offset) {
        view.segment().delete();
      } else {
        kept.add(view);
      }
    }
    long lastBase = kept.get(kept.size() - 1).baseOffset();
    rolled.removeIf(each -> each.baseOffset() >= lastBase);
    pendingSnapshots.removeIf(each -> each.offset() > lastBase);
    return kept;
  }

  private SegmentWriter cut(SegmentView target, int position) {
    SegmentWriter.ScanPlan plan =
        new SegmentWriter.ScanPlan(
            position,
            Long.MAX_VALUE,
            epochs,
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

  /**
   * Throws everything away and begins anew at an offset.
   *
   * @throws LogDirException if the disk fails
   */
  public void truncateFullyAndStartAt(long offset) {
    disk.requireUsable();
    settleMove();
    LOG.info("[{}] beginning anew at {} (log end: {})", name, offset, logEndOffset());
    synchronized (guard) {
      guard.advance();
      checkpoints.writeLogStart(offset);
      sealed.forEach(view -> view.segment().delete());
      writer.segment().delete();
      snapshots.retain(Set.of());
      sealed = List.of();
      rolled.clear();
      pendingSnapshots.clear();
      writer = SegmentWriter.create(disk, budget, offset);
      logStartOffset = offset;
      durableOffset = offset;
      replaceEpochs(LeaderEpochCache.EMPTY);
      producers = new ProducerStateTable(producers.batchesPerProducer());
      disk.forceDirectory();
    }
    publish();
  }

  /**
   * Makes everything below an offset invisible. The space comes back by {@link #prepareRetention}.
   * At most one move is under way at a time.
   *
   * @throws IllegalArgumentException if the offset is not above the log start, or above the log end
   * @throws LogDirException if the disk has failed
   */
  public LogStartMove prepareLogStart(long offset) {
    if (offset <= logStartOffset || offset > logEndOffset()) {
      throw new IllegalArgumentException(
          "[%s] logStartOffset: %d (expected: [%d, %d])"
              .formatted(name, offset, logStartOffset + 1, logEndOffset()));
    }
    return prepareMove(offset, List.of());
  }

  private LogStartMove prepareMove(long offset, List<SegmentView> leaving) {
    disk.requireUsable();
    LogStartMove next = new LogStartMove(guard, disk, offset, offset > logStartOffset, leaving);
    move = Optional.of(next);
    return next;
  }

  /**
   * Takes note of a move that has run.
   *
   * @return the segments that left the log: to be deleted after {@code file.delete.delay.ms},
   *     oldest first
   */
  public List<DetachedSegment> logStartMoved(LogStartMove moved) {
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
    logStartOffset = Math.max(logStartOffset, moved.logStartOffset());
    // Not written: the next opening trims the checkpoint to the log start by itself.
    epochs = epochs.truncateFromStart(logStartOffset);
    sealed = List.copyOf(sealed.subList(moved.leaving().size(), sealed.size()));
    publish();
    if (!moved.leaving().isEmpty()) {
      LOG.info(
          "[{}] {} segments below {} are deleted", name, moved.leaving().size(), logStartOffset);
    }
  }

  /** Before the log is cut: a move that has run counts, one that has not never will. */
  private void settleMove() {
    synchronized (guard) {
      move.filter(LogTask::isDone).ifPresent(this::takeNoteOf);
      move = Optional.empty();
    }
  }

  private void replaceEpochs(LeaderEpochCache next) {
    if (!next.equals(epochs)) {
      checkpoints.writeLeaderEpochs(next);
      epochs = next;
    }
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
    disk.requireUsable();
    if (input.timeTrusted()) {
      producers.expire(input.wallMs(), config.producerIdExpirationMs());
    }
    Retention retention = new Retention(snapshot, config, input);
    if (retention.activeIsExpired()) {
      roll();
      publish();
    }
    int count = retention.expiredSegments();
    if (count == 0) {
      return Optional.empty();
    }
    long newStart = count < sealed.size() ? sealed.get(count).baseOffset() : writer.baseOffset();
    return Optional.of(prepareMove(Math.max(logStartOffset, newStart), sealed.subList(0, count)));
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
    boolean untouched = rolled.isEmpty() && writer.isPersisted() && snapshots.exists(end);
    if (!untouched) {
      rolled.forEach(SegmentWriter::persist);
      rolled.clear();
      writer.finish();
      writer.persist();
      pendingSnapshots.forEach(each -> snapshots.write(each.offset(), each.encoded()));
      pendingSnapshots.clear();
      snapshots.write(end, new ProducerSnapshot(end, producers).encode());
      snapshots.retain(neededSnapshots());
      disk.forceDirectory();
    }
    durableOffset = end;
  }

  private Set<Long> neededSnapshots() {
    Set<Long> needed = new HashSet<>();
    sealed.forEach(view -> needed.add(view.baseOffset()));
    needed.add(writer.baseOffset());
    needed.add(logEndOffset());
    return needed;
  }

  /**
   * Closes the files and writes nothing: the disk has failed, or the log is to be deleted. Waits
   * for nothing: a task that is running then fails, as on a disk that failed. So none must be, but
   * on such a disk.
   */
  public void abandon() {
    guard.advance();
    sealed.forEach(view -> view.segment().close());
    writer.segment().close();
  }

  private void publish() {
    if (logStartOffset > logEndOffset() || durableOffset > logEndOffset()) {
      throw new IllegalStateException(
          "["
              + name
              + "] log start: "
              + logStartOffset
              + ", durable: "
              + durableOffset
              + " (expected: <= log end "
              + logEndOffset()
              + ")");
    }
    snapshot = takeSnapshot();
  }

  private LogSnapshot takeSnapshot() {
    return new LogSnapshot(disk, sealed, writer.view(), logStartOffset, epochs);
  }

  @Override
  public String toString() {
    return "PartitionLog[" + name + ", " + logStartOffset + "-" + logEndOffset() + "]";
  }
}
