package io.millrace.broker.rpc;

import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.millrace.proto.v1.Assignment;
import io.millrace.proto.v1.CommitOffsetsRequest;
import io.millrace.proto.v1.CommitOffsetsResponse;
import io.millrace.proto.v1.FindCoordinatorRequest;
import io.millrace.proto.v1.FindCoordinatorResponse;
import io.millrace.proto.v1.GetOffsetsRequest;
import io.millrace.proto.v1.GroupServiceGrpc;
import io.millrace.proto.v1.HeartbeatRequest;
import io.millrace.proto.v1.HeartbeatResponse;
import io.millrace.proto.v1.LeaveGroupRequest;
import io.millrace.proto.v1.ListGroupsRequest;
import io.millrace.proto.v1.MetadataServiceGrpc;
import io.millrace.proto.v1.OffsetServiceGrpc;
import io.millrace.proto.v1.OwnedPartitions;
import io.millrace.proto.v1.PartitionOffset;
import io.millrace.proto.v1.Subscription;
import io.millrace.proto.v1.TopicIdPartitions;
import io.millrace.proto.v1.TopicOffsets;
import java.util.List;

/** Groups and offsets for a test's client. */
final class GroupApi {
  final GroupServiceGrpc.GroupServiceBlockingStub groups;
  final GroupServiceGrpc.GroupServiceFutureStub async;
  final GroupServiceGrpc.GroupServiceStub streams;
  final OffsetServiceGrpc.OffsetServiceBlockingStub offsets;
  final MetadataServiceGrpc.MetadataServiceBlockingStub metadata;

  GroupApi(ManagedChannel channel) {
    groups = GroupServiceGrpc.newBlockingStub(channel);
    async = GroupServiceGrpc.newFutureStub(channel);
    streams = GroupServiceGrpc.newStub(channel);
    offsets = OffsetServiceGrpc.newBlockingStub(channel);
    metadata = MetadataServiceGrpc.newBlockingStub(channel);
  }

  FindCoordinatorResponse find(String group) {
    return metadata.findCoordinator(FindCoordinatorRequest.newBuilder().setGroupId(group).build());
  }

  /** Waits until all groups' coordinators here are ready. */
  void awaitCoordinator(String group) {
    await().ignoreException(StatusRuntimeException.class).until(() -> find(group) != null);
    await()
        .ignoreException(StatusRuntimeException.class)
        .until(() -> groups.listGroups(ListGroupsRequest.getDefaultInstance()) != null);
  }

  static HeartbeatRequest joining(String group, String member, String topic) {
    return HeartbeatRequest.newBuilder()
        .setGroupId(group)
        .setMemberId(member)
        .setSubscription(Subscription.newBuilder().addTopics(topic))
        .setOwned(OwnedPartitions.getDefaultInstance())
        .build();
  }

  HeartbeatResponse join(String group, String member, String topic) {
    return groups.heartbeat(joining(group, member, topic));
  }

  /** Says that it owns what it was told, until nothing new comes. */
  HeartbeatResponse settled(String group, String member, HeartbeatResponse joined) {
    HeartbeatResponse state = joined;
    Assignment assigned = joined.getAssignment();
    for (int i = 0; i < 3; i++) {
      state =
          groups.heartbeat(
              HeartbeatRequest.newBuilder()
                  .setGroupId(group)
                  .setMemberId(member)
                  .setMemberEpoch(state.getMemberEpoch())
                  .setOwned(OwnedPartitions.newBuilder().addAllTopics(assigned.getTopicsList()))
                  .build());
      if (state.hasAssignment()) {
        assigned = state.getAssignment();
      }
    }
    return state;
  }

  void leave(String group, String member, int epoch) {
    groups.leaveGroup(
        LeaveGroupRequest.newBuilder()
            .setGroupId(group)
            .setMemberId(member)
            .setMemberEpoch(epoch)
            .build());
  }

  /** Commits from outside of the group; gives the codes of what failed. */
  List<String> commit(String group, ByteString topic, PartitionOffset... partitions) {
    return commit(group, "", 0, topic, partitions);
  }

  List<String> commit(
      String group, String member, int epoch, ByteString topic, PartitionOffset... partitions) {
    CommitOffsetsResponse answer =
        offsets.commitOffsets(
            CommitOffsetsRequest.newBuilder()
                .setGroupId(group)
                .setMemberId(member)
                .setMemberEpoch(epoch)
                .addTopics(
                    TopicOffsets.newBuilder()
                        .setTopicId(topic)
                        .addAllPartitions(List.of(partitions)))
                .build());
    return answer.getTopicsList().stream()
        .flatMap(each -> each.getPartitionsList().stream())
        .filter(each -> each.hasError())
        .map(each -> Api.code(each.getError()))
        .toList();
  }

  /** A partition's committed offset, or -1. */
  long committed(String group, ByteString topic, int partition) {
    return offsets
        .getOffsets(GetOffsetsRequest.newBuilder().setGroupId(group).build())
        .getTopicsList()
        .stream()
        .filter(each -> each.getTopicId().equals(topic))
        .flatMap(each -> each.getPartitionsList().stream())
        .filter(each -> each.getPartition() == partition)
        .mapToLong(each -> each.getCommitted().getOffset())
        .findFirst()
        .orElse(-1);
  }

  static PartitionOffset at(int partition, long offset) {
    return PartitionOffset.newBuilder().setPartition(partition).setOffset(offset).build();
  }

  static TopicIdPartitions partitions(ByteString topic, Integer... numbers) {
    return TopicIdPartitions.newBuilder()
        .setTopicId(topic)
        .addAllPartitions(List.of(numbers))
        .build();
  }
}
