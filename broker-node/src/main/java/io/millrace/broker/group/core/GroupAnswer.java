package io.millrace.broker.group.core;

import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;

/** What became of a command or a query. Sets of partitions are ordered by topic id and number. */
public sealed interface GroupAnswer {
  /**
   * Nothing changed; or, if the code is retriable, nothing is known to have changed and the same
   * may be asked again.
   *
   * @param error why
   */
  record Refused(MillraceError error) implements GroupAnswer {}

  /** It is done, and there is nothing to be told about it. */
  record Done() implements GroupAnswer {}

  /**
   * A member's state: the answer to a heartbeat, and what is pushed.
   *
   * @param memberEpoch the epoch, to be sent back
   * @param heartbeatIntervalMs how often a heartbeat is expected
   * @param sessionTimeoutMs how long the member may be silent
   * @param assigned what the member may own now; empty once it has said that it owns just that
   */
  record MemberState(
      int memberEpoch,
      int heartbeatIntervalMs,
      int sessionTimeoutMs,
      Optional<SortedSet<TopicIdPartition>> assigned)
      implements GroupAnswer {}

  /**
   * What became of each partition.
   *
   * @param results in the order of the command
   */
  record PartitionResults(List<PartitionResult> results) implements GroupAnswer {
    public PartitionResults {
      results = List.copyOf(results);
    }
  }

  /**
   * What became of a partition.
   *
   * @param partition the partition
   * @param error why not; empty when it was done
   */
  record PartitionResult(TopicIdPartition partition, Optional<MillraceError> error) {}

  /**
   * Committed offsets.
   *
   * @param offsets in the order that the query asks for
   */
  record Offsets(List<PartitionOffset> offsets) implements GroupAnswer {
    public Offsets {
      offsets = List.copyOf(offsets);
    }
  }

  /**
   * A partition's committed offset.
   *
   * @param partition the partition
   * @param committed what was committed; empty when nothing was
   */
  record PartitionOffset(TopicIdPartition partition, Optional<CommittedOffset> committed) {}

  /**
   * Groups.
   *
   * @param groups by name
   * @param more whether there are more after the last
   */
  record Groups(List<GroupSummary> groups, boolean more) implements GroupAnswer {
    public Groups {
      groups = List.copyOf(groups);
    }
  }

  /**
   * A group in a few words.
   *
   * @param groupId the group
   * @param state what it is doing
   * @param members how many members it has
   */
  record GroupSummary(String groupId, GroupState state, int members) {}

  /**
   * A group.
   *
   * @param groupId the group
   * @param state what it is doing
   * @param groupEpoch grows with each change of members, subscriptions or topics
   * @param assignmentEpoch the group epoch that the targets were worked out for
   * @param assignor how partitions are assigned
   * @param members by member id
   */
  record Description(
      String groupId,
      GroupState state,
      int groupEpoch,
      int assignmentEpoch,
      String assignor,
      List<MemberDescription> members)
      implements GroupAnswer {
    public Description {
      members = List.copyOf(members);
    }
  }

  /**
   * A member.
   *
   * @param memberId the member
   * @param profile who it is, with the time-outs that are in force
   * @param memberEpoch the epoch that it was told
   * @param subscription what it subscribes to
   * @param assigned what it may own now
   * @param revoking what it is still to give up
   * @param target what it is to own in the end
   * @param away whether it is a static member that has left and keeps its place
   */
  record MemberDescription(
      String memberId,
      GroupCommand.MemberProfile profile,
      int memberEpoch,
      Subscription subscription,
      SortedSet<TopicIdPartition> assigned,
      SortedSet<TopicIdPartition> revoking,
      SortedSet<TopicIdPartition> target,
      boolean away) {}

  /** What a group is doing. */
  enum GroupState {
    /** It has no members. */
    EMPTY,
    /** Partitions are still on the way from one member to another. */
    RECONCILING,
    /** Every member has what it is to have. */
    STABLE
  }
}
