package io.millrace.broker.log;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.record.EmptyBatches;
import io.millrace.common.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;

/**
 * Says whether a batch of the leader's log follows here. What the CRC does not cover, base offset
 * and leader epoch, shows in the order of the batches alone (S25).
 */
final class ReplicatedBatch {
  private ReplicatedBatch() {}

  /** See {@link PartitionLog#whyNotNext}. */
  static Optional<MillraceError> whyNotNext(RecordBatch batch, LogState log, int leaderEpoch) {
    if (batch.lastOffsetDelta() < 0) {
      return corrupt("last_offset_delta", batch.lastOffsetDelta(), ">= 0");
    }
    if (batch.baseOffset() != log.logEndOffset()
        && !holdsStartOfEmptyLog(batch, log)
        && !isGapAround(batch, log.logEndOffset())) {
      return corrupt("base_offset", batch.baseOffset(), log.logEndOffset() + ", the log end");
    }
    int last = log.lastBatchEpoch().orElse(0);
    if (batch.leaderEpoch() < last || batch.leaderEpoch() > leaderEpoch) {
      return corrupt("leader_epoch", batch.leaderEpoch(), "[" + last + ", " + leaderEpoch + "]");
    }
    return Optional.empty();
  }

  /** Whether the log has no batch at all and begins within this one. */
  static boolean holdsStartOfEmptyLog(RecordBatch batch, LogState log) {
    SegmentList segments = log.segments();
    return batch.baseOffset() < log.logEndOffset()
        && batch.lastOffset() >= log.logEndOffset()
        && segments.sealed().isEmpty()
        && segments.writer().view().size() == 0;
  }

  /**
   * Whether the batch stands for offsets whose records compaction removed at the leader, some of
   * which this log has: compaction there has put gaps together that were batches when this log took
   * them. What it lacks of it has no records, so that {@link #restOfGap} may follow.
   */
  static boolean isGapAround(RecordBatch batch, long logEndOffset) {
    return batch.isGap() && batch.baseOffset() < logEndOffset && batch.lastOffset() >= logEndOffset;
  }

  /** The part of a gap from an offset on. */
  static ByteBuffer restOfGap(RecordBatch gap, long offset) {
    return EmptyBatches.gap(offset, gap.lastOffset(), gap.leaderEpoch());
  }

  private static Optional<MillraceError> corrupt(String field, long found, String expected) {
    return Optional.of(
        new MillraceError(
            ErrorCode.CORRUPT_BATCH,
            "replicated batch: " + field + ": " + found + " (expected: " + expected + ")",
            Map.of(field, Long.toString(found), "expected", expected)));
  }
}
