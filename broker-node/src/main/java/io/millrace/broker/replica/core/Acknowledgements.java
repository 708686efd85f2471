package io.millrace.broker.replica.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How far each replica has acknowledged, and what the maximal ISR makes of it (S02, S03). Confined
 * to its core.
 */
final class Acknowledgements {
  private final int leaderId;

  /** This broker's own replica, in every role. */
  private final ReplicaProgress leader;

  /** In the order of the committed state; the leader's own is one of them. */
  private List<ReplicaProgress> replicas = List.of();

  private Set<Integer> committedIsr = Set.of();
  private Set<Integer> proposedIsr = Set.of();
  private int minIsr = 1;
  private boolean durableWanted;

  Acknowledgements(int leaderId, LogPositions positions, boolean durableWanted) {
    this.leaderId = leaderId;
    this.durableWanted = durableWanted;
    leader = new ReplicaProgress(leaderId);
    leader.setTo(positions.logEndOffset(), positions.durableOffset());
  }

  /** A new leader epoch: followers' positions under the old one mean nothing any more. */
  void becomeLeader(LeaderState state) {
    replicas = List.of();
    apply(state);
  }

  /** Takes over a committed state; replicas that stay keep their positions. */
  void apply(LeaderState state) {
    List<ReplicaProgress> next = new ArrayList<>(state.replicas().size());
    for (int id : state.replicas()) {
      next.add(id == leaderId ? leader : find(id).orElseGet(() -> new ReplicaProgress(id)));
    }
    replicas = List.copyOf(next);
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

  /** What was proposed will not be: the committed ISR alone counts. */
  void withdrawProposal() {
    proposedIsr = Set.of();
    countMaximalIsr();
  }

  private void countMaximalIsr() {
    for (ReplicaProgress replica : replicas) {
      boolean inSync = committedIsr.contains(replica.brokerId());
      replica.standing(inSync, inSync || proposedIsr.contains(replica.brokerId()));
    }
  }

  /** Changes what counts; see {@link ReplicaProgress}. */
  void durableWanted(boolean wanted) {
    if (wanted && !durableWanted) {
      leader.beginToCountDurable();
      for (ReplicaProgress replica : replicas) {
        replica.beginToCountDurable();
      }
    }
    durableWanted = wanted;
  }

  boolean durableWanted() {
    return durableWanted;
  }

  /** The log of this broker ends there. */
  void leaderAppended(long logEndOffset) {
    leader.reached(logEndOffset, 0);
  }

  void leaderDurable(long durableOffset) {
    leader.reached(0, durableOffset);
  }

  /** The log of this broker was cut. */
  void leaderCut(long logEndOffset) {
    leader.setTo(logEndOffset, Math.min(leader.durable(), logEndOffset));
  }

  long leaderDurable() {
    return leader.durable();
  }

  long leaderAcknowledged() {
    return acknowledged(leader);
  }

  /** What the replica has acknowledged, as it counts now. */
  long acknowledged(ReplicaProgress replica) {
    return replica.acknowledged(durableWanted);
  }

  /** The replicas of the leadership, the leader's own among them. */
  List<ReplicaProgress> replicas() {
    return replicas;
  }

  boolean isLeader(ReplicaProgress replica) {
    return replica == leader;
  }

  boolean hasFollowers() {
    return replicas.size() > 1;
  }

  Optional<ReplicaProgress> find(int brokerId) {
    for (ReplicaProgress replica : replicas) {
      if (replica.brokerId() == brokerId) {
        return Optional.of(replica);
      }
    }
    return Optional.empty();
  }

  /** The follower that has this subscription, as its newest. */
  Optional<ReplicaProgress> find(FollowerRef ref) {
    for (ReplicaProgress replica : replicas) {
      if (replica.isSubscribed(ref)) {
        return Optional.of(replica);
      }
    }
    return Optional.empty();
  }

  /** Whether the committed ISR has its minimum; without it the high watermark stands still. */
  boolean enoughInSync() {
    return committedIsr.size() >= minIsr;
  }

  int inSync() {
    return committedIsr.size();
  }

  /**
   * The followers of the committed ISR whose logs are known to reach an offset, in the order of the
   * replicas.
   */
  List<Integer> inSyncFollowersWith(long offset) {
    List<Integer> found = new ArrayList<>();
    for (ReplicaProgress replica : replicas) {
      if (isInSyncFollowerWith(offset, replica)) {
        found.add(replica.brokerId());
      }
    }
    return found;
  }

  /** Whether {@link #inSyncFollowersWith} would say the same; makes no objects. */
  boolean areInSyncFollowersWith(long offset, List<Integer> brokers) {
    int same = 0;
    for (int i = 0; i < replicas.size(); i++) {
      ReplicaProgress replica = replicas.get(i);
      if (isInSyncFollowerWith(offset, replica)) {
        if (same == brokers.size() || brokers.get(same) != replica.brokerId()) {
          return false;
        }
        same++;
      }
    }
    return same == brokers.size();
  }

  private boolean isInSyncFollowerWith(long offset, ReplicaProgress replica) {
    return replica != leader
        && replica.inSync()
        && replica.subscription().isPresent()
        && replica.appended() >= offset;
  }

  int minIsr() {
    return minIsr;
  }

  Set<Integer> committedIsr() {
    return committedIsr;
  }

  /**
   * The followers that records are to be gone from before anybody is told so (S33): those that
   * count as in sync, which may lead next, and those that live.
   *
   * @param live the brokers that are registered and neither fenced nor stopping
   */
  List<ReplicaProgress> mustDelete(Set<Integer> live) {
    return replicas.stream()
        .filter(each -> each != leader && (each.counted() || live.contains(each.brokerId())))
        .toList();
  }

  /** The smallest acknowledged offset over the maximal ISR. */
  long smallestInMaximalIsr() {
    long smallest = leader.acknowledged(durableWanted);
    for (int i = 0; i < replicas.size(); i++) {
      ReplicaProgress replica = replicas.get(i);
      if (replica.counted()) {
        smallest = Math.min(smallest, replica.acknowledged(durableWanted));
      }
    }
    return smallest;
  }
}
