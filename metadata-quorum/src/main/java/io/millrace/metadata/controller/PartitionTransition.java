package io.millrace.metadata.controller;

import io.millrace.metadata.image.Assignment;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.PartitionImage.Leadership;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * Works out the next state of a partition. Used once, by one thread.
 *
 * <p>What is asked for (another ISR, other replicas) comes first; then follow, in this order, the
 * end of a reassignment whose new replicas are in sync and which leaves enough of them, the
 * eligible leader replicas, and the leader (S13):
 *
 * <ol>
 *   <li>whoever leads goes on while it is in sync and serves; a broker that is stopping, or
 *       drained, hands over to another in-sync replica if there is one;
 *   <li>else an in-sync replica, in the assignment's order;
 *   <li>else an eligible leader replica (KIP-966): it has everything that was committed;
 *   <li>else, with ISR and ELR empty, the last known leader if its directory is there (S14);
 *   <li>else, where unclean election is enabled, any replica.
 * </ol>
 *
 * <p>The last two may lose records, and are counted.
 */
final class PartitionTransition {
  private static final int NO_BROKER = PartitionImage.NO_BROKER;

  private final PartitionImage before;
  private final Eligibility eligibility;
  private Assignment assignment;
  private List<Integer> isr;
  private Set<Integer> elr;
  private int minIsr;
  private int leader;

  /** The broker whose records may be gone, if there is one. */
  private int dropped = NO_BROKER;

  private boolean unclean;
  private boolean preferred;
  private IntPredicate uncleanAllowed;

  /** The transition of a partition to what it is already. */
  PartitionTransition(PartitionImage before, Eligibility eligibility) {
    this.before = before;
    this.eligibility = eligibility;
    this.assignment = before.assignment();
    this.isr = before.isr();
    this.elr = new LinkedHashSet<>(before.elr());
    this.minIsr = before.effectiveMinIsr();
    this.leader = before.leader();
    this.uncleanAllowed = eligibility::uncleanAllowed;
  }

  /**
   * The state that follows.
   *
   * @param after the next state, in the next partition epoch
   * @param unclean whether its leader may lack records
   */
  record Next(PartitionImage after, boolean unclean) {}

  /** With other in-sync replicas. */
  PartitionTransition isr(Collection<Integer> target) {
    isr = List.copyOf(target);
    return this;
  }

  /** With a broker out of the in-sync replicas; it may become an eligible leader replica. */
  PartitionTransition dropFromIsr(int broker) {
    return isr(without(isr, broker));
  }

  /** With a broker whose records may be gone: neither in sync nor eligible. */
  PartitionTransition dropUnclean(int broker) {
    dropped = broker;
    return dropFromIsr(broker);
  }

  /** With other replicas. */
  PartitionTransition assignment(Assignment target) {
    assignment = target;
    return this;
  }

  /** With another min.insync.replicas, which clears the ELR while somebody leads (S03). */
  PartitionTransition effectiveMinIsr(int target) {
    minIsr = target;
    return this;
  }

  /** With the preferred leader, if it is in sync and serves. */
  PartitionTransition preferLeader() {
    preferred = true;
    return this;
  }

  /** With any replica as the leader if there is no better one. */
  PartitionTransition allowUnclean() {
    uncleanAllowed = broker -> true;
    return this;
  }

  /** The next state; empty if it is the same. */
  Optional<Next> next() {
    return Optional.of(nextInAnyCase()).filter(next -> !isSame(next.after()));
  }

  /** The next state, though it may differ in its partition epoch alone. */
  Next nextInAnyCase() {
    keepReplicas();
    settleAssignment();
    keepReplicas();
    settleElr();
    elect();
    // Whoever was elected may be the last new replica that a reassignment waited for.
    settleAssignment();
    keepReplicas();
    elr = isr.size() >= minIsr ? Set.of() : elr;
    boolean fewerReplicas = !assignment.replicas().containsAll(before.replicas());
    if (leader != NO_BROKER) {
      assignment = assignment.withoutLostDirectories();
    }
    int lastKnown = NO_BROKER;
    if (leader == NO_BROKER) {
      lastKnown = before.leader() != NO_BROKER ? before.leader() : before.lastKnownLeader();
      lastKnown = assignment.replicas().contains(lastKnown) ? lastKnown : NO_BROKER;
    }
    boolean newEpoch = leader != before.leader() || fewerReplicas || unclean;
    PartitionImage after =
        new PartitionImage(
            assignment,
            isr,
            inOrder(elr),
            new Leadership(leader, before.leaderEpoch() + (newEpoch ? 1 : 0), lastKnown),
            before.partitionEpoch() + 1,
            minIsr);
    return new Next(after, unclean);
  }

  private void keepReplicas() {
    isr = isr.stream().filter(assignment.replicas()::contains).toList();
  }

  /** Ends a reassignment whose new replicas are in sync, with enough of those that stay. */
  private void settleAssignment() {
    Assignment asked = assignment;
    if (asked.reassigning() && isr.containsAll(asked.adding()) && isEnough(asked.completed())) {
      assignment = asked.completed();
    }
    boolean ended = before.assignment().reassigning() && !assignment.reassigning();
    boolean others = !assignment.replicas().equals(before.replicas());
    if (ended || (others && !assignment.reassigning())) {
      minIsr = eligibility.effectiveMinIsr(assignment.replicas().size());
    }
  }

  /**
   * Whether a partition can do with these replicas: one of them is in sync and can lead; and if
   * somebody goes who has all that was committed, as many are left in sync as the min ISR. Else who
   * would go is a copy that is needed, and stays until more are in sync.
   */
  private boolean isEnough(Assignment target) {
    List<Integer> left = isr.stream().filter(target.replicas()::contains).toList();
    boolean copyGoes =
        assignment.removing().stream()
            .filter(broker -> broker != dropped)
            .anyMatch(b -> isr.contains(b) || elr.contains(b) || before.isr().contains(b));
    return left.stream().anyMatch(broker -> eligibility.active(target, broker))
        && (!copyGoes || left.size() >= eligibility.effectiveMinIsr(target.replicas().size()));
  }

  /**
   * KIP-966: while the ISR is below the min ISR nothing is committed, so that whoever leaves it
   * then has all there is. A change of the min ISR ends that reasoning, except while nobody leads.
   */
  private void settleElr() {
    Set<Integer> candidates = new LinkedHashSet<>(elr);
    candidates.addAll(before.isr());
    candidates.remove(dropped);
    candidates.retainAll(assignment.replicas());
    candidates.removeAll(new HashSet<>(isr));
    boolean otherMinIsr = minIsr != before.effectiveMinIsr() && !isr.isEmpty();
    elr = isr.size() >= minIsr || otherMinIsr ? Set.of() : candidates;
  }

  private void elect() {
    Optional<Integer> first = assignment.replicas().stream().findFirst().filter(this::wantedToLead);
    if (preferred && first.isPresent()) {
      leader = first.get();
      return;
    }
    if (wantedToLead(leader)) {
      return;
    }
    Optional<Integer> wanted = firstOf(this::wantedToLead);
    if (wanted.isPresent()) {
      leader = wanted.get();
      return;
    }
    if (canLead(leader)) {
      return; // Drained, and nobody else is there.
    }
    Optional<Integer> inSync = firstOf(this::canLead);
    if (inSync.isPresent()) {
      leader = inSync.get();
      return;
    }
    if (isr.contains(leader) && eligibility.stopping(assignment, leader)) {
      return;
    }
    Optional<Integer> stopping =
        firstOf(b -> isr.contains(b) && eligibility.stopping(assignment, b));
    if (stopping.isPresent()) {
      leader = stopping.get();
      return;
    }
    electOutsideIsr();
  }

  private void electOutsideIsr() {
    Optional<Integer> eligible =
        firstOf(b -> inElr(b) && !eligibility.drained(b)).or(() -> firstOf(this::inElr));
    Optional<Integer> chosen = eligible.or(this::lastKnown).or(this::anyReplica);
    if (chosen.isEmpty()) {
      leader = NO_BROKER;
      return;
    }
    unclean = eligible.isEmpty();
    leader = chosen.get();
    isr = List.of(leader);
    Set<Integer> left = unclean ? new LinkedHashSet<>() : new LinkedHashSet<>(elr);
    left.remove(leader);
    elr = isr.size() >= minIsr ? Set.of() : left;
  }

  private Optional<Integer> lastKnown() {
    int last = before.leader() != NO_BROKER ? before.leader() : before.lastKnownLeader();
    boolean there =
        isr.isEmpty()
            && elr.isEmpty()
            && assignment.replicas().contains(last)
            && eligibility.active(assignment, last);
    return there ? Optional.of(last) : Optional.empty();
  }

  /** Any live replica; one whose directory is gone begins empty, and only if there is no other. */
  private Optional<Integer> anyReplica() {
    Optional<Integer> stored =
        firstOf(b -> uncleanAllowed.test(b) && eligibility.active(assignment, b));
    if (stored.isPresent()) {
      return stored;
    }
    Optional<Integer> empty =
        firstOf(
            b ->
                uncleanAllowed.test(b)
                    && eligibility.active(
                        assignment.withDirectory(b, PartitionImage.UNASSIGNED), b));
    empty.ifPresent(b -> assignment = assignment.withDirectory(b, PartitionImage.UNASSIGNED));
    return empty;
  }

  private boolean inElr(int broker) {
    return elr.contains(broker) && eligibility.active(assignment, broker);
  }

  private boolean wantedToLead(int broker) {
    return canLead(broker) && !eligibility.drained(broker);
  }

  private boolean canLead(int broker) {
    return isr.contains(broker) && eligibility.active(assignment, broker);
  }

  private Optional<Integer> firstOf(IntPredicate wanted) {
    return assignment.replicas().stream().filter(wanted::test).findFirst();
  }

  private List<Integer> inOrder(Set<Integer> brokers) {
    return assignment.replicas().stream().filter(brokers::contains).toList();
  }

  private boolean isSame(PartitionImage after) {
    return after.assignment().equals(before.assignment())
        && after.isr().equals(before.isr())
        && after.elr().equals(before.elr())
        && after.leadership().equals(before.leadership())
        && after.effectiveMinIsr() == before.effectiveMinIsr();
  }

  private static List<Integer> without(List<Integer> brokers, int broker) {
    List<Integer> left = new ArrayList<>(brokers);
    left.removeIf(id -> id == broker);
    return left;
  }
}
