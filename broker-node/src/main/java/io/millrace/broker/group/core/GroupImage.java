package io.millrace.broker.group.core;

import io.millrace.broker.group.core.GroupAnswer.GroupState;
import io.millrace.broker.group.core.GroupRecord.AssignmentFact;
import io.millrace.broker.group.core.GroupRecord.GroupFact;
import io.millrace.broker.group.core.GroupRecord.MemberFact;
import io.millrace.broker.group.core.GroupRecord.OffsetFact;
import io.millrace.broker.group.core.GroupRecord.TargetFact;
import io.millrace.broker.group.core.GroupRecord.TargetHeadFact;
import io.millrace.common.TopicIdPartition;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashTreePMap;
import org.pcollections.PMap;
import org.pcollections.PSortedMap;
import org.pcollections.TreePMap;

/**
 * A group as an immutable value. A member is who is among {@code members}: a target or an
 * assignment of somebody else is a remnant, to be swept.
 *
 * @param head what holds for it as a whole
 * @param targetHead what the targets rest on
 * @param members by member id
 * @param targets what members are to own in the end, by member id
 * @param assignments what members have in their hands, by member id
 * @param owners the same by partition: each is in the hands of one member at most
 * @param offsets committed offsets by topic id and partition; no topic without any
 */
record GroupImage(
    GroupHead head,
    TargetHead targetHead,
    PSortedMap<String, Member> members,
    PSortedMap<String, SortedSet<TopicIdPartition>> targets,
    PSortedMap<String, Assignment> assignments,
    PMap<TopicIdPartition, String> owners,
    PSortedMap<UUID, PSortedMap<Integer, CommittedOffset>> offsets) {

  /** A group that does not exist. */
  static final GroupImage NONE =
      new GroupImage(
          GroupHead.NONE,
          TargetHead.NONE,
          TreePMap.empty(),
          TreePMap.empty(),
          TreePMap.empty(),
          HashTreePMap.empty(),
          TreePMap.empty());

  /** Whether it exists for clients. */
  boolean exists() {
    return !members.isEmpty() || !offsets.isEmpty();
  }

  Optional<Member> member(String memberId) {
    return Optional.ofNullable(members.get(memberId));
  }

  /** What a member has in its hands. */
  Assignment assignment(String memberId) {
    return assignments.getOrDefault(memberId, Assignment.NONE);
  }

  /** What a member is to own in the end. */
  SortedSet<TopicIdPartition> target(String memberId) {
    return targets.getOrDefault(memberId, Partitions.NONE);
  }

  /** The member that bears a static name. */
  Optional<String> memberOfInstance(String instanceId) {
    return members.entrySet().stream()
        .filter(entry -> entry.getValue().profile().instanceId().equals(instanceId))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  Optional<CommittedOffset> offset(TopicIdPartition partition) {
    @Nullable PSortedMap<Integer, CommittedOffset> topic = offsets.get(partition.topicId());
    return topic == null ? Optional.empty() : Optional.ofNullable(topic.get(partition.partition()));
  }

  /** What the group is doing. */
  GroupState state() {
    if (members.isEmpty()) {
      return GroupState.EMPTY;
    }
    boolean settled =
        targetHead.epoch() == head.epoch() && members.keySet().stream().allMatch(this::isSettled);
    return settled ? GroupState.STABLE : GroupState.RECONCILING;
  }

  private boolean isSettled(String memberId) {
    Assignment assignment = assignment(memberId);
    return assignment.revoking().isEmpty()
        && assignment.assigned().keySet().equals(target(memberId));
  }

  /** With a record's fact. */
  GroupImage replay(GroupRecord record) {
    if (record instanceof GroupFact fact) {
      return withHeads(fact.head().orElse(GroupHead.NONE), targetHead);
    } else if (record instanceof TargetHeadFact fact) {
      return withHeads(head, fact.head().orElse(TargetHead.NONE));
    } else if (record instanceof MemberFact fact) {
      return withMembers(set(members, fact.memberId(), fact.member()));
    } else if (record instanceof TargetFact fact) {
      return withTargets(set(targets, fact.memberId(), fact.target()));
    } else if (record instanceof AssignmentFact fact) {
      return withAssignment(fact);
    } else if (record instanceof OffsetFact fact) {
      return withOffset(fact);
    }
    throw new IllegalStateException("no replay of a " + record.getClass().getSimpleName());
  }

  private static <V> PSortedMap<String, V> set(
      PSortedMap<String, V> map, String key, Optional<V> value) {
    return value.isPresent() ? map.plus(key, value.get()) : map.minus(key);
  }

  private GroupImage withHeads(GroupHead newHead, TargetHead newTargetHead) {
    return new GroupImage(newHead, newTargetHead, members, targets, assignments, owners, offsets);
  }

  private GroupImage withMembers(PSortedMap<String, Member> newMembers) {
    return new GroupImage(head, targetHead, newMembers, targets, assignments, owners, offsets);
  }

  private GroupImage withTargets(PSortedMap<String, SortedSet<TopicIdPartition>> newTargets) {
    return new GroupImage(head, targetHead, members, newTargets, assignments, owners, offsets);
  }

  private GroupImage withAssignment(AssignmentFact fact) {
    Assignment before = assignment(fact.memberId());
    Assignment after = fact.assignment().orElse(Assignment.NONE);
    PMap<TopicIdPartition, String> newOwners = owners;
    newOwners = released(newOwners, before.assigned(), after);
    newOwners = released(newOwners, before.revoking(), after);
    newOwners = taken(newOwners, after.assigned(), fact);
    newOwners = taken(newOwners, after.revoking(), fact);
    return new GroupImage(
        head,
        targetHead,
        members,
        targets,
        set(assignments, fact.memberId(), fact.assignment()),
        newOwners,
        offsets);
  }

  private static PMap<TopicIdPartition, String> released(
      PMap<TopicIdPartition, String> owners,
      PSortedMap<TopicIdPartition, Integer> before,
      Assignment after) {
    PMap<TopicIdPartition, String> left = owners;
    for (TopicIdPartition partition : before.keySet()) {
      left = after.holds(partition) ? left : left.minus(partition);
    }
    return left;
  }

  private static PMap<TopicIdPartition, String> taken(
      PMap<TopicIdPartition, String> owners,
      PSortedMap<TopicIdPartition, Integer> held,
      AssignmentFact fact) {
    PMap<TopicIdPartition, String> all = owners;
    for (TopicIdPartition partition : held.keySet()) {
      @Nullable String owner = all.get(partition);
      if (owner == null) {
        all = all.plus(partition, fact.memberId());
      } else if (!owner.equals(fact.memberId())) {
        throw new InvalidGroupRecordException(
            "group %s: partition %s in the hands of %s and %s (expected: of one)"
                .formatted(fact.groupId(), partition, owner, fact.memberId()));
      }
    }
    return all;
  }

  private GroupImage withOffset(OffsetFact fact) {
    UUID topic = fact.partition().topicId();
    PSortedMap<Integer, CommittedOffset> before = offsets.getOrDefault(topic, TreePMap.empty());
    PSortedMap<Integer, CommittedOffset> after =
        fact.committed().isPresent()
            ? before.plus(fact.partition().partition(), fact.committed().get())
            : before.minus(fact.partition().partition());
    return new GroupImage(
        head,
        targetHead,
        members,
        targets,
        assignments,
        owners,
        after.isEmpty() ? offsets.minus(topic) : offsets.plus(topic, after));
  }
}
