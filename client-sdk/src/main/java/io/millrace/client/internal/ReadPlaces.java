package io.millrace.client.internal;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * At which replicas a consumer's subscriptions are read, and when their leaders are asked again.
 * Confined to the consumer's thread.
 */
final class ReadPlaces {
  private final ClusterClient cluster;
  private final MetadataCache metadata;
  private final long maxAgeMs;

  /** At or before the first time at which a leader is to be asked again. */
  private long nextReviewMs = ReadPlace.NEVER;

  ReadPlaces(ConsumerConfig config, ClusterClient cluster, MetadataCache metadata) {
    this.cluster = cluster;
    this.metadata = metadata;
    this.maxAgeMs = Math.max(1, config.readReplicaMaxAge().toMillis());
  }

  /** The place of a new subscription. */
  ReadPlace atLeader() {
    return new ReadPlace(cluster.newReplicaBackoff(maxAgeMs), maxAgeMs);
  }

  /**
   * The leader sends a subscription to another replica.
   *
   * @return why it can't go there, if so: it is to be read at the leader
   */
  Optional<MillraceException> sentTo(Subscription subscription, int nodeId, long nowMs) {
    Optional<BrokerAddress> replica = metadata.broker(nodeId);
    if (replica.isEmpty()) {
      failed(subscription, nowMs);
      return Optional.of(
          new MillraceException(
              ErrorCode.UNAVAILABLE,
              "the address of broker "
                  + nodeId
                  + " is not known, which has a replica of "
                  + subscription.partition()));
    }
    subscription.place().sentTo(replica.get(), nowMs);
    reviewAt(subscription.place().askAgainAtMs());
    return Optional.empty();
  }

  /** The follower can't be read: the leader is, for some time. */
  void failed(Subscription subscription, long nowMs) {
    subscription.place().followerFailed(nowMs);
    reviewAt(subscription.place().askAgainAtMs());
  }

  private void reviewAt(long atMs) {
    nextReviewMs = Math.min(nextReviewMs, atMs);
  }

  /** When {@link #due} may find something; {@link ReadPlace#NEVER} for never. */
  long nextReviewMs() {
    return nextReviewMs;
  }

  /** Those whose leaders are to be asked now. */
  List<Subscription> due(Collection<Subscription> all, long nowMs) {
    if (nowMs < nextReviewMs) {
      return List.of();
    }
    List<Subscription> due = new ArrayList<>();
    nextReviewMs = ReadPlace.NEVER;
    for (Subscription subscription : all) {
      long atMs = subscription.place().askAgainAtMs();
      if (atMs <= nowMs) {
        due.add(subscription);
      } else {
        reviewAt(atMs);
      }
    }
    return due;
  }
}
