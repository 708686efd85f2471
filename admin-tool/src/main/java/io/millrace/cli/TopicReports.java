package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.ConfigValue;
import io.millrace.client.api.PartitionDescription;
import io.millrace.client.api.PartitionStatus;
import io.millrace.client.api.PartitionStatus.ReplicaStatus;
import io.millrace.client.api.TopicDescription;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Topics as data for programs. */
final class TopicReports {
  private static final long UNKNOWN = -1;
  private static final MillraceError LEADER_CHANGES =
      new MillraceError(ErrorCode.LEADER_NOT_AVAILABLE, "its leader is just changing");

  private TopicReports() {}

  /** What describe, create and alter print for programs. */
  static Map<String, Object> data(TopicDescription topic, List<PartitionStatus> states) {
    Map<String, Object> data = summary(topic);
    data.put("partitions", states.stream().map(TopicReports::data).toList());
    data.put("configs", topic.configs().stream().map(TopicReports::data).toList());
    return data;
  }

  /** The same after a change that is done whether or not anybody tells how far replicas are. */
  static Map<String, Object> changed(TopicDescription topic, Admin admin) {
    try {
      return data(topic, admin.listPartitions(topic.name()));
    } catch (MillraceException e) {
      Map<String, Object> data = summary(topic);
      data.put("partitions", topic.partitions().stream().map(TopicReports::metadata).toList());
      data.put("configs", topic.configs().stream().map(TopicReports::data).toList());
      return data;
    }
  }

  static Map<String, Object> summary(TopicDescription topic) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("name", topic.name());
    data.put("id", topic.id().toString());
    data.put("partition_count", topic.partitions().size());
    data.put("replication_factor", topic.replicationFactor());
    return data;
  }

  private static Map<String, Object> data(PartitionStatus status) {
    Map<String, Object> data = metadata(status.partition());
    data.put("out_of_sync_replicas", status.outOfSyncReplicas());
    data.put("start_offset", status.leader().map(ReplicaStatus::startOffset).orElse(UNKNOWN));
    data.put("high_watermark", status.highWatermark());
    data.put("replica_states", status.replicas().stream().map(TopicReports::data).toList());
    whyUnknown(status).ifPresent(why -> data.put("offsets_unknown", text(why)));
    return data;
  }

  private static Map<String, Object> metadata(PartitionDescription partition) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("partition", partition.partition());
    data.put("leader", partition.leader());
    data.put("leader_epoch", partition.leaderEpoch());
    data.put("replicas", partition.replicas());
    data.put("in_sync_replicas", partition.inSyncReplicas());
    data.put("eligible_leader_replicas", partition.eligibleLeaderReplicas());
    return data;
  }

  private static Map<String, Object> data(ReplicaStatus replica) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("node", replica.nodeId());
    data.put("in_sync", replica.inSync());
    data.put("start_offset", replica.startOffset());
    data.put("end_offset", replica.endOffset());
    data.put("high_watermark", replica.highWatermark());
    data.put("offsets_behind", replica.offsetsBehind());
    data.put("offsets_ahead", replica.offsetsAhead());
    replica.corruptOffset().ifPresent(offset -> data.put("corrupt_offset", offset));
    replica.whyUnknown().ifPresent(why -> data.put("unknown", text(why)));
    return data;
  }

  /** Why a partition's offsets are not known; empty if they are. */
  static Optional<MillraceError> whyUnknown(PartitionStatus status) {
    if (status.highWatermark() >= 0) {
      return Optional.empty();
    }
    return status
        .partition()
        .whyNoLeader()
        .or(() -> status.leader().flatMap(ReplicaStatus::whyUnknown))
        .or(() -> Optional.of(LEADER_CHANGES));
  }

  /** An error in one line. */
  static String text(MillraceError error) {
    return error.message() + " [" + error.code() + "]";
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
