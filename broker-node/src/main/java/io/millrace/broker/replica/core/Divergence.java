package io.millrace.broker.replica.core;

import io.millrace.common.OffsetAndEpoch;
import java.util.Optional;

/**
 * Finds where two logs part, by leader epochs alone (S12, KIP-101, KIP-279): the high watermark of
 * neither says anything about that.
 */
final class Divergence {
  private Divergence() {}

  /**
   * What a leader answers a follower by their logs.
   *
   * @param leader the leader's state
   * @param log what the leader's log remembers
   * @param position where the follower's log ends
   * @param lastEpoch the epoch of the follower's last batch, -1 if it has none
   */
  static SubscribeAnswer answer(
      PartitionState leader, LogMemory log, long position, int lastEpoch) {
    boolean empty = lastEpoch < 0;
    // What ends where the leader's log begins can't be compared: it may be of another leader.
    boolean comparable = empty || position == 0 || position > leader.logStartOffset();
    if (position < leader.logStartOffset()
        || !comparable
        || (empty && position > leader.logEndOffset())) {
      return new SubscribeAnswer.StartAt(leader.logStartOffset());
    }
    OffsetAndEpoch end = endOf(log, lastEpoch, leader.logEndOffset());
    if (empty || (end.leaderEpoch() == lastEpoch && position <= end.offset())) {
      return new SubscribeAnswer.Accepted(leader.highWatermark(), leader.logStartOffset());
    }
    return new SubscribeAnswer.Diverged(end.leaderEpoch(), end.offset());
  }

  private static OffsetAndEpoch endOf(LogMemory log, int epoch, long logEndOffset) {
    int latest = log.latestEpoch();
    // A log without epochs has no batches, so nothing of it can contradict the follower's.
    return log.endOffsetFor(epoch)
        .orElseGet(() -> new OffsetAndEpoch(logEndOffset, latest < 0 ? epoch : latest));
  }

  /**
   * Where a follower cuts its log: the first offset that the leader can't have alike.
   *
   * @param log what the follower's log remembers
   * @param logEndOffset where it ends
   * @param epoch the epoch that the leader answered, not above the follower's last one
   * @param endOffset where that epoch ends in the leader's log
   */
  static long cutOffset(LogMemory log, long logEndOffset, int epoch, long endOffset) {
    Optional<OffsetAndEpoch> own = log.endOffsetFor(epoch);
    return Math.min(endOffset, own.map(OffsetAndEpoch::offset).orElse(logEndOffset));
  }
}
