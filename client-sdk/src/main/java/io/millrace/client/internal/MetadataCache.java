package io.millrace.client.internal;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.internal.TopicView.PartitionView;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.BrokerEndpoint;
import io.millrace.proto.v1.GetMetadataRequest;
import io.millrace.proto.v1.GetMetadataResponse;
import io.millrace.proto.v1.MetadataServiceGrpc;
import io.millrace.proto.v1.PartitionMetadata;
import io.millrace.proto.v1.TopicMetadata;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** What is known of topics and their leaders, asked for when missing or stale. Thread-safe. */
final class MetadataCache {
  private final ClusterClient cluster;
  private final Map<String, TopicView> topics = new ConcurrentHashMap<>();

  MetadataCache(ClusterClient cluster) {
    this.cluster = cluster;
  }

  /** What is known of a topic, without asking. */
  Optional<TopicView> known(String topic) {
    return Optional.ofNullable(topics.get(topic));
  }

  /**
   * A topic, asked for if it is not known.
   *
   * @throws MillraceException {@code UNKNOWN_TOPIC}, or why no broker could tell
   */
  TopicView topic(String name, Duration timeout) {
    TopicView view = topics.get(name);
    return view != null ? view : refresh(name, timeout);
  }

  /** The next look-up asks again. */
  void forget(String topic) {
    topics.remove(topic);
  }

  /** A topic, asked for again. */
  TopicView refresh(String name, Duration timeout) {
    GetMetadataResponse answer = fetch(List.of(name), timeout);
    return view(answer, answer.getTopics(0));
  }

  /**
   * Asks for topics again; those that are gone are forgotten.
   *
   * @return why some of them are not known, by name
   */
  Map<String, MillraceError> refreshAll(Collection<String> names, Duration timeout) {
    GetMetadataResponse answer = fetch(names, timeout);
    Map<String, MillraceError> errors = new HashMap<>();
    for (TopicMetadata topic : answer.getTopicsList()) {
      try {
        view(answer, topic);
      } catch (MillraceException e) {
        errors.put(topic.getName(), e.error());
      }
    }
    return errors;
  }

  private GetMetadataResponse fetch(Collection<String> names, Duration timeout) {
    GetMetadataRequest request = GetMetadataRequest.newBuilder().addAllTopics(names).build();
    GetMetadataResponse answer =
        cluster.callAny(
            timeout,
            (channel, left) ->
                MetadataServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(left.toMillis(), TimeUnit.MILLISECONDS)
                    .getMetadata(request));
    Set<String> told = new HashSet<>();
    answer.getTopicsList().forEach(topic -> told.add(topic.getName()));
    if (answer.getTopicsCount() != names.size() || !told.equals(Set.copyOf(names))) {
      throw nonsense("topics " + told + " (asked: " + names + ")");
    }
    cluster.learn(answer.getBrokersList().stream().map(MetadataCache::address).toList());
    return answer;
  }

  /**
   * Remembers what an answer tells of a topic; one that is gone is forgotten.
   *
   * @throws MillraceException why it is not known
   */
  private TopicView view(GetMetadataResponse answer, TopicMetadata topic) {
    if (topic.hasError()) {
      topics.remove(topic.getName());
      throw new MillraceException(named(GrpcErrors.fromProto(topic.getError()), topic.getName()));
    }
    Map<Integer, BrokerAddress> brokers = new HashMap<>();
    answer.getBrokersList().forEach(b -> brokers.put(b.getNodeId(), address(b)));
    List<PartitionView> partitions = partitions(topic, brokers);
    if (partitions.isEmpty()) {
      throw nonsense("no partition of " + topic.getName());
    }
    TopicView view =
        new TopicView(topic.getName(), Uuids.fromBytes(topic.getTopicId()), partitions);
    topics.put(view.name(), view);
    return view;
  }

  private static List<PartitionView> partitions(
      TopicMetadata topic, Map<Integer, BrokerAddress> brokers) {
    List<PartitionView> partitions = new ArrayList<>();
    for (PartitionMetadata told : topic.getPartitionsList()) {
      if (told.getPartition() != partitions.size()) {
        throw nonsense(
            "partition "
                + told.getPartition()
                + " of "
                + topic.getName()
                + " at place "
                + partitions.size());
      }
      partitions.add(
          new PartitionView(
              new TopicPartition(topic.getName(), told.getPartition()),
              Optional.ofNullable(brokers.get(told.getLeaderId())),
              told.getLeaderEpoch()));
    }
    return partitions;
  }

  private static MillraceException nonsense(String what) {
    return new MillraceException(ErrorCode.INTERNAL, "the broker told of " + what);
  }

  static BrokerAddress address(BrokerEndpoint broker) {
    return new BrokerAddress(broker.getHost(), broker.getPort());
  }

  private static MillraceError named(MillraceError error, String topic) {
    Map<String, String> details = new HashMap<>(error.details());
    details.putIfAbsent("topic", topic);
    return new MillraceError(error.code(), error.message(), details);
  }
}
