package io.millrace.broker.replica.link;

import io.millrace.broker.replica.core.ReplicatedToken;

/**
 * Whole batches of one partition on their way from the leader's log to the follower's. Links never
 * look into them.
 */
public interface ReplicaRecords extends ReplicatedToken {
  /** How many bytes there are: what they cost in credits. */
  int bytes();
}
