package io.millrace.broker.group.core;

import io.millrace.common.TopicIdPartition;
import java.util.Optional;
import java.util.SortedSet;

/**
 * A fact about a group, as it is kept in the offsets topic. Each is about a key of its own, and
 * says all that is true of it now; an empty one says that it is gone. So the last record of each
 * key is all that is needed, in whatever order compaction leaves them.
 */
sealed interface GroupRecord {
  /** The group. */
  String groupId();

  /**
   * The group as a whole.
   *
   * @param groupId the group
   * @param head what holds for it
   */
  record GroupFact(String groupId, Optional<GroupHead> head) implements GroupRecord {}

  /**
   * Who is a member: the one record that decides it.
   *
   * @param groupId the group
   * @param memberId the member
   * @param member what it said of itself
   */
  record MemberFact(String groupId, String memberId, Optional<Member> member)
      implements GroupRecord {}

  /**
   * What the targets rest on; comes after them.
   *
   * @param groupId the group
   * @param head the group epoch and the assignor
   */
  record TargetHeadFact(String groupId, Optional<TargetHead> head) implements GroupRecord {}

  /**
   * A member's target.
   *
   * @param groupId the group
   * @param memberId the member
   * @param target what it is to own in the end
   */
  record TargetFact(String groupId, String memberId, Optional<SortedSet<TopicIdPartition>> target)
      implements GroupRecord {}

  /**
   * What a member has in its hands.
   *
   * @param groupId the group
   * @param memberId the member
   * @param assignment its epoch and partitions
   */
  record AssignmentFact(String groupId, String memberId, Optional<Assignment> assignment)
      implements GroupRecord {}

  /**
   * A committed offset.
   *
   * @param groupId the group
   * @param partition the partition
   * @param committed what was committed
   */
  record OffsetFact(String groupId, TopicIdPartition partition, Optional<CommittedOffset> committed)
      implements GroupRecord {}
}
