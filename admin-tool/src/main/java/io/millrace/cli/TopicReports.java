package io.millrace.cli;

import io.millrace.client.api.ConfigValue;
import io.millrace.client.api.PartitionDescription;
import io.millrace.client.api.TopicDescription;
import io.millrace.common.MillraceError;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Topics as data for programs. */
final class TopicReports {
  private TopicReports() {}

  /** What describe, create and alter print for programs. */
  static Map<String, Object> data(TopicDescription topic, TopicBounds bounds) {
    Map<String, Object> data = summary(topic);
    data.put("partitions", topic.partitions().stream().map(p -> data(p, bounds)).toList());
    data.put("configs", topic.configs().stream().map(TopicReports::data).toList());
    return data;
  }

  static Map<String, Object> summary(TopicDescription topic) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("name", topic.name());
    data.put("id", topic.id().toString());
    data.put("partition_count", topic.partitions().size());
    data.put("replication_factor", topic.replicationFactor());
    return data;
  }

  private static Map<String, Object> data(PartitionDescription partition, TopicBounds bounds) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("partition", partition.partition());
    data.put("leader", partition.leader());
    data.put("leader_epoch", partition.leaderEpoch());
    data.put("replicas", partition.replicas());
    data.put("in_sync_replicas", partition.inSyncReplicas());
    data.put("start_offset", bounds.start(partition.partition()));
    data.put("end_offset", bounds.end(partition.partition()));
    MillraceError unknown = bounds.unknown().get(partition.partition());
    if (unknown != null) {
      data.put("offsets_unknown", unknown.message() + " [" + unknown.code() + "]");
    }
    return data;
  }

  private static Map<String, Object> data(ConfigValue config) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("key", config.key());
    data.put("value", config.value());
    data.put("source", config.source().name().toLowerCase(Locale.ROOT));
    return data;
  }

  /** A number with its noun: 1 partition, 6 partitions. */
  static String count(long number, String noun) {
    return String.format(Locale.ROOT, "%,d %s%s", number, noun, number == 1 ? "" : "s");
  }

  static String nodes(List<Integer> ids) {
    return ids.isEmpty() ? "-" : String.join(",", ids.stream().map(Object::toString).toList());
  }
}
