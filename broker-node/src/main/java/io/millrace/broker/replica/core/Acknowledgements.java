package io.millrace.broker.replica.core;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * How far each replica has acknowledged, and what the maximal ISR makes of it (S02, S03). Confined
 * to its core.
 *
 * <p>The acknowledged offset of a replica is what it has appended, or, where only durable records
 * count, what it has synced. A change from the first to the second takes effect for a replica once
 * it has synced all that it had at the change; until then it counts by what it appended.
 */
final class Acknowledgements {
  private static final class Progress {
    private long appended;
    private long durable;

    /** Durable records alone count from the moment that `durable` has come here. */
    private long durableCountsFrom;

    private boolean durableCounts = true;

    /** In the maximal ISR: the committed one and what is proposed. */
    private boolean counted;

    long acknowledged(boolean durableWanted) {
      if (!durableWanted) {
        return appended;
      }
      durableCounts |= durable >= durableCountsFrom;
      return durableCounts ? durable : appended;
    }
  }

  private final int leaderId;
  private final Progress leader = new Progress();
  private final Map<Integer, Progress> replicas = new HashMap<>();
  private Set<Integer> committedIsr = Set.of();
  private Set<Integer> proposedIsr = Set.of();
  private int minIsr = 1;
  private boolean durableWanted;

  Acknowledgements(int leaderId, LogPositions positions, boolean durableWanted) {
    this.leaderId = leaderId;
    this.durableWanted = durableWanted;
    leader.appended = positions.logEndOffset();
    leader.durable = positions.durableOffset();
  }

  /** A new leader epoch: followers' positions under the old one mean nothing any more. */
  void becomeLeader(LeaderState state) {
    replicas.clear();
    apply(state);
  }

  /** Takes over a committed state; replicas that stay keep their positions. */
  void apply(LeaderState state) {
    replicas.keySet().retainAll(new HashSet<>(state.replicas()));
    for (int id : state.replicas()) {
      replicas.computeIfAbsent(id, absent -> id == leaderId ? leader : new Progress());
    }
    committedIsr = state.isr();
    proposedIsr = Set.of();
    minIsr = state.minIsr();
    countMaximalIsr();
  }

  /** Counts with a proposed ISR too, until a committed state comes. */
  void propose(Set<Integer> isr) {
    proposedIsr = Set.copyOf(isr);
    countMaximalIsr();
  }

  private void countMaximalIsr() {
    replicas.forEach(
        (id, progress) -> progress.counted = committedIsr.contains(id) || proposedIsr.contains(id));
  }

  /** Changes what counts; see the class. */
  void durableWanted(boolean wanted) {
    if (wanted && !durableWanted) {
      for (Progress progress : replicas.values()) {
        progress.durableCounts = false;
        progress.durableCountsFrom = progress.appended;
      }
    }
    durableWanted = wanted;
  }

  boolean durableWanted() {
    return durableWanted;
  }

  void leaderAppended(long logEndOffset) {
    leader.appended = logEndOffset;
  }

  void leaderDurable(long durableOffset) {
    leader.durable = Math.max(leader.durable, durableOffset);
  }

  /** A follower's word; ignored from a broker that is no replica. Positions never move back. */
  void followerAcknowledged(int brokerId, long appended, long durable) {
    Progress progress = replicas.get(brokerId);
    if (progress != null && progress != leader) {
      progress.appended = Math.max(progress.appended, appended);
      progress.durable = Math.max(progress.durable, durable);
    }
  }

  long leaderDurable() {
    return leader.durable;
  }

  long leaderAcknowledged() {
    return leader.acknowledged(durableWanted);
  }

  /** Whether the committed ISR has its minimum; without it the high watermark stands still. */
  boolean enoughInSync() {
    return committedIsr.size() >= minIsr;
  }

  int inSync() {
    return committedIsr.size();
  }

  int minIsr() {
    return minIsr;
  }

  /** The smallest acknowledged offset over the maximal ISR. */
  long smallestInMaximalIsr() {
    if (replicas.size() == 1) {
      return leader.acknowledged(durableWanted);
    }
    long smallest = Long.MAX_VALUE;
    for (Progress progress : replicas.values()) {
      if (progress.counted) {
        smallest = Math.min(smallest, progress.acknowledged(durableWanted));
      }
    }
    return smallest;
  }
}
