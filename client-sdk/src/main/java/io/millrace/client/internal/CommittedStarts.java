package io.millrace.client.internal;

import io.millrace.client.api.OffsetAndMetadata;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds where a group's partitions start: at what it has committed, or where the reset says.
 * Confined to the consumer's thread.
 */
final class CommittedStarts {
  /** What becomes of the answers. */
  interface Owner {
    /** The group has committed this, and the partition starts there. */
    void startsAtCommitted(TopicPartition partition, OffsetAndMetadata at);

    /** Some starts could not be found; they are asked for again. */
    void startsUnknown(MillraceException why);
  }

  /** A subscription and how often it had been moved when it was asked for. */
  private record Asked(Subscription subscription, int moves) {
    boolean stillMeant() {
      return subscription.moves() == moves;
    }

    TopicIdPartition id() {
      return subscription.idInGroup();
    }
  }

  private final ClusterClient cluster;
  private final GroupOffsets offsets;
  private final String groupId;
  private final ResetPolicy reset;
  private final Questions questions;
  private final Owner owner;

  CommittedStarts(
      ClusterClient cluster,
      GroupOffsets offsets,
      String groupId,
      ResetPolicy reset,
      Questions questions,
      Owner owner) {
    this.cluster = cluster;
    this.offsets = offsets;
    this.groupId = groupId;
    this.reset = reset;
    this.questions = questions;
    this.owner = owner;
  }

  /** Asks for those of the subscriptions that are to start there. */
  void ask(Collection<Subscription> subscriptions) {
    List<Asked> asked = new ArrayList<>();
    for (Subscription subscription : subscriptions) {
      if (subscription.needsCommitted()) {
        subscription.asks();
        asked.add(new Asked(subscription, subscription.moves()));
      }
    }
    if (!asked.isEmpty()) {
      List<TopicIdPartition> ids = asked.stream().map(Asked::id).toList();
      questions.ask(
          () -> offsets.find(ids, cluster.config().requestTimeout()),
          found -> found(asked, found),
          failure -> failed(asked, failure));
    }
  }

  private void found(List<Asked> asked, Map<TopicIdPartition, GroupOffsets.Committed> found) {
    for (Asked question : asked) {
      if (question.stillMeant()) {
        Optional<GroupOffsets.Committed> committed = Optional.ofNullable(found.get(question.id()));
        committed.ifPresentOrElse(
            at -> start(question.subscription(), at.offset()),
            () -> reset(question.subscription()));
      }
    }
  }

  private void start(Subscription subscription, OffsetAndMetadata at) {
    subscription.startsAtCommitted(at);
    owner.startsAtCommitted(subscription.partition(), at);
  }

  private void reset(Subscription subscription) {
    subscription.answered();
    Optional<OffsetSpec> place = reset.place();
    place.ifPresentOrElse(
        subscription::moveTo,
        () -> subscription.fail(ResetPolicy.noCommit(subscription.partition(), groupId)));
  }

  private void failed(List<Asked> asked, MillraceException failure) {
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
}
