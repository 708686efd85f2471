package io.millrace.client.internal;

import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.proto.v1.HeartbeatRequest;
import io.millrace.proto.v1.LeaveGroupRequest;
import java.util.Set;

/** What a {@link GroupMembership} wants done. */
sealed interface MemberAction {
  /**
   * A stream to the coordinator, whoever that is now; the one before is given up.
   *
   * @param stream its number
   * @param first its first frame
   */
  record Open(long stream, HeartbeatRequest first) implements MemberAction {}

  /** A frame on the stream. */
  record Send(HeartbeatRequest heartbeat) implements MemberAction {}

  /** The stream is given up, as the coordinator says nothing. */
  record Abandon() implements MemberAction {}

  /** The membership is over: the coordinator is to know, and the stream ends. */
  record Leave(LeaveGroupRequest leave) implements MemberAction {}

  /** The consumer is to have these partitions, and no others. */
  record Assign(long incarnation, Set<TopicIdPartition> partitions) implements MemberAction {}

  /** The consumer has lost its partitions, and is to say so when it has dropped them. */
  record Lose(MillraceException why) implements MemberAction {}

  /** Every poll is to throw this. */
  record Fail(MillraceException why) implements MemberAction {}

  /** One poll is to throw this; it is tried again. */
  record Report(MillraceException why) implements MemberAction {}
}
