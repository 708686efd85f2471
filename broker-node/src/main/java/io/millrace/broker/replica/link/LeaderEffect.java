package io.millrace.broker.replica.link;

import io.millrace.broker.replica.core.LeadingEvent;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;

/** What a {@link LeaderLink} wants done, in this order. */
public sealed interface LeaderEffect {
  /**
   * Tell the partition.
   *
   * @param subscription on whose behalf; if the partition is not here, {@link LeaderLink#answered}
   *     with a refusal
   */
  record Tell(long subscription, TopicIdPartition partition, LeadingEvent event)
      implements LeaderEffect {}

  /** From now on call {@link LeaderLink#advanced} when the partition's log or standing changes. */
  record Watch(long subscription, TopicIdPartition partition) implements LeaderEffect {}

  /** Not any more. */
  record Unwatch(long subscription) implements LeaderEffect {}

  /**
   * Read records: {@link LeaderRead#carryOut} on a thread that may wait for that directory's disk
   * and that no other directory's read waits for, then {@link LeaderLink#read}.
   */
  record Read(LeaderRead read) implements LeaderEffect {}

  /** Records that won't be sent: free them. */
  record Drop(ReplicaRecords records) implements LeaderEffect {}

  /** End the stream; nothing comes of this link any more. */
  record EndStream(MillraceError why) implements LeaderEffect {}
}
