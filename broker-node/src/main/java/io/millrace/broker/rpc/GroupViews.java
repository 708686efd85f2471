package io.millrace.broker.rpc;

import io.millrace.broker.group.core.CommittedOffset;
import io.millrace.broker.group.core.GroupAnswer;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.Assignment;
import io.millrace.proto.v1.CommittedTopicOffsets;
import io.millrace.proto.v1.Group;
import io.millrace.proto.v1.GroupMember;
import io.millrace.proto.v1.GroupState;
import io.millrace.proto.v1.GroupSummary;
import io.millrace.proto.v1.HeartbeatResponse;
import io.millrace.proto.v1.PartitionOffset;
import io.millrace.proto.v1.PartitionOffsetResult;
import io.millrace.proto.v1.Subscription;
import io.millrace.proto.v1.TopicIdPartitions;
import io.millrace.proto.v1.TopicOffsetResults;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;

/** Groups, their members and offsets for clients. Stateless. */
final class GroupViews {
  private GroupViews() {}

  /** A member's state. */
  static HeartbeatResponse state(GroupAnswer.MemberState state) {
    HeartbeatResponse.Builder view =
        HeartbeatResponse.newBuilder()
            .setMemberEpoch(state.memberEpoch())
            .setHeartbeatIntervalMs(state.heartbeatIntervalMs())
            .setSessionTimeoutMs(state.sessionTimeoutMs());
    state.assigned().ifPresent(assigned -> view.setAssignment(assignment(assigned)));
    return view.build();
  }

  private static Assignment assignment(Collection<TopicIdPartition> partitions) {
    Assignment.Builder view = Assignment.newBuilder();
    byTopic(partitions, Function.identity())
        .forEach(
            (id, numbers) -> {
              TopicIdPartitions.Builder topic =
                  TopicIdPartitions.newBuilder().setTopicId(Uuids.toBytes(id));
              numbers.forEach(each -> topic.addPartitions(each.partition()));
              view.addTopics(topic);
            });
    return view.build();
  }

  /** What came of each partition. */
  static List<TopicOffsetResults> results(GroupAnswer.PartitionResults answer) {
    List<TopicOffsetResults> views = new ArrayList<>();
    byTopic(answer.results(), GroupAnswer.PartitionResult::partition)
        .forEach(
            (id, results) -> {
              TopicOffsetResults.Builder topic =
                  TopicOffsetResults.newBuilder().setTopicId(Uuids.toBytes(id));
              results.forEach(each -> topic.addPartitions(result(each)));
              views.add(topic.build());
            });
    return views;
  }

  private static PartitionOffsetResult result(GroupAnswer.PartitionResult result) {
    PartitionOffsetResult.Builder view =
        PartitionOffsetResult.newBuilder().setPartition(result.partition().partition());
    result.error().ifPresent(error -> view.setError(RpcErrors.toProto(error)));
    return view.build();
  }

  /** Committed offsets. */
  static List<CommittedTopicOffsets> offsets(GroupAnswer.Offsets answer) {
    List<CommittedTopicOffsets> views = new ArrayList<>();
    byTopic(answer.offsets(), GroupAnswer.PartitionOffset::partition)
        .forEach(
            (id, offsets) -> {
              CommittedTopicOffsets.Builder topic =
                  CommittedTopicOffsets.newBuilder().setTopicId(Uuids.toBytes(id));
              offsets.forEach(each -> topic.addPartitions(offset(each)));
              views.add(topic.build());
            });
    return views;
  }

  private static io.millrace.proto.v1.CommittedOffset offset(GroupAnswer.PartitionOffset offset) {
    int number = offset.partition().partition();
    io.millrace.proto.v1.CommittedOffset.Builder view =
        io.millrace.proto.v1.CommittedOffset.newBuilder().setPartition(number);
    offset
        .committed()
        .ifPresent(
            committed ->
                view.setCommitted(committed(number, committed))
                    .setCommitTimeMs(committed.commitTimeMs()));
    return view.build();
  }

  private static PartitionOffset committed(int number, CommittedOffset committed) {
    PartitionOffset.Builder view =
        PartitionOffset.newBuilder()
            .setPartition(number)
            .setOffset(committed.offset())
            .setMetadata(committed.metadata());
    if (committed.leaderEpoch() >= 0) {
      view.setLeaderEpoch(committed.leaderEpoch());
    }
    return view.build();
  }

  /** A group with its members. */
  static Group group(GroupAnswer.Description group, int coordinatorId) {
    return Group.newBuilder()
        .setGroupId(group.groupId())
        .setState(state(group.state()))
        .setGroupEpoch(group.groupEpoch())
        .setAssignmentEpoch(group.assignmentEpoch())
        .setAssignor(group.assignor())
        .setCoordinatorId(coordinatorId)
        .addAllMembers(group.members().stream().map(GroupViews::member).toList())
        .build();
  }

  private static GroupMember member(GroupAnswer.MemberDescription member) {
    return GroupMember.newBuilder()
        .setMemberId(member.memberId())
        .setInstanceId(member.profile().instanceId())
        .setClientId(member.profile().clientId())
        .setClientHost(member.profile().clientHost())
        .setRack(member.profile().rack())
        .setMemberEpoch(member.memberEpoch())
        .setSubscription(
            Subscription.newBuilder()
                .addAllTopics(member.subscription().topics())
                .setTopicRegex(member.subscription().topicRegex()))
        .setAssigned(assignment(member.assigned()))
        .setRevoking(assignment(member.revoking()))
        .setTarget(assignment(member.target()))
        .setAway(member.away())
        .build();
  }

  /** A group in a few words. */
  static GroupSummary summary(GroupAnswer.GroupSummary group) {
    return GroupSummary.newBuilder()
        .setGroupId(group.groupId())
        .setState(state(group.state()))
        .setMembers(group.members())
        .build();
  }

  private static GroupState state(GroupAnswer.GroupState state) {
    return switch (state) {
      case EMPTY -> GroupState.GROUP_STATE_EMPTY;
      case RECONCILING -> GroupState.GROUP_STATE_RECONCILING;
      case STABLE -> GroupState.GROUP_STATE_STABLE;
    };
  }

  /** Groups what is about partitions by topic, in the order in which the topics come. */
  private static <T> Map<UUID, List<T>> byTopic(
      Collection<T> all, Function<T, TopicIdPartition> partition) {
    Map<UUID, List<T>> topics = new LinkedHashMap<>();
    for (T each : all) {
      topics.computeIfAbsent(partition.apply(each).topicId(), id -> new ArrayList<>()).add(each);
    }
    return topics;
  }
}
