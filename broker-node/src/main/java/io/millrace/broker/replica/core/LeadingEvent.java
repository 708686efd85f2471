package io.millrace.broker.replica.core;

import io.millrace.common.MillraceError;
import java.util.Map;
import java.util.Optional;

/** What a leader hears of its followers and of the ISR that it proposed. */
public sealed interface LeadingEvent extends PartitionEvent {
  /** {@link FollowerAcknowledged#logStart} of a follower of a version that does not tell it. */
  long LOG_START_UNTOLD = -1;

  /**
   * A follower wants to follow; answered exactly once, by {@link LeadingEffect.AnswerSubscribe}.
   *
   * @param ref the subscription that is to be
   * @param followerId the follower's broker
   * @param brokerEpoch that broker's registration, as it says
   * @param leaderEpoch the epoch in which it takes this broker for the leader
   * @param position where its log ends
   * @param lastEpoch the leader epoch of its last batch, -1 if its log is empty
   */
  record FollowerSubscribes(
      FollowerRef ref,
      int followerId,
      long brokerEpoch,
      int leaderEpoch,
      long position,
      int lastEpoch)
      implements LeadingEvent {}

  /**
   * A follower told how far it is. Ignored unless the subscription is the follower's newest
   * accepted one.
   *
   * @param ref the subscription
   * @param appended one past the last record in its log
   * @param durable one past the last record it has synced
   * @param logStart where its log begins, which a loss of power does not take back; or {@link
   *     #LOG_START_UNTOLD}
   */
  record FollowerAcknowledged(FollowerRef ref, long appended, long durable, long logStart)
      implements LeadingEvent {}

  /**
   * A subscription is over: given up, or its connection is. No {@link
   * LeadingEffect.EndSubscription} follows.
   *
   * @param ref the subscription
   */
  record FollowerGone(FollowerRef ref) implements LeadingEvent {}

  /**
   * The controller answered a {@link LeadingEffect.ProposeIsr}. If it agreed, the change itself
   * comes as {@link PartitionEvent.StateCommitted}.
   *
   * @param leaderEpoch the leader epoch of the proposal
   * @param partitionEpoch the partition epoch of the proposal
   * @param refusal why not; empty if it agreed
   * @param inDoubt whether the proposal was sent before, with an unknown outcome: that copy may be
   *     carried out yet
   */
  record IsrAnswered(
      int leaderEpoch, int partitionEpoch, Optional<MillraceError> refusal, boolean inDoubt)
      implements LeadingEvent {}

  /**
   * Which brokers may join an ISR: the registered ones that are neither fenced nor shutting down.
   * Known from then on, whoever leads.
   *
   * @param eligible their broker epochs by their ids; may be shared between partitions, immutable
   */
  record BrokersChanged(Map<Integer, Long> eligible) implements LeadingEvent {}
}
