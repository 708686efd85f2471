package io.millrace.broker.replica.core;

import io.millrace.common.MillraceError;
import java.util.Optional;

/**
 * What a follower hears of its leader and of its own log. Those that name an attempt are ignored
 * unless it is the newest one, as {@link FollowingEffect.Subscribe} told it.
 */
public sealed interface FollowingEvent extends PartitionEvent {
  /**
   * The leader accepted the subscription.
   *
   * @param attempt which
   * @param highWatermark the leader's
   * @param logStartOffset the leader's
   */
  record Subscribed(long attempt, long highWatermark, long logStartOffset)
      implements FollowingEvent {}

  /**
   * The leader's log goes another way (KIP-101, KIP-279). The attempt is over.
   *
   * @param attempt which
   * @param epoch the largest epoch, not above this log's last one, that the leader knows
   * @param endOffset where that epoch ends in the leader's log
   */
  record Diverged(long attempt, int epoch, long endOffset) implements FollowingEvent {}

  /**
   * What would follow is gone from the leader's log. The attempt is over.
   *
   * @param attempt which
   * @param offset where this log is to begin anew
   */
  record StartAt(long attempt, long offset) implements FollowingEvent {}

  /**
   * The attempt failed or the subscription ended; there will be another one.
   *
   * @param attempt which
   * @param why what the leader said; empty if the connection was lost
   */
  record SubscriptionEnded(long attempt, Optional<MillraceError> why) implements FollowingEvent {}

  /**
   * Batches of the leader's log.
   *
   * @param attempt the accepted attempt
   * @param prevEndOffset where they go on: this log's end
   * @param highWatermark the leader's
   * @param logStartOffset the leader's
   * @param batches names the bytes
   */
  record ReplicatedBatches(
      long attempt,
      long prevEndOffset,
      long highWatermark,
      long logStartOffset,
      ReplicatedToken batches)
      implements FollowingEvent {}

  /**
   * The leader's offsets moved without records that go with it (S04).
   *
   * @param attempt the accepted attempt
   * @param highWatermark the leader's
   * @param logStartOffset the leader's
   */
  record WatermarksMoved(long attempt, long highWatermark, long logStartOffset)
      implements FollowingEvent {}

  /**
   * {@link FollowingEffect.AppendReplicated} was carried out, or a part of it that ends with a
   * whole batch; the rest comes as another {@link ReplicatedBatches}.
   *
   * @param logEndOffset one past the last record
   */
  record Replicated(long logEndOffset) implements FollowingEvent {}

  /**
   * Batches that came were not what can follow (S25); nothing of the bad one was appended.
   *
   * @param error what was wrong
   */
  record ReplicationRefused(MillraceError error) implements FollowingEvent {}

  /**
   * {@link FollowingEffect.Truncate} or {@link FollowingEffect.TruncateFullyAndStartAt} was carried
   * out.
   *
   * @param logStartOffset the first offset that may be read
   * @param logEndOffset one past the last record
   */
  record Truncated(long logStartOffset, long logEndOffset) implements FollowingEvent {}
}
