package io.millrace.client.internal;

import io.millrace.client.api.BrokerAddress;
import java.util.Optional;

/**
 * Where a subscription is read: at the leader, which may send it to a replica in the consumer's
 * rack, or at that follower (KIP-392). Confined to the consumer's thread, but for {@link
 * #atFollower}.
 */
final class ReadPlace {
  /** The place does not change by time alone. */
  static final long NEVER = Long.MAX_VALUE;

  private final Backoff afterFailure;
  private final long maxAgeMs;

  /** Empty for the leader. */
  private volatile Optional<BrokerAddress> follower = Optional.empty();

  /** Whether the leader is to serve it even if a follower could. */
  private boolean staysAtLeader;

  private long askAgainAtMs = NEVER;

  /**
   * At the leader.
   *
   * @param afterFailure how long to stay at the leader when a follower could not be read
   * @param maxAgeMs how long to read at a follower before the leader is asked again
   */
  ReadPlace(Backoff afterFailure, long maxAgeMs) {
    this.afterFailure = afterFailure;
    this.maxAgeMs = maxAgeMs;
  }

  /** The follower that it is read at. */
  Optional<BrokerAddress> follower() {
    return follower;
  }

  /** Whether it is read at a follower. Any thread. */
  boolean atFollower() {
    return follower.isPresent();
  }

  boolean staysAtLeader() {
    return staysAtLeader;
  }

  /**
   * When the leader is to be asked again for the best place; {@link #NEVER} if it decides alone.
   */
  long askAgainAtMs() {
    return askAgainAtMs;
  }

  /** The leader sent it there. */
  void sentTo(BrokerAddress replica, long nowMs) {
    follower = Optional.of(replica);
    staysAtLeader = false;
    askAgainAtMs = nowMs + maxAgeMs;
  }

  /** Records were read there, and were sound. */
  void served() {
    if (atFollower()) {
      afterFailure.reset();
    }
  }

  /** The follower can't be read: the leader is, for a while that grows with each failure. */
  void followerFailed(long nowMs) {
    follower = Optional.empty();
    staysAtLeader = true;
    askAgainAtMs = nowMs + afterFailure.nextMs();
  }

  /** The leader is to say where it is read. */
  void askLeader() {
    follower = Optional.empty();
    staysAtLeader = false;
    askAgainAtMs = NEVER;
  }
}
