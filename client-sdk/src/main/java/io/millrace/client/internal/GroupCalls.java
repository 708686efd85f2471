package io.millrace.client.internal;

import io.millrace.client.api.GroupDescription;
import io.millrace.client.api.GroupOffset;
import io.millrace.client.api.GroupState;
import io.millrace.client.api.GroupsFound;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.OffsetsFound;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.BrokerEndpoint;
import io.millrace.proto.v1.DeleteGroupRequest;
import io.millrace.proto.v1.GetGroupRequest;
import io.millrace.proto.v1.GetMetadataRequest;
import io.millrace.proto.v1.Group;
import io.millrace.proto.v1.GroupMember;
import io.millrace.proto.v1.GroupServiceGrpc;
import io.millrace.proto.v1.GroupSummary;
import io.millrace.proto.v1.ListGroupsRequest;
import io.millrace.proto.v1.ListGroupsResponse;
import io.millrace.proto.v1.MetadataServiceGrpc;
import io.millrace.proto.v1.TopicIdPartitions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** The calls about groups. Thread-safe. */
final class GroupCalls {
  private static final int PAGE_SIZE = 1_000;

  /** What can't be told within this is left out of what can. */
  private static final Duration NOW = Duration.ofSeconds(5);

  private final ClusterClient cluster;
  private final MetadataCache metadata;
  private final OffsetLookup ends;

  GroupCalls(ClusterClient cluster, MetadataCache metadata, OffsetLookup ends) {
    this.cluster = cluster;
    this.metadata = metadata;
    this.ends = ends;
  }

  GroupsFound list() {
    List<GroupsFound.Listing> groups = new ArrayList<>();
    Map<Integer, MillraceError> unanswered = new HashMap<>();
    for (BrokerEndpoint broker : brokers()) {
      try {
        groups.addAll(list(broker));
      } catch (MillraceException e) {
        unanswered.put(broker.getNodeId(), e.error());
      }
    }
    groups.sort(Comparator.comparing(GroupsFound.Listing::groupId));
    return new GroupsFound(groups, unanswered);
  }

  private List<BrokerEndpoint> brokers() {
    return cluster
        .callAny(
            (channel, left) ->
                MetadataServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(left.toMillis(), TimeUnit.MILLISECONDS)
                    .getMetadata(GetMetadataRequest.getDefaultInstance()))
        .getBrokersList();
  }

  /** Of one broker, again for as long as it only begins to coordinate. */
  private List<GroupsFound.Listing> list(BrokerEndpoint broker) {
    long deadlineMs = cluster.clock().monotonicMs() + NOW.toMillis();
    Backoff backoff = cluster.newLeaderBackoff();
    while (true) {
      try {
        return listOnce(broker, deadlineMs);
      } catch (MillraceException e) {
        if (!e.code().retriable() || GrpcErrors.isConnectionFailure(e)) {
          throw e;
        }
        cluster.pauseOrThrow(backoff.nextMs(), deadlineMs, e);
      }
    }
  }

  private List<GroupsFound.Listing> listOnce(BrokerEndpoint broker, long deadlineMs) {
    List<GroupsFound.Listing> groups = new ArrayList<>();
    String token = "";
    do {
      ListGroupsRequest request =
          ListGroupsRequest.newBuilder().setPageSize(PAGE_SIZE).setPageToken(token).build();
      ListGroupsResponse page;
      try {
        long left = Math.max(1, deadlineMs - cluster.clock().monotonicMs());
        page =
            GroupServiceGrpc.newBlockingStub(
                    cluster.channels().channel(MetadataCache.address(broker)))
                .withDeadlineAfter(left, TimeUnit.MILLISECONDS)
                .listGroups(request);
      } catch (RuntimeException e) {
        throw GrpcErrors.translate(e, MetadataCache.address(broker));
      }
      page.getGroupsList().forEach(group -> groups.add(listing(group, broker.getNodeId())));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return groups;
  }

  private static GroupsFound.Listing listing(GroupSummary group, int coordinatorId) {
    return new GroupsFound.Listing(
        group.getGroupId(), state(group.getState()), group.getMembers(), coordinatorId);
  }

  private static GroupState state(io.millrace.proto.v1.GroupState state) {
    return switch (state) {
      case GROUP_STATE_EMPTY -> GroupState.EMPTY;
      case GROUP_STATE_RECONCILING -> GroupState.RECONCILING;
      case GROUP_STATE_STABLE -> GroupState.STABLE;
      case GROUP_STATE_UNSPECIFIED, UNRECOGNIZED -> GroupState.UNKNOWN;
    };
  }

  GroupDescription describe(String groupId) {
    Group group =
        new GroupCoordinator(cluster, groupId)
            .call(
                cluster.config().requestTimeout(),
                (channel, left) ->
                    GroupServiceGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(left.toMillis(), TimeUnit.MILLISECONDS)
                        .getGroup(GetGroupRequest.newBuilder().setGroupId(groupId).build()))
            .getGroup();
    Set<UUID> topics = new HashSet<>();
    for (GroupMember member : group.getMembersList()) {
      topics.addAll(topics(member.getAssigned().getTopicsList()));
      topics.addAll(topics(member.getRevoking().getTopicsList()));
      topics.addAll(topics(member.getTarget().getTopicsList()));
    }
    Map<UUID, String> names = names(topics);
    return new GroupDescription(
        group.getGroupId(),
        state(group.getState()),
        group.getGroupEpoch(),
        group.getAssignmentEpoch(),
        group.getAssignor(),
        group.getCoordinatorId(),
        group.getMembersList().stream().map(member -> member(member, names)).toList());
  }

  private static GroupDescription.Member member(GroupMember member, Map<UUID, String> names) {
    return new GroupDescription.Member(
        member.getMemberId(),
        new GroupDescription.Client(
            Optional.of(member.getInstanceId()).filter(id -> !id.isEmpty()),
            member.getClientId(),
            member.getClientHost(),
            member.getRack()),
        member.getMemberEpoch(),
        Set.copyOf(member.getSubscription().getTopicsList()),
        member.getSubscription().getTopicRegex(),
        named(member.getAssigned().getTopicsList(), names),
        named(member.getRevoking().getTopicsList(), names),
        named(member.getTarget().getTopicsList(), names),
        member.getAway());
  }

  private static Set<UUID> topics(Collection<TopicIdPartitions> partitions) {
    return partitions.stream()
        .map(topic -> Uuids.fromBytes(topic.getTopicId()))
        .collect(Collectors.toSet());
  }

  private static Set<TopicPartition> named(
      List<TopicIdPartitions> partitions, Map<UUID, String> names) {
    return Partitions.fromProto(partitions).stream()
        .map(id -> named(id, names).orElseGet(() -> byId(id)))
        .collect(Collectors.toSet());
  }

  private static TopicPartition byId(TopicIdPartition id) {
    return new TopicPartition(id.topicId().toString(), id.partition());
  }

  private static Optional<TopicPartition> named(TopicIdPartition id, Map<UUID, String> names) {
    return Optional.ofNullable(names.get(id.topicId()))
        .map(topic -> new TopicPartition(topic, id.partition()));
  }

  private Map<UUID, String> names(Set<UUID> topics) {
    return topics.isEmpty() ? Map.of() : metadata.names(topics, cluster.config().requestTimeout());
  }

  void delete(String groupId) {
    new GroupCoordinator(cluster, groupId)
        .call(
            cluster.config().requestTimeout(),
            (channel, left) ->
                GroupServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(left.toMillis(), TimeUnit.MILLISECONDS)
                    .deleteGroup(DeleteGroupRequest.newBuilder().setGroupId(groupId).build()));
  }

  List<GroupOffset> offsets(String groupId) {
    Map<TopicIdPartition, GroupOffsets.Committed> found =
        offsetsOf(groupId).find(Set.of(), cluster.config().requestTimeout());
    Map<UUID, String> names =
        names(found.keySet().stream().map(TopicIdPartition::topicId).collect(Collectors.toSet()));
    Map<TopicPartition, GroupOffsets.Committed> committed = new TreeMap<>();
    found.forEach((id, at) -> named(id, names).ifPresent(p -> committed.put(p, at)));
    Map<TopicPartition, OffsetSpec> places = new HashMap<>();
    committed.keySet().forEach(partition -> places.put(partition, OffsetSpec.latest()));
    OffsetsFound known = ends.findNow(places, NOW);
    List<GroupOffset> offsets = new ArrayList<>();
    committed.forEach(
        (partition, at) -> {
          Long end = known.offsets().get(partition);
          offsets.add(
              new GroupOffset(
                  partition,
                  at.offset(),
                  at.commitTimeMs(),
                  end == null ? OptionalLong.empty() : OptionalLong.of(end)));
        });
    return offsets;
  }

  void deleteOffsets(String groupId, Set<TopicPartition> partitions) {
    GroupOffsets offsets = offsetsOf(groupId);
    Duration timeout = cluster.config().requestTimeout();
    Map<TopicIdPartition, TopicPartition> ids = new HashMap<>();
    partitions.forEach(partition -> ids.put(offsets.id(partition, timeout), partition));
    throwFirst(ids, offsets.delete(ids.keySet(), timeout));
  }

  /** Throws why one of them was refused, if so, naming it. */
  static void throwFirst(
      Map<TopicIdPartition, TopicPartition> ids, Map<TopicIdPartition, MillraceError> errors) {
    Map<TopicPartition, MillraceError> named = new TreeMap<>();
    errors.forEach(
        (id, error) -> Optional.ofNullable(ids.get(id)).ifPresent(p -> named.put(p, error)));
    for (Map.Entry<TopicPartition, MillraceError> first : named.entrySet()) {
      MillraceError error = first.getValue();
      throw new MillraceException(
          new MillraceError(
              error.code(), first.getKey() + ": " + error.message(), error.details()));
    }
  }

  private GroupOffsets offsetsOf(String groupId) {
    return new GroupOffsets(new GroupCoordinator(cluster, groupId), metadata);
  }
}
