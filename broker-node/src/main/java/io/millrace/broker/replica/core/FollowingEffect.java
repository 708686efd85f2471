package io.millrace.broker.replica.core;

/** What a follower wants of its leader and done to its log. */
public sealed interface FollowingEffect extends Effect {
  /**
   * Ask the leader for its batches; earlier attempts are over. Whoever carries this out waits
   * between attempts that fail.
   *
   * @param attempt names this attempt: larger than all before of this partition and process
   * @param leaderId the leader's broker
   * @param leaderEpoch its epoch
   * @param position where this log ends
   * @param lastEpoch the leader epoch of the last batch, -1 if the log is empty
   */
  record Subscribe(long attempt, int leaderId, int leaderEpoch, long position, int lastEpoch)
      implements FollowingEffect {}

  /**
   * Give up a subscription or an attempt; nothing of it is listened to any more.
   *
   * @param attempt which
   */
  record Unsubscribe(long attempt) implements FollowingEffect {}

  /**
   * Tell the leader how far this log is. Only the newest one of a run need be told.
   *
   * @param attempt the accepted attempt
   * @param appended one past the last record
   * @param durable one past the last record that a loss of power leaves
   * @param logStart where the log begins, also after a loss of power
   */
  record Acknowledge(long attempt, long appended, long durable, long logStart)
      implements FollowingEffect {}

  /**
   * Append the batches as they are, then tell {@link FollowingEvent.Replicated}, or {@link
   * FollowingEvent.ReplicationRefused}.
   *
   * @param event what came
   */
  record AppendReplicated(FollowingEvent.ReplicatedBatches event) implements FollowingEffect {}

  /**
   * Cut the log, and what is known of the epochs at and above the offset, then tell {@link
   * FollowingEvent.Truncated}. Nothing else is told to the core between, but that it is closed or
   * its log directory failed.
   *
   * @param offset the first offset that goes; the log's end cuts epochs without batches only
   */
  record Truncate(long offset) implements FollowingEffect {}

  /**
   * Throw the log away and begin anew, then tell {@link FollowingEvent.Truncated}; as {@link
   * Truncate}.
   *
   * @param offset where it begins
   */
  record TruncateFullyAndStartAt(long offset) implements FollowingEffect {}
}
