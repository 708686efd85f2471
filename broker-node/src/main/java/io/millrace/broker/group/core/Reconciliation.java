package io.millrace.broker.group.core;

import io.millrace.common.TopicIdPartition;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;

/**
 * Moves one member a step towards its target, as KIP-848 has it: first it is to give up what is not
 * in the target; only when it has said that it did, it is given what is, and what nobody else has.
 * Stateless.
 */
final class Reconciliation {
  private Reconciliation() {}

  /**
   * What a member is to have in its hands next.
   *
   * @param group the group, whose targets are those of its epoch
   * @param memberId the member
   * @param confirmed whether it has shown to know its epoch: only then the epoch may go up
   * @return empty if nothing changes for now
   */
  static Optional<Assignment> next(GroupImage group, String memberId, boolean confirmed) {
    Assignment before = group.assignment(memberId);
    SortedSet<TopicIdPartition> target = group.target(memberId);
    if (group.member(memberId).filter(Member::away).isPresent()) {
      return dropping(group, memberId);
    }
    Assignment revoked = revoking(before, target);
    boolean mayGain = confirmed && revoked.revoking().isEmpty();
    return changed(before, mayGain ? gaining(group, revoked, target) : revoked);
  }

  private static Optional<Assignment> changed(Assignment before, Assignment after) {
    return after.equals(before) ? Optional.empty() : Optional.of(after);
  }

  /**
   * What is left to a member that owns nothing, as it is away, or came back and was told nothing
   * yet: what it is to give up is free at once.
   *
   * @return empty if nothing changes
   */
  static Optional<Assignment> dropping(GroupImage group, String memberId) {
    Assignment before = group.assignment(memberId);
    return changed(before, revoking(before, group.target(memberId)).releasing(Partitions.NONE));
  }

  private static Assignment revoking(Assignment before, SortedSet<TopicIdPartition> target) {
    if (target.containsAll(before.assigned().keySet())) {
      return before;
    }
    Map<TopicIdPartition, Integer> kept = new TreeMap<>(Partitions.ORDER);
    Map<TopicIdPartition, Integer> leaving = new TreeMap<>(Partitions.ORDER);
    leaving.putAll(before.revoking());
    before
        .assigned()
        .forEach(
            (partition, given) ->
                (target.contains(partition) ? kept : leaving).put(partition, given));
    return new Assignment(
        before.epoch(), before.previousEpoch(), Partitions.map(kept), Partitions.map(leaving));
  }

  private static Assignment gaining(
      GroupImage group, Assignment before, SortedSet<TopicIdPartition> target) {
    int epoch = Math.max(Math.addExact(before.epoch(), 1), group.targetHead().epoch());
    Map<TopicIdPartition, Integer> all = new TreeMap<>(Partitions.ORDER);
    all.putAll(before.assigned());
    for (TopicIdPartition partition : target) {
      if (!group.owners().containsKey(partition)) {
        all.put(partition, epoch);
      }
    }
    boolean first = before.epoch() == 0;
    return all.size() == before.assigned().size() && !first
        ? before
        : new Assignment(epoch, before.epoch(), Partitions.map(all), before.revoking());
  }
}
