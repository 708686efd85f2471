package io.millrace.broker.replica.link;

import io.millrace.broker.replica.core.FollowerRef;
import io.millrace.broker.replica.core.LeadingEvent;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;

/** One partition that a follower has of this leader. Confined to its link. */
final class LeaderSubscription {
  private static final long NOTHING_TOLD = -1;

  private final long number;
  private final FollowerFrame.Subscribe asked;
  private final FollowerRef ref;
  private boolean accepted;
  private boolean over;

  /** One past the last record that was sent; the follower's log ends here once it has it all. */
  private long sentUpTo;

  private long toldHighWatermark = NOTHING_TOLD;
  private long toldLogStart = NOTHING_TOLD;

  /** Whether it waits for its turn, or has it. */
  private boolean queued;

  /** Whether it waits for credits. */
  private boolean starved;

  LeaderSubscription(long number, FollowerFrame.Subscribe asked, FollowerRef ref) {
    this.number = number;
    this.asked = asked;
    this.ref = ref;
    this.sentUpTo = asked.position();
  }

  long number() {
    return number;
  }

  long attempt() {
    return asked.attempt();
  }

  TopicIdPartition partition() {
    return asked.partition();
  }

  int leaderEpoch() {
    return asked.leaderEpoch();
  }

  FollowerRef ref() {
    return ref;
  }

  boolean isAccepted() {
    return accepted;
  }

  void accepted(long highWatermark, long logStart) {
    accepted = true;
    tells(highWatermark, logStart);
  }

  long sentUpTo() {
    return sentUpTo;
  }

  void sent(long nextOffset) {
    if (nextOffset <= sentUpTo) {
      throw new IllegalStateException(
          "sent up to " + nextOffset + " (expected: > " + sentUpTo + ")");
    }
    sentUpTo = nextOffset;
  }

  /** The follower is told this now; whether it is news to it. */
  boolean tells(long highWatermark, long logStart) {
    boolean news = highWatermark != toldHighWatermark || logStart != toldLogStart;
    toldHighWatermark = highWatermark;
    toldLogStart = logStart;
    return news;
  }

  /** Nothing more is sent. */
  void end() {
    over = true;
  }

  boolean isOver() {
    return over;
  }

  /** Takes a place among those who wait for their turn; false if it has one. */
  boolean takePlace() {
    boolean free = !queued;
    queued = true;
    return free;
  }

  void givePlace() {
    queued = false;
  }

  /** Begins to wait for credits; false if it does already. */
  boolean starve() {
    boolean before = starved;
    starved = true;
    return !before;
  }

  /** There are credits again. */
  void feed() {
    starved = false;
  }

  LeaderEffect tell(LeadingEvent event) {
    return new LeaderEffect.Tell(number, partition(), event);
  }

  LeaderFrame ended(MillraceError why) {
    return new LeaderFrame.Ended(number, why);
  }
}
