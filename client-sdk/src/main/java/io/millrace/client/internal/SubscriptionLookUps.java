package io.millrace.client.internal;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * Finds where subscriptions start and who leads their partitions. The questions block a helper
 * thread only; their answers come back as events, so that a poll can be woken meanwhile. Confined
 * to the consumer's thread.
 */
final class SubscriptionLookUps {
  /** What becomes of the answers. Called on the consumer's thread. */
  interface Owner {
    /** A topic's leaders are known: for a subscription that waits for a stream. */
    void leadersKnown(Subscription subscription, TopicView topic);

    /** A topic's leaders could not be found, for a subscription that waits for a stream. */
    void leadersUnknown(Subscription subscription, MillraceException why);

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
  private final Executor helper;
  private final Consumer<FetchEvent> events;
  private final Owner owner;

  /** The topics that are being asked for. */
  private final Set<String> topics = new HashSet<>();

  /** Whether others are being asked about brokers that say nothing. */
  private boolean othersAsked;

  /**
   * @param helper runs what blocks
   * @param events takes the answers, on any thread
   */
  SubscriptionLookUps(
      ClusterClient cluster,
      MetadataCache metadata,
      OffsetLookup offsets,
      Executor helper,
      Consumer<FetchEvent> events,
      Owner owner) {
    this.cluster = cluster;
    this.metadata = metadata;
    this.offsets = offsets;
    this.helper = helper;
    this.events = events;
    this.owner = owner;
  }

  /** Asks for the starts that are not known. */
  void askForStarts(Collection<Subscription> subscriptions) {
    Map<TopicPartition, OffsetSpec> places = new HashMap<>();
    Map<TopicPartition, Asked> asked = new HashMap<>();
    for (Subscription subscription : subscriptions) {
      if (subscription.needsStart()) {
        places.put(subscription.partition(), subscription.start().orElseThrow());
        asked.put(subscription.partition(), new Asked(subscription, subscription.moves()));
        subscription.asks();
      }
    }
    if (!places.isEmpty()) {
      ask(
          () -> offsets.find(places, cluster.config().requestTimeout()),
          found -> startsKnown(asked, found),
          failure -> startsUnknown(asked.values(), failure));
    }
  }

  private static void startsKnown(
      Map<TopicPartition, Asked> asked, Map<TopicPartition, Long> found) {
    asked.forEach(
        (partition, question) -> {
          Long offset = found.get(partition);
          if (offset != null && question.stillMeant()) {
            question.subscription().startsAt(offset);
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
  void findLeaders(Collection<Subscription> subscriptions, long nowMs) {
    for (Subscription subscription : subscriptions) {
      if (subscription.waitsForStream(nowMs)) {
        String topic = subscription.partition().topic();
        Optional<TopicView> known =
            subscription.troubledMs(nowMs) > 0 ? Optional.empty() : metadata.known(topic);
        if (known.isPresent()) {
          owner.leadersKnown(subscription, known.get());
        } else {
          subscription.asks();
          refresh(topic, subscriptions);
        }
      }
    }
  }

  /**
   * Asks others about the leaders of topics, unless that is being asked already.
   *
   * @param silent brokers that nothing was heard of: asked last
   * @param then what to do once the metadata are as the others know them, if any answers
   */
  void askOthers(Set<String> about, Set<BrokerAddress> silent, Runnable then) {
    if (othersAsked) {
      return;
    }
    othersAsked = true;
    ask(
        () -> metadata.refreshAll(about, cluster.config().connectTimeout(), silent),
        errors -> {
          othersAsked = false;
          then.run();
        },
        failure -> othersAsked = false);
  }

  /**
   * Asks for a topic again; subscriptions that are waiting for it are told the answer.
   *
   * @param subscriptions all that may be waiting when the answer comes
   */
  void refresh(String topic, Collection<Subscription> subscriptions) {
    if (topics.add(topic)) {
      ask(
          () -> metadata.refresh(topic, cluster.config().connectTimeout()),
          view -> told(topic, subscriptions, s -> owner.leadersKnown(s, view)),
          failure -> told(topic, subscriptions, s -> owner.leadersUnknown(s, failure)));
    }
  }

  private void told(
      String topic, Collection<Subscription> subscriptions, Consumer<Subscription> action) {
    topics.remove(topic);
    for (Subscription subscription : subscriptions) {
      if (subscription.asksForLeader() && subscription.partition().topic().equals(topic)) {
        subscription.answered();
        action.accept(subscription);
      }
    }
  }

  private <T> void ask(
      Callable<T> question, Consumer<T> onAnswer, Consumer<MillraceException> onFailure) {
    try {
      helper.execute(
          () -> events.accept(new FetchEvent.Answered(run(question, onAnswer, onFailure))));
    } catch (RejectedExecutionException e) {
      onFailure.accept(new MillraceException(ErrorCode.UNAVAILABLE, "the client is closed"));
    }
  }

  /** Runs on the helper thread; what it returns, on the consumer's. */
  private static <T> Runnable run(
      Callable<T> question, Consumer<T> onAnswer, Consumer<MillraceException> onFailure) {
    try {
      T answer = question.call();
      return () -> onAnswer.accept(answer);
    } catch (MillraceException e) {
      return () -> onFailure.accept(e);
    } catch (Exception e) {
      MillraceException failure =
          new MillraceException(ErrorCode.INTERNAL, "the client failed: " + e);
      return () -> onFailure.accept(failure);
    }
  }
}
