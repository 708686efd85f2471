package io.millrace.client.internal;

import io.millrace.common.TopicIdPartition;
import io.millrace.proto.v1.OwnedPartitions;
import io.millrace.proto.v1.TopicIdPartitions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/** Partitions by topic id, as the protocol has them. */
final class Partitions {
  private Partitions() {}

  static Set<TopicIdPartition> fromProto(List<TopicIdPartitions> topics) {
    Set<TopicIdPartition> all = new HashSet<>();
    for (TopicIdPartitions topic : topics) {
      UUID id = Uuids.fromBytes(topic.getTopicId());
      topic.getPartitionsList().forEach(number -> all.add(new TopicIdPartition(id, number)));
    }
    return Set.copyOf(all);
  }

  static OwnedPartitions toOwned(Collection<TopicIdPartition> partitions) {
    return OwnedPartitions.newBuilder().addAllTopics(toProto(partitions)).build();
  }

  /** By topic id and number. */
  static List<TopicIdPartitions> toProto(Collection<TopicIdPartition> partitions) {
    Map<UUID, List<Integer>> byTopic = new TreeMap<>();
    partitions.forEach(
        p -> byTopic.computeIfAbsent(p.topicId(), id -> new ArrayList<>()).add(p.partition()));
    return byTopic.entrySet().stream()
        .map(
            topic ->
                TopicIdPartitions.newBuilder()
                    .setTopicId(Uuids.toBytes(topic.getKey()))
                    .addAllPartitions(topic.getValue().stream().sorted().toList())
                    .build())
        .toList();
  }
}
