package io.millrace.broker.replica.core;

import io.millrace.common.Acks;
import io.millrace.common.MillraceError;

/**
 * What can happen to a partition: here what concerns it in every role; {@link LeadingEvent} and
 * {@link FollowingEvent} are the rest.
 */
public sealed interface PartitionEvent
    permits LeadingEvent,
        FollowingEvent,
        PartitionEvent.BecomeLeader,
        PartitionEvent.StateCommitted,
        PartitionEvent.BecomeFollower,
        PartitionEvent.Produce,
        PartitionEvent.RefuseFrame,
        PartitionEvent.ResumePipeline,
        PartitionEvent.ClosePipeline,
        PartitionEvent.Appended,
        PartitionEvent.Flushed,
        PartitionEvent.DeleteRecords,
        PartitionEvent.LogStartMoved,
        PartitionEvent.LogDamaged,
        PartitionEvent.SettingsChanged,
        PartitionEvent.Tick,
        PartitionEvent.Resign,
        PartitionEvent.LogDirOffline,
        PartitionEvent.Close {
  /** {@link Produce#pipeline} of a batch that came outside a stream. */
  long NO_PIPELINE = 0;

  /** {@link Produce#leaderEpoch} of a request that names none. */
  int ANY_EPOCH = -1;

  /**
   * This broker leads the partition as of a new leader epoch. What waits under an older epoch of
   * its own goes on waiting: the log was not cut.
   *
   * @param state the committed facts; this broker is in the ISR
   */
  record BecomeLeader(LeaderState state) implements PartitionEvent {}

  /**
   * ISR, min ISR or replicas changed under the same leader epoch. Ignored unless its partition
   * epoch is larger than the known one.
   *
   * @param state the committed facts
   */
  record StateCommitted(LeaderState state) implements PartitionEvent {}

  /**
   * Another broker leads the partition, as of this leader epoch. Ignored if the epoch is older than
   * the known one; of a known one only {@code inSync} counts.
   *
   * @param leaderId the leader's broker
   * @param leaderEpoch the epoch in which it leads
   * @param partitionEpoch the partition epoch at which that is committed
   * @param countedOn whether this replica is in sync then, or eligible to lead: what it has may not
   *     be given up
   * @param inSync whether it is in the committed ISR then: only such a replica serves readers
   */
  record BecomeFollower(
      int leaderId, int leaderEpoch, int partitionEpoch, boolean countedOn, boolean inSync)
      implements PartitionEvent {
    public BecomeFollower(int leaderId, int leaderEpoch, int partitionEpoch) {
      this(leaderId, leaderEpoch, partitionEpoch, true, true);
    }
  }

  /**
   * A batch to append.
   *
   * @param token names the request
   * @param batch the batch's facts
   * @param acks when to answer
   * @param leaderEpoch the epoch the client believes in, or {@link #ANY_EPOCH}
   * @param pipeline the ordered stream it came on, or {@link #NO_PIPELINE}
   * @param deadlineMs when to give up, on the clock of the events
   * @param logAppendTimeMs the broker's time that goes on the batch, or -1 for CreateTime
   */
  record Produce(
      RequestToken token,
      BatchFacts batch,
      Acks acks,
      int leaderEpoch,
      long pipeline,
      long deadlineMs,
      long logAppendTimeMs)
      implements PartitionEvent {
    Produce withoutPipeline() {
      return new Produce(token, batch, acks, leaderEpoch, NO_PIPELINE, deadlineMs, logAppendTimeMs);
    }
  }

  /**
   * A frame of a pipeline that was found bad before it came here. It is answered and stops its
   * pipeline in its place of the order.
   *
   * @param token names the request
   * @param pipeline the ordered stream it came on, or {@link #NO_PIPELINE}
   * @param baseSequence the frame's base sequence if that could be read, else -1
   * @param error what was found
   */
  record RefuseFrame(RequestToken token, long pipeline, int baseSequence, MillraceError error)
      implements PartitionEvent {}

  /**
   * The client goes on with a pipeline (S28b).
   *
   * @param pipeline the ordered stream
   * @param nextSequence the base sequence that its next frame has, -1 without a producer id
   */
  record ResumePipeline(long pipeline, int nextSequence) implements PartitionEvent {}

  /**
   * A pipeline ended; what it left behind is forgotten.
   *
   * @param pipeline the ordered stream
   */
  record ClosePipeline(long pipeline) implements PartitionEvent {}

  /**
   * The appends that end at or before the offset are in the log.
   *
   * @param logEndOffset one past the last record
   */
  record Appended(long logEndOffset) implements PartitionEvent {}

  /**
   * A flush ended well.
   *
   * @param durableOffset one past the last record that it covers
   */
  record Flushed(long durableOffset) implements PartitionEvent {}

  /**
   * Someone wants records gone.
   *
   * @param token names the request
   * @param beforeOffset the first offset to keep, or -1 for the high watermark
   * @param leaderEpoch the epoch the client believes in, or {@link #ANY_EPOCH}
   * @param deadlineMs when to give up waiting, on the clock of the events
   */
  record DeleteRecords(RequestToken token, long beforeOffset, int leaderEpoch, long deadlineMs)
      implements PartitionEvent {}

  /**
   * The log's start moved: {@link Effect.MoveLogStart} was carried out, or retention did it.
   *
   * @param logStartOffset the first offset that may be read
   */
  record LogStartMoved(long logStartOffset) implements PartitionEvent {}

  /**
   * A stored batch was found corrupt (S25): this replica vouches for nothing from there on. A
   * leader gives the leadership up to an in-sync replica, if there is one; a follower that nobody
   * counts on throws away what it has from there on, and fetches it again.
   *
   * @param offset where the batch begins; ignored if it is not in the log any more
   */
  record LogDamaged(long offset) implements PartitionEvent {}

  /**
   * The topic's settings changed.
   *
   * @param settings the new ones
   */
  record SettingsChanged(PartitionSettings settings) implements PartitionEvent {}

  /** Time passed; the timer that was set has run out, or not. */
  record Tick() implements PartitionEvent {}

  /**
   * Nobody leads the partition as far as this broker knows, or it must not take part in it now.
   *
   * @param refusal what waiting and later requests are told
   */
  record Resign(MillraceError refusal) implements PartitionEvent {}

  /**
   * The log directory failed. Whatever was in flight has an unknown fate on disk and is not
   * acknowledged.
   *
   * @param refusal what waiting and later requests are told
   */
  record LogDirOffline(MillraceError refusal) implements PartitionEvent {}

  /**
   * The partition was deleted here, or the broker stops.
   *
   * @param refusal what waiting and later requests are told
   */
  record Close(MillraceError refusal) implements PartitionEvent {}
}
