package io.millrace.broker.group;

import io.millrace.common.config.TopicConfigs;
import io.millrace.common.record.KeyPartitioner;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * The topic that keeps groups and their committed offsets. The leader of a partition of it
 * coordinates the groups whose names hash to it.
 */
public final class OffsetsTopic {
  /** The topic's name. */
  public static final String NAME = "__consumer_offsets";

  /** Small, so that a coordinator that begins does not read much that is out of date. */
  private static final int SEGMENT_BYTES = 100 << 20;

  private OffsetsTopic() {}

  /**
   * The partition that a group's name hashes to, as Kafka's clients place a record with that key.
   *
   * @param partitions how many the topic has, at least 1
   */
  public static int partitionOf(String groupId, int partitions) {
    return KeyPartitioner.partitionFor(
        ByteBuffer.wrap(groupId.getBytes(StandardCharsets.UTF_8)), partitions);
  }

  /** The topic's own configuration. */
  static Map<String, String> configs(int replicationFactor) {
    Map<String, String> configs = new HashMap<>();
    configs.put(TopicConfigs.CLEANUP_POLICY.name(), "compact");
    configs.put(TopicConfigs.SEGMENT_BYTES.name(), "" + SEGMENT_BYTES);
    configs.put(TopicConfigs.MIN_INSYNC_REPLICAS.name(), "" + Math.min(2, replicationFactor));
    return configs;
  }
}
