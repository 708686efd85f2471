package io.millrace.broker.group.core;

import io.millrace.common.TopicIdPartition;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a client wants of a group. Checked by the core, not by its maker. Names, ids and texts are
 * as they came; a refusal is {@link GroupAnswer.Refused}, and any command may be refused with
 * INVALID_GROUP_ID, COORDINATOR_LOADING, NOT_COORDINATOR, THROTTLED, or the error of an append.
 */
public sealed interface GroupCommand {
  /** The group, 1 to 249 bytes of UTF-8 without control characters. */
  String groupId();

  /**
   * A member's sign of life, as {@code millrace.v1.HeartbeatRequest} says. Answered with {@link
   * GroupAnswer.MemberState}.
   *
   * <p>Within one epoch, what a member says to own only shrinks: it counts a partition as its own
   * from the answer on that gives it. So a heartbeat that comes late never frees what the member
   * has.
   *
   * @param groupId the group
   * @param memberId the member, 1 to 64 of [a-zA-Z0-9._-]
   * @param memberEpoch 0 to join, else the epoch that the member was told last; FENCED_MEMBER_EPOCH
   *     for any other but a lost answer's, UNKNOWN_MEMBER_ID for a member that is not in the group
   * @param profile who the member is; counts when it joins
   * @param subscription what it subscribes to; empty when unchanged, required when it joins
   * @param assignor the assignor that it wants; empty for no wish, or when unchanged
   * @param owned what it owns; empty when unchanged
   * @param stream the stream that it came on, on which the member's state is pushed from then on;
   *     empty for a call of its own, which changes nothing about streams
   */
  record Heartbeat(
      String groupId,
      String memberId,
      int memberEpoch,
      MemberProfile profile,
      Optional<Subscription> subscription,
      Optional<String> assignor,
      Optional<Set<TopicIdPartition>> owned,
      Optional<StreamToken> stream)
      implements GroupCommand {}

  /**
   * Ends a membership. Answered with {@link GroupAnswer.Done}, also when there is no such member.
   *
   * @param groupId the group
   * @param memberId the member
   * @param memberEpoch its epoch, or 0 if it was never told one; FENCED_MEMBER_EPOCH otherwise
   * @param keepStatic true for a static member that comes back within its session timeout
   */
  record Leave(String groupId, String memberId, int memberEpoch, boolean keepStatic)
      implements GroupCommand {}

  /**
   * Commits offsets. Answered with {@link GroupAnswer.PartitionResults} in the same order; refused
   * as a whole with UNKNOWN_MEMBER_ID, or STALE_MEMBER_EPOCH when the epoch was never told to the
   * member.
   *
   * @param groupId the group
   * @param memberId the member, or empty for someone outside, who may commit while there are no
   *     members
   * @param memberEpoch the member's epoch; not looked at without a member
   * @param offsets each partition at most once
   */
  record CommitOffsets(
      String groupId, String memberId, int memberEpoch, List<OffsetToCommit> offsets)
      implements GroupCommand {
    public CommitOffsets {
      offsets = List.copyOf(offsets);
    }
  }

  /**
   * Forgets committed offsets. Answered with {@link GroupAnswer.PartitionResults} in the same
   * order; GROUP_SUBSCRIBED_TO_TOPIC for partitions of a topic to which a member is subscribed.
   *
   * @param groupId the group; UNKNOWN_GROUP if there is none
   * @param partitions which ones
   */
  record DeleteOffsets(String groupId, List<TopicIdPartition> partitions) implements GroupCommand {
    public DeleteOffsets {
      partitions = List.copyOf(partitions);
    }
  }

  /**
   * Deletes a group and its offsets. Answered with {@link GroupAnswer.Done}; GROUP_NOT_EMPTY with
   * members, UNKNOWN_GROUP if there is none.
   *
   * @param groupId the group
   */
  record DeleteGroup(String groupId) implements GroupCommand {}

  /**
   * Who a member is; fixed when it joins.
   *
   * @param instanceId the name that outlives the process (static membership), or empty
   * @param rack the client's rack, or empty
   * @param clientId a name for people, at most 249 bytes, or empty
   * @param clientHost the client's address as this broker sees it
   * @param rebalanceTimeoutMs how long it may take to give partitions up, [1000, 3600000]; 0 for
   *     the default
   * @param sessionTimeoutMs how long it may be silent, within the group settings' bounds; 0 for the
   *     default
   */
  record MemberProfile(
      String instanceId,
      String rack,
      String clientId,
      String clientHost,
      int rebalanceTimeoutMs,
      int sessionTimeoutMs) {}

  /**
   * An offset to be committed.
   *
   * @param partition the partition
   * @param offset the next offset to be read, from 0
   * @param leaderEpoch the leader epoch of the last record that was read, or -1
   * @param metadata anything the consumer wants to find again
   */
  record OffsetToCommit(
      TopicIdPartition partition, long offset, int leaderEpoch, String metadata) {}
}
