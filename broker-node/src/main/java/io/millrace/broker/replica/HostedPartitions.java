package io.millrace.broker.replica;

import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** The partitions that this broker has, or should have. Written by the manager, read by all. */
final class HostedPartitions {
  private final Map<TopicIdPartition, HostedPartition> open = new ConcurrentHashMap<>();

  /** Why a partition that should be here is not. */
  private final Map<TopicIdPartition, MillraceError> unavailable = new ConcurrentHashMap<>();

  Optional<HostedPartition> find(TopicIdPartition id) {
    return Optional.ofNullable(open.get(id));
  }

  Optional<MillraceError> whyUnavailable(TopicIdPartition id) {
    return Optional.ofNullable(unavailable.get(id));
  }

  /** How many should be here and are not. */
  int unavailable() {
    return unavailable.size();
  }

  Collection<HostedPartition> all() {
    return List.copyOf(open.values());
  }

  List<HostedPartition> ofTopic(UUID topicId) {
    return open.values().stream().filter(each -> each.id().topicId().equals(topicId)).toList();
  }

  void add(HostedPartition hosted) {
    open.put(hosted.id(), hosted);
    unavailable.remove(hosted.id());
  }

  void remove(HostedPartition hosted) {
    open.remove(hosted.id(), hosted);
  }

  void unavailable(TopicIdPartition id, MillraceError why) {
    unavailable.put(id, why);
  }

  /** It should not be here any more. */
  void forget(TopicIdPartition id) {
    unavailable.remove(id);
  }

  /** Nothing of a topic should be here any more. */
  void forget(UUID topicId) {
    unavailable.keySet().removeIf(id -> id.topicId().equals(topicId));
  }
}
