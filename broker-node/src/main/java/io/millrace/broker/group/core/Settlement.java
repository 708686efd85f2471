package io.millrace.broker.group.core;

import io.millrace.broker.group.core.GroupRecord.AssignmentFact;
import io.millrace.broker.group.core.GroupRecord.GroupFact;
import io.millrace.broker.group.core.GroupRecord.TargetFact;
import io.millrace.broker.group.core.GroupRecord.TargetHeadFact;
import io.millrace.broker.group.core.TopicsView.Topic;
import io.millrace.common.TopicIdPartition;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;

/**
 * What follows from the changes of an append, once for each group however many changes there were:
 * new targets if the group's epoch went up, then a step of each member towards its target. Confined
 * to the core.
 *
 * <p>Not final: tests put defects in.
 */
class Settlement {
  private final TopicMatches matches;
  private final LiveMembers live;

  Settlement(TopicMatches matches, LiveMembers live) {
    this.matches = matches;
    this.live = live;
  }

  /** Settles a group in which something changed. */
  void settle(Changes changes, String groupId, long wallMs) {
    if (changes.group(groupId).members().isEmpty()) {
      becomeEmpty(changes, groupId, wallMs);
      return;
    }
    aim(changes, groupId);
    SortedMap<String, Member> members = changes.group(groupId).members();
    for (var member : members.entrySet()) {
      MemberKey key = new MemberKey(groupId, member.getKey());
      if (member.getValue().away() || changes.mark().back().contains(key)) {
        drop(changes, key);
      }
    }
    for (String memberId : members.keySet()) {
      step(changes, new MemberKey(groupId, memberId));
    }
  }

  /** Settles what one heartbeat has made possible for its member. */
  void settle(Changes changes, MemberKey key) {
    if (changes.group(key.groupId()).member(key.memberId()).isPresent()) {
      step(changes, key);
    }
  }

  /** Whether topics changed since the group's epoch was raised. */
  boolean isOutdated(GroupImage group) {
    return TopicMatches.hash(topics(group)) != group.head().topicsHash();
  }

  private SortedMap<String, Topic> topics(GroupImage group) {
    return matches.of(group.members().values().stream().map(Member::subscription).toList());
  }

  private static void becomeEmpty(Changes changes, String groupId, long wallMs) {
    GroupHead head = changes.group(groupId).head();
    if (head.epoch() > 0 && head.emptySinceMs() == GroupHead.NOT_EMPTY) {
      changes.add(
          new GroupFact(
              groupId, Optional.of(new GroupHead(head.epoch(), wallMs, head.topicsHash()))));
    }
  }

  // ---- targets

  private void aim(Changes changes, String groupId) {
    GroupImage group = changes.group(groupId);
    if (group.targetHead().epoch() == group.head().epoch()) {
      return;
    }
    long hash = TopicMatches.hash(topics(group));
    if (hash != group.head().topicsHash() || group.head().emptySinceMs() != GroupHead.NOT_EMPTY) {
      changes.add(
          new GroupFact(
              groupId,
              Optional.of(new GroupHead(group.head().epoch(), GroupHead.NOT_EMPTY, hash))));
    }
    Assignor assignor = Assignors.of(group);
    Map<String, SortedSet<TopicIdPartition>> targets =
        assignor.assign(AssignmentProblem.of(group, matches));
    for (String memberId : group.members().keySet()) {
      SortedSet<TopicIdPartition> target = targets.getOrDefault(memberId, Partitions.NONE);
      if (!target.equals(group.targets().get(memberId))) {
        changes.add(new TargetFact(groupId, memberId, Optional.of(target)));
      }
    }
    changes.add(
        new TargetHeadFact(
            groupId, Optional.of(new TargetHead(group.head().epoch(), assignor.name()))));
  }

  // ---- members

  /** Who owns nothing gives up at once, before anybody is given what that makes free. */
  private static void drop(Changes changes, MemberKey key) {
    Reconciliation.dropping(changes.group(key.groupId()), key.memberId())
        .ifPresent(next -> change(changes, key, next));
  }

  private static void change(Changes changes, MemberKey key, Assignment next) {
    changes.add(new AssignmentFact(key.groupId(), key.memberId(), Optional.of(next)));
  }

  private void step(Changes changes, MemberKey key) {
    GroupImage group = changes.group(key.groupId());
    boolean confirmed = live.hasConfirmed(key, group.assignment(key.memberId()));
    next(group, key.memberId(), confirmed).ifPresent(next -> change(changes, key, next));
  }

  /** What a member is to have in its hands next, if that changes. */
  Optional<Assignment> next(GroupImage group, String memberId, boolean confirmed) {
    return Reconciliation.next(group, memberId, confirmed);
  }
}
