package io.millrace.broker.log;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides which of the oldest segments of a log are not kept any longer (S27, S30): those below the
 * log start, those whose largest timestamp is older than {@code retention.ms}, and those without
 * which at least {@code retention.bytes} are left. Never one with records at or above the high
 * watermark, never one that is not complete on disk. Stateless.
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
    for (SegmentView view : sealed) {
      bytesLeft -= view.size();
      boolean mayGo = view.segment().isSealed() && view.endOffset() <= input.highWatermark();
      boolean tooMuch = config.retentionBytes() >= 0 && bytesLeft >= config.retentionBytes();
      boolean belowStart = view.endOffset() <= log.logStartOffset();
      if (!mayGo || !(belowStart || tooMuch || isExpired(view))) {
        break;
      }
      count++;
    }
    return count;
  }

  /** Whether even the last segment is expired by time, so that it must be rolled to go. */
  boolean activeIsExpired() {
    SegmentView active = log.active();
    return active.size() > 0
        && active.endOffset() <= input.highWatermark()
        && isExpired(active)
        && log.sealed().stream().allMatch(this::isExpired);
  }

  private boolean isExpired(SegmentView view) {
    if (config.retentionMs() < 0 || !input.timeTrusted()) {
      return false;
    }
    try {
      long largestMs = log.largestTimestampMs(view, view.endOffset());
      // Records without a timestamp have no age.
      return largestMs >= 0 && input.wallMs() - largestMs > config.retentionMs();
    } catch (CorruptBatchException corrupt) {
      LOG.warn("its age is not known: {}", corrupt.getMessage());
      return false;
    }
  }
}
