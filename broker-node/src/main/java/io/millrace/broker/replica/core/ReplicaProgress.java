package io.millrace.broker.replica.core;

import java.util.Optional;

/**
 * What a leader knows of one replica, its own included. Confined to its core.
 *
 * <p>The acknowledged offset of a replica is what it has appended, or, where only durable records
 * count, what it has synced. A change from the first to the second takes effect for a replica once
 * it has synced all that it had at the change; until then it counts by what it appended.
 */
final class ReplicaProgress {
  private final int brokerId;
  private long appended;
  private long durable;

  /** Its log begins here or later; {@link Long#MAX_VALUE} if it never tells where. */
  private long logStart;

  /** Durable records alone count from the moment that `durable` has come here. */
  private long durableCountsFrom;

  private boolean durableCounts = true;

  /** In the committed ISR. */
  private boolean inSync;

  /** In the maximal ISR: the committed one and what is proposed. */
  private boolean counted;

  /** The newest accepted one; the leader's own replica has none. */
  private Optional<FollowerRef> subscription = Optional.empty();

  private long brokerEpoch = IsrMember.ANY_EPOCH;

  /** Whether it has told of itself since it last left the ISR. */
  private boolean heardOf = true;

  /** It is known to have had all that the leader had at this time; never moves back. */
  private long caughtUpMs = Long.MIN_VALUE;

  ReplicaProgress(int brokerId) {
    this.brokerId = brokerId;
  }

  int brokerId() {
    return brokerId;
  }

  long appended() {
    return appended;
  }

  long durable() {
    return durable;
  }

  long acknowledged(boolean durableWanted) {
    if (!durableWanted) {
      return appended;
    }
    durableCounts |= durable >= durableCountsFrom;
    return durableCounts ? durable : appended;
  }

  long logStart() {
    return logStart;
  }

  /** It told where its log begins, or that it does not tell. */
  void logStartsAt(long told) {
    logStart = told == LeadingEvent.LOG_START_UNTOLD ? Long.MAX_VALUE : Math.max(logStart, told);
  }

  /** Only durable records are to count from now on. */
  void beginToCountDurable() {
    durableCounts = false;
    durableCountsFrom = appended;
  }

  /** Takes in how far the replica is; what it had is never lost while nobody says so. */
  void reached(long newAppended, long newDurable) {
    heardOf = true;
    appended = Math.max(appended, newAppended);
    durable = Math.max(durable, newDurable);
  }

  /** The log was cut, or is not the one that was known. */
  void setTo(long newAppended, long newDurable) {
    appended = newAppended;
    durable = newDurable;
    durableCountsFrom = Math.min(durableCountsFrom, newAppended);
  }

  boolean inSync() {
    return inSync;
  }

  boolean counted() {
    return counted;
  }

  void standing(boolean nowInSync, boolean nowCounted) {
    inSync = nowInSync;
    counted = nowCounted;
  }

  Optional<FollowerRef> subscription() {
    return subscription;
  }

  boolean isSubscribed(FollowerRef ref) {
    return subscription.isPresent() && subscription.get().equals(ref);
  }

  long brokerEpoch() {
    return brokerEpoch;
  }

  /** A subscription was accepted: the follower's log ends at the position, how durable it tells. */
  void subscribed(FollowerRef ref, long epochOfBroker, long position) {
    subscription = Optional.of(ref);
    brokerEpoch = epochOfBroker;
    durableCounts = true;
    heardOf = true;
    logStart = 0;
    setTo(position, 0);
  }

  /** It is no longer in the committed ISR. */
  void leftIsr() {
    heardOf = false;
  }

  /**
   * Whether it has told of itself since it last left the ISR: what it had told before says nothing
   * of whether it still follows.
   */
  boolean heardOf() {
    return heardOf;
  }

  void unsubscribed() {
    subscription = Optional.empty();
  }

  long caughtUpMs() {
    return caughtUpMs;
  }

  void caughtUpAsOf(long timeMs) {
    caughtUpMs = Math.max(caughtUpMs, timeMs);
  }
}
