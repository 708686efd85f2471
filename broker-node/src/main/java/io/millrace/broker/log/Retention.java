package io.millrace.broker.log;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides which of the oldest segments of a log are not kept any longer (S27, S30): those below the
 * log start and, unless the log is only compacted, those whose largest timestamp is older than
 * {@code retention.ms}, and those without which at least {@code retention.bytes} are left. Never
 * one with records at or above the high watermark, never one that is not complete on disk.
 * Stateless.
 */
final class Retention {
  private static final Logger LOG = LoggerFactory.getLogger(Retention.class);

  private final LogSnapshot log;
  private final LogConfig config;
  private final RetentionInput input;

  Retention(LogSnapshot log, LogConfig config, RetentionInput input) {
    this.log = log;
    this.config = config;
    this.input = input;
  }

  /** How many segments from the oldest on are to go. */
  int expiredSegments() {
    List<SegmentView> sealed = log.sealed();
    long bytesLeft = log.sizeInBytes();
    int count = 0;
    for (int i = 0; i < sealed.size(); i++) {
      SegmentView view = sealed.get(i);
      bytesLeft -= view.size();
      if (!view.segment().isSealed() || view.endOffset() > input.highWatermark()) {
        break;
      }
      if (mustGo(view, bytesLeft)) {
        count = i + 1;
      } else if (!isEmptied(view)) {
        break;
      }
    }
    return count;
  }

  private boolean mustGo(SegmentView view, long bytesLeft) {
    boolean belowStart = view.endOffset() <= log.logStartOffset();
    boolean tooMuch = config.retentionBytes() >= 0 && bytesLeft >= config.retentionBytes();
    return belowStart || (config.compaction().delete() && (tooMuch || isExpired(view)));
  }

  /**
   * Whether compaction has left no record, now or before the topic's policy changed: such a segment
   * goes with the next one that goes.
   */
  private boolean isEmptied(SegmentView view) {
    return config.compaction().delete() && largestTimestampMs(view) < 0 && !hasRecords(view);
  }

  private boolean hasRecords(SegmentView view) {
    try {
      return log.hasRecords(view);
    } catch (CorruptBatchException corrupt) {
      LOG.warn("whether it has records is not known: {}", corrupt.getMessage());
      return true;
    }
  }

  /** Whether even the last segment is expired by time, so that it must be rolled to go. */
  boolean activeIsExpired() {
    SegmentView active = log.active();
    return config.compaction().delete()
        && active.size() > 0
        && active.endOffset() <= input.highWatermark()
        && isExpired(active)
        && log.sealed().stream().allMatch(view -> isExpired(view) || isEmptied(view));
  }

  private boolean isExpired(SegmentView view) {
    if (config.retentionMs() < 0 || !input.timeTrusted()) {
      return false;
    }
    long largestMs = largestTimestampMs(view);
    // Records without a timestamp have no age.
    return largestMs >= 0 && input.wallMs() - largestMs > config.retentionMs();
  }

  /** The largest of a segment; as large as can be if it can't be told. */
  private long largestTimestampMs(SegmentView view) {
    try {
      return log.largestTimestampMs(view, view.endOffset());
    } catch (CorruptBatchException corrupt) {
      LOG.warn("its age is not known: {}", corrupt.getMessage());
      return Long.MAX_VALUE;
    }
  }
}
