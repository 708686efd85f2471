package io.millrace.client.internal;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.OffsetsFound;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds where subscriptions start and who leads their partitions. Confined to the consumer's
 * thread.
 */
final class SubscriptionLookUps implements LeaderLookUps.Owner {
  /** What becomes of the answers. Called on the consumer's thread. */
  interface Owner {
    /** A topic's leaders are known: for a subscription that waits for a stream. */
    void leadersKnown(Subscription subscription, TopicView topic);

    /** A topic's leaders could not be found, for a subscription that waits for a stream. */
    void leadersUnknown(Subscription subscription, MillraceException why);

    /** The leaders of topics were told again: subscriptions on streams may have to leave them. */
    void leadersTold(Set<String> topics);

    /** The starts of some subscriptions could not be found; they are asked for again. */
    void startsUnknown(MillraceException why);
  }

  /** A subscription and how often it had been moved when its start was asked for. */
  private record Asked(Subscription subscription, int moves) {
    boolean stillMeant() {
      return subscription.moves() == moves;
    }
  }

  private final ClusterClient cluster;
  private final MetadataCache metadata;
  private final OffsetLookup offsets;
  private final Questions questions;
  private final Collection<Subscription> unsettled;
  private final Owner owner;
  private final LeaderLookUps leaders;

  /**
   * @param unsettled all that may be waiting for something, as they are at each time
   */
  SubscriptionLookUps(
      ClusterClient cluster,
      MetadataCache metadata,
      OffsetLookup offsets,
      Questions questions,
      Collection<Subscription> unsettled,
      Owner owner) {
    this.cluster = cluster;
    this.metadata = metadata;
    this.offsets = offsets;
    this.questions = questions;
    this.unsettled = unsettled;
    this.owner = owner;
    this.leaders = new LeaderLookUps(cluster, metadata, questions, this);
  }

  /** Asks for the starts that are not known. */
  void askForStarts() {
    Map<TopicPartition, OffsetSpec> places = new HashMap<>();
    Map<TopicPartition, Asked> asked = new HashMap<>();
    for (Subscription subscription : unsettled) {
      if (subscription.needsStart()) {
        places.put(subscription.partition(), subscription.start().orElseThrow());
        asked.put(subscription.partition(), new Asked(subscription, subscription.moves()));
        subscription.asks();
      }
    }
    if (!places.isEmpty()) {
      questions.ask(
          () -> offsets.findSome(places, cluster.config().requestTimeout()),
          told -> startsTold(asked, told),
          failure -> startsUnknown(asked.values(), failure));
    }
  }

  /** What was not told is asked for again. */
  private void startsTold(Map<TopicPartition, Asked> asked, OffsetsFound told) {
    asked.forEach(
        (partition, question) -> {
          if (question.stillMeant()) {
            question.subscription().answered();
            Long offset = told.offsets().get(partition);
            MillraceError unknown = told.unknown().get(partition);
            if (offset != null) {
              question.subscription().startsAt(offset);
            } else if (unknown != null) {
              owner.startsUnknown(unknown.exception());
            }
          }
        });
  }

  private void startsUnknown(Collection<Asked> asked, MillraceException failure) {
    boolean meant = false;
    for (Asked question : asked) {
      if (question.stillMeant()) {
        question.subscription().answered();
        meant = true;
      }
    }
    if (meant) {
      owner.startsUnknown(failure);
    }
  }

  /** Finds the leaders for the subscriptions that may go on a stream now. */
  void findLeaders(long nowMs) {
    for (Subscription subscription : unsettled) {
      if (subscription.waitsForStream(nowMs)) {
        Optional<TopicView> known =
            subscription.troubledMs(nowMs) > 0
                ? Optional.empty()
                : metadata.known(subscription.partition().topic());
        if (known.isPresent()) {
          owner.leadersKnown(subscription, known.get());
        } else {
          waitForLeader(subscription, Optional.empty());
        }
      }
    }
  }

  /**
   * A subscription that is on no stream goes on one only once its topic's leaders were told again.
   *
   * @param left the broker that it was read at, which is asked last
   */
  void waitForLeader(Subscription subscription, Optional<BrokerAddress> left) {
    subscription.asks();
    leaders.doubt(subscription.partition().topic(), left);
  }

  /** Nothing is heard of the leader of a subscription, which stays on its stream. */
  void doubtLeader(Subscription subscription, BrokerAddress silent) {
    leaders.doubt(subscription.partition().topic(), Optional.of(silent));
  }

  /** Asks for the leaders that are in doubt. */
  void askForLeaders() {
    leaders.ask();
  }

  @Override
  public void told(Set<String> topics, Map<String, MillraceError> errors) {
    // All before the first subscription is told: that may make a topic forgotten.
    Map<String, TopicView> views = new HashMap<>();
    topics.forEach(topic -> metadata.known(topic).ifPresent(view -> views.put(topic, view)));
    for (Subscription subscription : unsettled) {
      String topic = subscription.partition().topic();
      if (subscription.asksForLeader() && topics.contains(topic)) {
        subscription.answered();
        Optional<MillraceError> error = Optional.ofNullable(errors.get(topic));
        Optional<TopicView> view = Optional.ofNullable(views.get(topic));
        if (error.isPresent()) {
          owner.leadersUnknown(subscription, error.get().exception());
        } else {
          // Without a view somebody else has had it forgotten since: it is asked for again.
          view.ifPresent(known -> owner.leadersKnown(subscription, known));
        }
      }
    }
    owner.leadersTold(topics);
  }

  @Override
  public void untold(Set<String> topics, MillraceException why) {
    for (Subscription subscription : unsettled) {
      if (subscription.asksForLeader() && topics.contains(subscription.partition().topic())) {
        subscription.answered();
        owner.leadersUnknown(subscription, why);
      }
    }
  }
}
