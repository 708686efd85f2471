package io.millrace.broker.log;

import io.millrace.broker.log.clean.BatchCleaner;
import io.millrace.broker.log.clean.CleaningRules;
import io.millrace.broker.log.clean.KeyCollector;
import io.millrace.common.record.RecordFilter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One cleaning of one log (S32): reads what was appended since the last one into the offset map,
 * then rewrites the segments from the log's start on, group by group, each into one segment that is
 * no larger than {@code segment.bytes} allows. Reads a snapshot beside the log's writer and writes
 * files that count for nothing until the log takes them in. Confined to one thread; used once.
 *
 * <p>A group is taken in before the next one is written: so the older values of a key are durably
 * gone before the tombstone that came after them.
 */
public final class LogCleaning {
  private final LogSnapshot log;
  private final CleaningDisk disk;
  private final CleanableSection section;
  private final LogConfig config;
  private final CleaningOrder order;
  private final CleaningPace pace;
  private final SegmentPass pass;
  private @Nullable CleanedSegmentWriter writer;
  private long bytesBefore;
  private long bytesAfter;

  /**
   * A cleaning.
   *
   * @param log what is cleaned
   * @param section of that snapshot
   * @param pace holds it back, and ends it
   */
  public LogCleaning(
      LogSnapshot log,
      CleanableSection section,
      LogConfig config,
      CleaningOrder order,
      CleaningPace pace) {
    this.log = log;
    this.disk = new CleaningDisk(log.disk());
    this.section = section;
    this.config = config;
    this.order = order;
    this.pace = pace;
    this.pass = new SegmentPass(log.disk(), log.leaderEpochs(), pace);
  }

  /**
   * Cleans.
   *
   * @param sink takes each group in, or throws {@link CleaningEndedException}
   * @throws CleaningEndedException if it was told to end, or there is no room on the disk
   * @throws CorruptBatchException if a batch is not what was appended; the log stays as it was
   * @throws UncleanableLogException if it can't be done for another reason
   * @throws StaleSnapshotException if what is cleaned was cut or deleted
   * @throws LogDirException if the disk fails
   */
  public CleaningResult run(Consumer<CleanedGroup> sink) {
    KeyCollector keys = collectKeys();
    CleaningRules rules =
        new CleaningRules(
            keys.endOffset(),
            order.nowMs(),
            config.compaction().deleteRetentionMs(),
            order.lastOffsets());
    BatchCleaner cleaner =
        new BatchCleaner(
            rules, order.map(), new RecordFilter(order.maxDecompressedBytes()), this::write);
    List<List<SegmentView>> groups = groups(keys.endOffset());
    for (int i = 0; i < groups.size(); i++) {
      boolean last = i == groups.size() - 1;
      long cleanedOffset = last ? keys.endOffset() : log.cleanedOffset();
      sink.accept(clean(groups.get(i), cleaner, cleanedOffset));
    }
    return new CleaningResult(
        keys.endOffset(),
        bytesBefore,
        bytesAfter,
        cleaner.recordsRemoved(),
        order.map().size(),
        keys.isFull());
  }

  private KeyCollector collectKeys() {
    KeyCollector keys =
        new KeyCollector(order.map(), section.firstDirtyOffset(), order.maxDecompressedBytes());
    for (SegmentView view : section.segments()) {
      if (view.endOffset() > section.firstDirtyOffset() && !keys.isFull()) {
        pass.read(view, keys::take);
      }
    }
    if (keys.isFull() && keys.endOffset() == section.firstDirtyOffset()) {
      throw new UncleanableLogException(
          "the batch at offset %d has more keys than the %d that there is room for (expected: a larger log.cleaner.dedupe.buffer.size)"
              .formatted(keys.endOffset(), order.map().capacity()));
    }
    return keys;
  }

  /** Neighbours that fit into one segment, from those that begin below an offset. */
  private List<List<SegmentView>> groups(long endOffset) {
    List<List<SegmentView>> groups = new ArrayList<>();
    List<SegmentView> group = new ArrayList<>();
    long bytes = 0;
    for (SegmentView view : section.segments()) {
      if (view.baseOffset() >= endOffset) {
        break;
      }
      boolean fits =
          group.isEmpty()
              || (bytes + view.size() <= config.segmentBytes()
                  && view.endOffset() - group.get(0).baseOffset() <= Integer.MAX_VALUE);
      if (!fits) {
        groups.add(group);
        group = new ArrayList<>();
        bytes = 0;
      }
      group.add(view);
      bytes += view.size();
    }
    if (!group.isEmpty()) {
      groups.add(group);
    }
    return groups;
  }

  private CleanedGroup clean(List<SegmentView> group, BatchCleaner cleaner, long cleanedOffset) {
    long bytes = group.stream().mapToLong(SegmentView::size).sum();
    disk.requireRoom(bytes);
    SegmentFiles files = group.get(0).segment().files();
    CleanedSegmentWriter into =
        new CleanedSegmentWriter(disk, files, config.indexIntervalBytes(), pace);
    writer = into;
    CleanedSegment cleaned;
    try (into) {
      group.forEach(view -> pass.read(view, cleaner::take));
      cleaner.flush();
      cleaned = into.finish(group.get(group.size() - 1).endOffset());
    } catch (CorruptBatchException
        | UncleanableLogException
        | CleaningEndedException
        | StaleSnapshotException e) {
      into.discard();
      throw e;
    }
    bytesBefore += bytes;
    bytesAfter += cleaned.size();
    if (isUnchanged(group, cleaned)) {
      into.discard();
      return new CleanedGroup(List.of(), List.of(), cleanedOffset);
    }
    return new CleanedGroup(group, List.of(cleaned), cleanedOffset);
  }

  private void write(ByteBuffer batch) {
    if (writer == null) {
      throw new IllegalStateException("no segment is being written (expected: one)");
    }
    writer.add(batch);
  }

  private boolean isUnchanged(List<SegmentView> group, CleanedSegment cleaned) {
    Optional<SegmentChecksum> known =
        log.disk()
            .get(
                "read checksum of " + cleaned.files().log().getFileName(),
                () -> SealedIndexes.readChecksum(log.disk(), cleaned.files()));
    return group.size() == 1 && known.filter(sums -> sums.log().equals(cleaned.sum())).isPresent();
  }
}
