package io.millrace.broker.replica.core;

import io.millrace.common.MillraceError;
import java.util.List;

/** What a leader wants told to its followers and to the controller. */
public sealed interface LeadingEffect extends Effect {
  /**
   * Answer a follower.
   *
   * @param ref the subscription
   * @param answer what becomes of it; it lives on only if it was accepted
   */
  record AnswerSubscribe(FollowerRef ref, SubscribeAnswer answer) implements LeadingEffect {}

  /**
   * Tell a follower that its subscription, accepted before, is over; nothing more is heard from it.
   *
   * @param ref the subscription
   * @param why the reason
   */
  record EndSubscription(FollowerRef ref, MillraceError why) implements LeadingEffect {}

  /**
   * Propose an ISR to the controller, again and again until it answers, then tell {@link
   * LeadingEvent.IsrAnswered}. A later one of the partition replaces it. Without this broker it
   * gives the leadership up.
   *
   * @param leaderEpoch the epoch in which this broker leads
   * @param partitionEpoch the partition epoch that is to be changed
   * @param isr the ISR in the order of the replicas; the leader is in it, but if its log is corrupt
   */
  record ProposeIsr(int leaderEpoch, int partitionEpoch, List<IsrMember> isr)
      implements LeadingEffect {
    public ProposeIsr {
      isr = List.copyOf(isr);
    }
  }
}
