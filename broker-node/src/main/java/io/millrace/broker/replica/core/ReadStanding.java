package io.millrace.broker.replica.core;

import java.util.List;

/**
 * What the replicas of a partition are to its readers (S18, KIP-392). Immutable.
 *
 * @param readReplicas while this broker leads, the brokers that may serve readers in its place: the
 *     followers of the committed ISR that have all that is committed, in the order of the replicas
 * @param othersInSync whether this broker leads and another replica is in sync: it leads if this
 *     one can't serve
 * @param followerReads whether this broker follows and may serve readers up to its own high
 *     watermark
 */
public record ReadStanding(
    List<Integer> readReplicas, boolean othersInSync, boolean followerReads) {
  /** Of a leader that nobody follows, and of who has no part in the partition. */
  public static final ReadStanding ALONE = new ReadStanding(List.of(), false, false);

  /** Of a follower that may serve readers. */
  public static final ReadStanding SERVING_FOLLOWER = new ReadStanding(List.of(), false, true);

  public ReadStanding {
    readReplicas = List.copyOf(readReplicas);
  }
}
