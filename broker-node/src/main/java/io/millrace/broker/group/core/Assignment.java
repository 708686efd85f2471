package io.millrace.broker.group.core;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.pcollections.PSortedMap;

/**
 * What a member has in its hands. A partition is in one of the maps at most; each remembers the
 * member epoch in which it was given, at most {@code epoch}.
 *
 * @param epoch the member's epoch, from 1; grows with each partition that is given
 * @param previousEpoch the epoch before, or 0
 * @param assigned what the member may own
 * @param revoking what it is to give up, and has not yet
 */
record Assignment(
    int epoch,
    int previousEpoch,
    PSortedMap<TopicIdPartition, Integer> assigned,
    PSortedMap<TopicIdPartition, Integer> revoking) {

  /** A member that was given nothing yet, not even an epoch. */
  static final Assignment NONE =
      new Assignment(0, 0, Partitions.map(Map.of()), Partitions.map(Map.of()));

  /** Whether the member has the partition, or may have it. */
  boolean holds(TopicIdPartition partition) {
    return assigned.containsKey(partition) || revoking.containsKey(partition);
  }

  /** Why a commit of the partition under that epoch is too old, if it is. */
  Optional<MillraceError> refusalOfCommit(TopicIdPartition partition, int commitEpoch) {
    @Nullable Integer given = assigned.get(partition);
    if (given == null) {
      given = revoking.get(partition);
    }
    if (given == null) {
      return Optional.of(
          new MillraceError(
              ErrorCode.STALE_MEMBER_EPOCH,
              "partition: " + partition + " (expected: one that the member has)"));
    }
    return commitEpoch >= given
        ? Optional.empty()
        : Optional.of(
            new MillraceError(
                ErrorCode.STALE_MEMBER_EPOCH,
                "member_epoch: "
                    + commitEpoch
                    + " (expected: at least "
                    + given
                    + ", in which the member was given "
                    + partition
                    + ")"));
  }

  /** Without those that the member does not own any more. */
  Assignment releasing(SortedSet<TopicIdPartition> owned) {
    TreeMap<TopicIdPartition, Integer> left = new TreeMap<>(Partitions.ORDER);
    revoking.forEach(
        (partition, given) -> {
          if (owned.contains(partition)) {
            left.put(partition, given);
          }
        });
    return left.size() == revoking.size()
        ? this
        : new Assignment(epoch, previousEpoch, assigned, Partitions.map(left));
  }

  /** The same partitions given anew, to a member that came back. */
  Assignment givenAnewIn(int newEpoch) {
    TreeMap<TopicIdPartition, Integer> again = new TreeMap<>(Partitions.ORDER);
    assigned.keySet().forEach(partition -> again.put(partition, newEpoch));
    return new Assignment(newEpoch, 0, Partitions.map(again), Partitions.map(Map.of()));
  }
}
