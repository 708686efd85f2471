package io.millrace.broker.replica.core;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The leader's side of replication: who follows, from where on, and how far they are. Confined to
 * its core. A follower has at most one subscription, the newest that was accepted.
 */
final class Followers {
  private final PartitionState state;
  private final Acknowledgements replicas;
  private final LogMemory log;
  private final IsrTracker isr;

  Followers(PartitionState state, LogMemory log, long lagTimeMaxMs) {
    this.state = state;
    this.replicas = state.acknowledgements();
    this.log = log;
    this.isr = new IsrTracker(state, lagTimeMaxMs);
  }

  void on(LeadingEvent event, long nowMs, List<Effect> effects) {
    if (event instanceof LeadingEvent.FollowerAcknowledged acknowledged) {
      Optional<ReplicaProgress> follower = replicas.find(acknowledged.ref());
      if (follower.isPresent()) {
        follower.get().reached(acknowledged.appended(), acknowledged.durable());
        follower.get().logStartsAt(acknowledged.logStart());
        isr.acknowledged(follower.get(), nowMs, effects);
      }
    } else if (event instanceof LeadingEvent.FollowerSubscribes subscribes) {
      onSubscribes(subscribes, nowMs, effects);
    } else if (event instanceof LeadingEvent.FollowerGone gone) {
      replicas.find(gone.ref()).ifPresent(follower -> unsubscribe(follower, nowMs, effects));
    } else if (event instanceof LeadingEvent.IsrAnswered answered) {
      onIsrAnswered(answered, nowMs, effects);
    } else if (event instanceof LeadingEvent.BrokersChanged changed) {
      isr.eligible(changed.eligible(), nowMs, effects);
      endStale(nowMs, effects);
    }
  }

  private void onIsrAnswered(LeadingEvent.IsrAnswered answered, long nowMs, List<Effect> effects) {
    boolean current =
        state.leads()
            && isr.isInFlight()
            && answered.leaderEpoch() == state.leaderEpoch()
            && answered.partitionEpoch() == state.partitionEpoch();
    if (current && answered.refusal().isEmpty()) {
      isr.agreed(nowMs, effects);
    } else if (current && answered.refusal().filter(Followers::wasJudged).isPresent()) {
      isr.refused(answered.inDoubt(), nowMs, effects);
    }
  }

  /**
   * Whether a refusal proves that the proposal was not carried out before: it was looked at under
   * the epochs that it names. One for other epochs may be the answer to its repetition, and it
   * counts until the newer state comes, which then exists. That no earlier copy is carried out
   * afterwards it does not prove.
   */
  private static boolean wasJudged(MillraceError refusal) {
    return refusal.code() == ErrorCode.INELIGIBLE_REPLICA
        || refusal.code() == ErrorCode.INVALID_REQUEST;
  }

  // ---- subscriptions

  private void onSubscribes(
      LeadingEvent.FollowerSubscribes wanted, long nowMs, List<Effect> effects) {
    Optional<MillraceError> refused = refusalOf(wanted);
    SubscribeAnswer answer =
        refused
            .<SubscribeAnswer>map(SubscribeAnswer.Refused::new)
            .orElseGet(() -> Divergence.answer(state, log, wanted.position(), wanted.lastEpoch()));
    if (refused.isEmpty()) {
      replicas
          .find(wanted.followerId())
          .ifPresent(follower -> replace(follower, wanted, answer, nowMs, effects));
    }
    effects.add(new LeadingEffect.AnswerSubscribe(wanted.ref(), answer));
  }

  /** The follower's former subscription is over, whatever becomes of this one. */
  private void replace(
      ReplicaProgress follower,
      LeadingEvent.FollowerSubscribes wanted,
      SubscribeAnswer answer,
      long nowMs,
      List<Effect> effects) {
    follower
        .subscription()
        .ifPresent(
            old -> {
              unsubscribe(follower, nowMs, effects);
              effects.add(new LeadingEffect.EndSubscription(old, Refusals.subscribedAnew()));
            });
    if (answer instanceof SubscribeAnswer.Accepted) {
      follower.subscribed(wanted.ref(), wanted.brokerEpoch(), wanted.position());
      isr.acknowledged(follower, nowMs, effects);
    }
  }

  private void unsubscribe(ReplicaProgress follower, long nowMs, List<Effect> effects) {
    isr.leaves(follower, nowMs, effects);
    follower.unsubscribed();
  }

  private Optional<MillraceError> refusalOf(LeadingEvent.FollowerSubscribes wanted) {
    if (!state.leads()) {
      return Optional.of(state.refusal());
    }
    if (wanted.leaderEpoch() != state.leaderEpoch()) {
      return Optional.of(Refusals.epoch(wanted.leaderEpoch(), state.leaderEpoch()));
    }
    Optional<ReplicaProgress> follower = replicas.find(wanted.followerId());
    if (follower.isEmpty() || replicas.isLeader(follower.get())) {
      return Optional.of(Refusals.notAReplica(wanted.followerId(), replicas.replicas()));
    }
    long newest = newestEpoch(follower.get());
    return wanted.brokerEpoch() < newest
        ? Optional.of(Refusals.staleBrokerEpoch(wanted.brokerEpoch(), newest))
        : Optional.empty();
  }

  /**
   * Of the follower's processes that are known the newest one's registration, as it says itself or
   * as the controller does: either may be heard of first.
   */
  private long newestEpoch(ReplicaProgress follower) {
    return Math.max(follower.brokerEpoch(), isr.registeredEpoch(follower.brokerId()));
  }

  /** What a process acknowledges says nothing of the log of the one after it (KIP-903). */
  private void endStale(long nowMs, List<Effect> effects) {
    for (ReplicaProgress follower : replicas.replicas()) {
      long newest = newestEpoch(follower);
      if (follower.subscription().isPresent() && follower.brokerEpoch() < newest) {
        isr.leaves(follower, nowMs, effects);
        end(follower, Refusals.staleBrokerEpoch(follower.brokerEpoch(), newest), effects);
      }
    }
  }

  /**
   * The first offset that is in none of the logs that a deletion waits for, this one among them.
   */
  long lowWatermark() {
    long lowest = state.logStartOffset();
    for (ReplicaProgress follower : replicas.mustDelete(isr.live())) {
      lowest = Math.min(lowest, follower.logStart());
    }
    return lowest;
  }

  /** The followers that keep such a deletion waiting. */
  List<Integer> notDeletedBefore(long offset) {
    return replicas.mustDelete(isr.live()).stream()
        .filter(follower -> follower.logStart() < offset)
        .map(ReplicaProgress::brokerId)
        .toList();
  }

  // ---- the leadership

  /** A new leadership has begun. */
  void becameLeader(long nowMs, List<Effect> effects) {
    isr.becameLeader(nowMs, effects);
  }

  /** Before a newer state is applied: those that are replicas no more are sent away. */
  void endOthersThan(List<Integer> remaining, List<Effect> effects) {
    for (ReplicaProgress replica : replicas.replicas()) {
      if (!remaining.contains(replica.brokerId())) {
        end(replica, Refusals.notAReplica(replica.brokerId(), replicas.replicas()), effects);
      }
    }
  }

  /** A newer state of the same leadership was applied. */
  void committed(Set<Integer> isrBefore, long nowMs, List<Effect> effects) {
    isr.committed(isrBefore, nowMs, effects);
  }

  /** The leadership ends, or another one begins. */
  void endAll(MillraceError why, List<Effect> effects) {
    for (ReplicaProgress replica : replicas.replicas()) {
      end(replica, why, effects);
    }
  }

  private static void end(ReplicaProgress replica, MillraceError why, List<Effect> effects) {
    replica
        .subscription()
        .ifPresent(ref -> effects.add(new LeadingEffect.EndSubscription(ref, why)));
    replica.unsubscribed();
  }

  /** The leader's log goes on beyond an offset. */
  void leaderAppends(long endBefore, long nowMs, List<Effect> effects) {
    if (replicas.hasFollowers()) {
      isr.leaderAppends(endBefore, nowMs, effects);
    }
  }

  /** The leader's own log was found corrupt. */
  void leaderDamaged(long nowMs, List<Effect> effects) {
    isr.leaderDamaged(nowMs, effects);
  }

  void tick(long nowMs, List<Effect> effects) {
    isr.tick(nowMs, effects);
  }
}
