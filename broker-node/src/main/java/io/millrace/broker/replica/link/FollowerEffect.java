package io.millrace.broker.replica.link;

import io.millrace.broker.replica.core.FollowingEvent;
import io.millrace.common.TopicIdPartition;

/** What a {@link FollowerLink} wants done, in this order. */
public sealed interface FollowerEffect {
  /**
   * Open a stream to the leader's broker. It counts as open at once; if it can't be opened, that is
   * {@link FollowerLink#lost}.
   *
   * @param stream names it from now on
   */
  record Connect(long stream) implements FollowerEffect {}

  /**
   * End the stream; what comes of it later is dropped.
   *
   * @param why for the log
   */
  record Disconnect(long stream, String why) implements FollowerEffect {}

  /** Send a frame. */
  record Send(long stream, FollowerFrame frame) implements FollowerEffect {}

  /** Tell the partition. */
  record Tell(TopicIdPartition partition, FollowingEvent event) implements FollowerEffect {}

  /** Records that nobody wants: free them, and tell {@link FollowerLink#used} as always. */
  record Drop(ReplicaRecords records) implements FollowerEffect {}
}
