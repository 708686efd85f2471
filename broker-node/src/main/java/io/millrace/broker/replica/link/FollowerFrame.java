package io.millrace.broker.replica.link;

import io.millrace.common.TopicIdPartition;
import java.util.List;

/** What a follower sends; {@code replicate.proto} says what each means. */
public sealed interface FollowerFrame {
  /**
   * The first frame of a stream.
   *
   * @param followerId the follower's broker
   * @param followerEpoch its registration
   * @param leaderId the broker that is meant to lead
   * @param creditBytes bytes of records that may be sent at first
   * @param maxFrameBytes the most bytes of records in one frame, but for a single larger batch
   * @param catchesUp whether it is for partitions that are far behind
   */
  record Open(
      int followerId,
      long followerEpoch,
      int leaderId,
      long creditBytes,
      int maxFrameBytes,
      boolean catchesUp)
      implements FollowerFrame {}

  /**
   * Follows a partition.
   *
   * @param attempt larger with each one on the stream
   * @param partition which
   * @param leaderEpoch the leader epoch that is followed
   * @param position where the follower's log ends
   * @param lastEpoch the epoch of its last batch, or -1
   */
  record Subscribe(
      long attempt, TopicIdPartition partition, int leaderEpoch, long position, int lastEpoch)
      implements FollowerFrame {}

  /** Follows a partition no more. */
  record Unsubscribe(long subscription) implements FollowerFrame {}

  /** How far the follower is. */
  record Positions(List<Position> positions) implements FollowerFrame {
    public Positions {
      positions = List.copyOf(positions);
    }
  }

  /**
   * How far the follower is in one partition.
   *
   * @param appended one past the last record in its log
   * @param durable one past the last record that it has synced
   * @param logStart where its log begins, or {@link
   *     io.millrace.broker.replica.core.LeadingEvent#LOG_START_UNTOLD}
   */
  record Position(long subscription, long appended, long durable, long logStart) {}

  /** Lets the leader send so many bytes more. */
  record Credits(long bytes) implements FollowerFrame {}

  /** The follower lives. */
  record Heartbeat() implements FollowerFrame {}
}
