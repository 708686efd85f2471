package io.millrace.client.internal;

import com.google.protobuf.ByteString;
import io.millrace.client.api.OffsetAndMetadata;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.CommitOffsetsRequest;
import io.millrace.proto.v1.CommitOffsetsResponse;
import io.millrace.proto.v1.CommittedOffset;
import io.millrace.proto.v1.DeleteOffsetsRequest;
import io.millrace.proto.v1.DeleteOffsetsResponse;
import io.millrace.proto.v1.GetOffsetsRequest;
import io.millrace.proto.v1.GetOffsetsResponse;
import io.millrace.proto.v1.OffsetServiceGrpc;
import io.millrace.proto.v1.PartitionOffset;
import io.millrace.proto.v1.TopicOffsetResults;
import io.millrace.proto.v1.TopicOffsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** A group's committed offsets, asked of its coordinator. Blocking; thread-safe. */
final class GroupOffsets {
  private final GroupCoordinator coordinator;
  private final MetadataCache metadata;

  GroupOffsets(GroupCoordinator coordinator, MetadataCache metadata) {
    this.coordinator = coordinator;
    this.metadata = metadata;
  }

  /**
   * A committed offset.
   *
   * @param commitTimeMs when, in milliseconds since 1970 UTC
   */
  record Committed(OffsetAndMetadata offset, long commitTimeMs) {}

  /**
   * A partition by the id that its topic has now.
   *
   * @throws MillraceException if there is no such topic
   */
  TopicIdPartition id(TopicPartition partition, Duration timeout) {
    TopicView topic = metadata.topic(partition.topic(), timeout);
    return new TopicIdPartition(topic.id(), partition.partition());
  }

  /**
   * Commits, with one try at the coordinator.
   *
   * @param member empty to commit for a group without members
   * @return why some were refused
   * @throws MillraceException why all of them were, or what came in between
   */
  Map<TopicIdPartition, MillraceError> commitOnce(
      Optional<MemberIdentity> member,
      Map<TopicIdPartition, OffsetAndMetadata> offsets,
      Duration timeout) {
    return errors(coordinator.callOnce(timeout, committing(member, offsets)).getTopicsList());
  }

  /** Commits for a group without members; returns why some were refused. */
  Map<TopicIdPartition, MillraceError> commit(
      Map<TopicIdPartition, OffsetAndMetadata> offsets, Duration timeout) {
    return errors(coordinator.call(timeout, committing(Optional.empty(), offsets)).getTopicsList());
  }

  private ClusterClient.Call<CommitOffsetsResponse> committing(
      Optional<MemberIdentity> member, Map<TopicIdPartition, OffsetAndMetadata> offsets) {
    CommitOffsetsRequest.Builder request =
        CommitOffsetsRequest.newBuilder()
            .setGroupId(coordinator.groupId())
            .addAllTopics(toProto(offsets));
    member.ifPresent(m -> request.setMemberId(m.memberId()).setMemberEpoch(m.epoch()));
    return (channel, left) ->
        OffsetServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(left.toMillis(), TimeUnit.MILLISECONDS)
            .commitOffsets(request.build());
  }

  /**
   * What is committed.
   *
   * @param partitions of which; none for all that the group has
   */
  Map<TopicIdPartition, Committed> find(Collection<TopicIdPartition> partitions, Duration timeout) {
    GetOffsetsRequest request =
        GetOffsetsRequest.newBuilder()
            .setGroupId(coordinator.groupId())
            .addAllTopics(Partitions.toProto(partitions))
            .build();
    GetOffsetsResponse answer =
        coordinator.call(
            timeout,
            (channel, left) ->
                OffsetServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(left.toMillis(), TimeUnit.MILLISECONDS)
                    .getOffsets(request));
    Map<TopicIdPartition, Committed> found = new HashMap<>();
    answer
        .getTopicsList()
        .forEach(
            topic ->
                topic.getPartitionsList().stream()
                    .filter(CommittedOffset::hasCommitted)
                    .forEach(
                        p -> found.put(id(topic.getTopicId(), p.getPartition()), fromProto(p))));
    return found;
  }

  /** Forgets what is committed; returns why some were refused. */
  Map<TopicIdPartition, MillraceError> delete(
      Collection<TopicIdPartition> partitions, Duration timeout) {
    DeleteOffsetsRequest request =
        DeleteOffsetsRequest.newBuilder()
            .setGroupId(coordinator.groupId())
            .addAllTopics(Partitions.toProto(partitions))
            .build();
    DeleteOffsetsResponse answer =
        coordinator.call(
            timeout,
            (channel, left) ->
                OffsetServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(left.toMillis(), TimeUnit.MILLISECONDS)
                    .deleteOffsets(request));
    return errors(answer.getTopicsList());
  }

  private static Committed fromProto(CommittedOffset told) {
    PartitionOffset offset = told.getCommitted();
    if (offset.getOffset() < 0) {
      throw new MillraceException(
          ErrorCode.INTERNAL, "the coordinator told the offset " + offset.getOffset());
    }
    OptionalInt epoch =
        offset.hasLeaderEpoch() ? OptionalInt.of(offset.getLeaderEpoch()) : OptionalInt.empty();
    return new Committed(
        new OffsetAndMetadata(offset.getOffset(), epoch, offset.getMetadata()),
        told.getCommitTimeMs());
  }

  private static List<TopicOffsets> toProto(Map<TopicIdPartition, OffsetAndMetadata> offsets) {
    Map<UUID, TopicOffsets.Builder> topics = new TreeMap<>();
    offsets.forEach(
        (partition, offset) ->
            topics
                .computeIfAbsent(
                    partition.topicId(),
                    id -> TopicOffsets.newBuilder().setTopicId(Uuids.toBytes(id)))
                .addPartitions(toProto(partition, offset)));
    return topics.values().stream().map(TopicOffsets.Builder::build).toList();
  }

  private static PartitionOffset toProto(TopicIdPartition partition, OffsetAndMetadata offset) {
    PartitionOffset.Builder place =
        PartitionOffset.newBuilder()
            .setPartition(partition.partition())
            .setOffset(offset.offset())
            .setMetadata(offset.metadata());
    offset.leaderEpoch().ifPresent(place::setLeaderEpoch);
    return place.build();
  }

  private static Map<TopicIdPartition, MillraceError> errors(List<TopicOffsetResults> topics) {
    Map<TopicIdPartition, MillraceError> errors = new HashMap<>();
    topics.forEach(
        topic ->
            topic.getPartitionsList().stream()
                .filter(result -> result.hasError())
                .forEach(
                    result ->
                        errors.put(
                            id(topic.getTopicId(), result.getPartition()),
                            GrpcErrors.fromProto(result.getError()))));
    return errors;
  }

  private static TopicIdPartition id(ByteString topic, int partition) {
    try {
      return new TopicIdPartition(Uuids.fromBytes(topic), partition);
    } catch (IllegalArgumentException e) {
      throw new MillraceException(
          ErrorCode.INTERNAL, "the coordinator told nonsense: " + e.getMessage());
    }
  }
}
