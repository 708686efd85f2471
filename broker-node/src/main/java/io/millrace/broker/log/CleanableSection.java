package io.millrace.broker.log;

import java.util.List;

/**
 * What of a log may be cleaned at a moment: whole segments from its start on that are complete on
 * disk and below the bound, and not too young (KIP-58). Immutable.
 *
 * @param segments they, ascending
 * @param firstDirtyOffset compaction has seen everything below it
 * @param cleanBytes the bytes of the segments that end at or below that
 * @param dirtyBytes the bytes of the others
 * @param overdue whether some record of those was left alone for longer than {@code
 *     max.compaction.lag.ms} (KIP-354)
 */
public record CleanableSection(
    List<SegmentView> segments,
    long firstDirtyOffset,
    long cleanBytes,
    long dirtyBytes,
    boolean overdue) {
  public CleanableSection {
    segments = List.copyOf(segments);
  }

  /**
   * Looks at a log. Reads a few headers.
   *
   * @param config the log's settings
   * @param bound nothing at or above it is cleaned: the high watermark
   * @param nowMs the wall clock, which must be trusted, ms since 1970 UTC
   * @throws CorruptBatchException if a batch on the way is corrupt
   * @throws StaleSnapshotException if a segment was cut or deleted meanwhile
   * @throws LogDirException if the disk fails
   */
  public static CleanableSection of(LogSnapshot log, LogConfig config, long bound, long nowMs) {
    CompactionConfig compaction = config.compaction();
    long firstDirty = Math.max(log.cleanedOffset(), log.logStartOffset());
    List<SegmentView> sealed = log.sealed();
    long clean = 0;
    long dirty = 0;
    boolean overdue = false;
    int count = 0;
    for (SegmentView view : sealed) {
      boolean isDirty = view.endOffset() > firstDirty;
      if (!view.isWhole()
          || view.endOffset() > bound
          || (isDirty && isTooYoung(log, view, compaction, nowMs))) {
        break;
      }
      if (isDirty) {
        dirty += view.size();
        overdue = overdue || isOld(log, view, compaction, nowMs);
      } else {
        clean += view.size();
      }
      count++;
    }
    return new CleanableSection(sealed.subList(0, count), firstDirty, clean, dirty, overdue);
  }

  private static boolean isTooYoung(
      LogSnapshot log, SegmentView view, CompactionConfig compaction, long nowMs) {
    return compaction.minCompactionLagMs() > 0
        && log.largestTimestampMs(view, view.endOffset()) > nowMs - compaction.minCompactionLagMs();
  }

  private static boolean isOld(
      LogSnapshot log, SegmentView view, CompactionConfig compaction, long nowMs) {
    if (compaction.maxCompactionLagMs() == Long.MAX_VALUE) {
      return false;
    }
    long firstMs = log.firstTimestampMs(view);
    return firstMs >= 0 && nowMs - firstMs > compaction.maxCompactionLagMs();
  }

  /**
   * Whether the last segment must be rolled, or a record in it would be left alone for too long.
   */
  public static boolean isOverdue(LogSnapshot log, LogConfig config, long nowMs) {
    return config.compaction().compact()
        && log.active().size() > 0
        && isOld(log, log.active(), config.compaction(), nowMs);
  }

  /** The share of the bytes that was appended since the last cleaning, from 0 to 1. */
  public double dirtyRatio() {
    long all = cleanBytes + dirtyBytes;
    return all == 0 ? 0 : (double) dirtyBytes / all;
  }

  /** Whether the log is to be cleaned now. */
  public boolean isDue(LogConfig config) {
    return dirtyBytes > 0
        && (overdue || dirtyRatio() > config.compaction().minCleanableDirtyRatio());
  }

  /** The offsets that were appended since the last cleaning and may be cleaned. */
  public long dirtyOffsets() {
    return segments.isEmpty()
        ? 0
        : Math.max(0, segments.get(segments.size() - 1).endOffset() - firstDirtyOffset);
  }

  /** Whether nothing of it was cut or deleted since. */
  public boolean stands() {
    return segments.stream().allMatch(SegmentView::isWhole);
  }
}
