package io.millrace.broker.rpc;

import com.google.protobuf.ByteString;
import io.millrace.broker.group.core.GroupCommand;
import io.millrace.broker.group.core.Subscription;
import io.millrace.common.TopicIdPartition;
import io.millrace.proto.v1.CommitOffsetsRequest;
import io.millrace.proto.v1.HeartbeatRequest;
import io.millrace.proto.v1.LeaveGroupRequest;
import io.millrace.proto.v1.PartitionOffset;
import io.millrace.proto.v1.TopicIdPartitions;
import io.millrace.proto.v1.TopicOffsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Reads the requests about groups; what they mean is for the coordinator to check. Stateless. */
final class GroupRequests {
  private static final int MAX_TOPICS = 10_000;

  private GroupRequests() {}

  /**
   * A heartbeat's command.
   *
   * @param stream the stream that it came on, if any
   */
  static GroupCommand.Heartbeat heartbeat(
      HeartbeatRequest request, String clientHost, Optional<JoinGroupSession> stream) {
    GroupCommand.MemberProfile profile =
        new GroupCommand.MemberProfile(
            request.getInstanceId(),
            request.getRack(),
            request.getClientId(),
            clientHost,
            request.getRebalanceTimeoutMs(),
            request.getSessionTimeoutMs());
    return new GroupCommand.Heartbeat(
        GroupIds.require(request.getGroupId()),
        request.getMemberId(),
        request.getMemberEpoch(),
        profile,
        request.hasSubscription()
            ? Optional.of(subscription(request.getSubscription()))
            : Optional.empty(),
        request.getAssignor().isEmpty() ? Optional.empty() : Optional.of(request.getAssignor()),
        request.hasOwned()
            ? Optional.of(partitions("owned", request.getOwned().getTopicsList()))
            : Optional.empty(),
        stream.map(each -> each));
  }

  private static Subscription subscription(io.millrace.proto.v1.Subscription subscription) {
    if (subscription.getTopicsCount() > MAX_TOPICS) {
      throw Requests.invalid(
          "subscription.topics: "
              + subscription.getTopicsCount()
              + " (expected: at most "
              + MAX_TOPICS
              + ")");
    }
    return new Subscription(
        new TreeSet<>(subscription.getTopicsList()), subscription.getTopicRegex());
  }

  /** A leave's command. */
  static GroupCommand.Leave leave(LeaveGroupRequest request) {
    return new GroupCommand.Leave(
        GroupIds.require(request.getGroupId()),
        request.getMemberId(),
        request.getMemberEpoch(),
        request.getKeepStatic());
  }

  /** A commit's command. */
  static GroupCommand.CommitOffsets commit(CommitOffsetsRequest request) {
    List<GroupCommand.OffsetToCommit> offsets = new ArrayList<>();
    Set<TopicIdPartition> seen = new HashSet<>();
    for (TopicOffsets topic : request.getTopicsList()) {
      for (PartitionOffset each : topic.getPartitionsList()) {
        TopicIdPartition id = once("topics", named(topic.getTopicId(), each.getPartition()), seen);
        offsets.add(
            new GroupCommand.OffsetToCommit(
                id,
                Requests.notNegative("offset", each.getOffset()),
                each.hasLeaderEpoch()
                    ? Requests.notNegative("leader_epoch", each.getLeaderEpoch())
                    : -1,
                each.getMetadata()));
      }
    }
    if (offsets.isEmpty()) {
      throw Requests.invalid("topics: no partition (expected: at least 1)");
    }
    return new GroupCommand.CommitOffsets(
        GroupIds.require(request.getGroupId()),
        request.getMemberId(),
        request.getMemberEpoch(),
        offsets);
  }

  /** Partitions in the order of a request, each once. */
  static Set<TopicIdPartition> partitions(String field, Collection<TopicIdPartitions> topics) {
    Set<TopicIdPartition> all = new LinkedHashSet<>();
    for (TopicIdPartitions topic : topics) {
      for (int partition : topic.getPartitionsList()) {
        once(field, named(topic.getTopicId(), partition), all);
      }
    }
    return all;
  }

  private static TopicIdPartition named(ByteString topicId, int partition) {
    return Partitions.named(topicId, partition);
  }

  private static TopicIdPartition once(
      String field, TopicIdPartition id, Set<TopicIdPartition> seen) {
    if (!seen.add(id)) {
      throw Requests.invalid(field + ": partition " + id + " twice (expected: once)");
    }
    return id;
  }
}
