package io.millrace.broker.replica;

import io.millrace.broker.log.LogConfig;
import io.millrace.broker.replica.core.PartitionSettings;
import io.millrace.common.TimestampType;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.TopicConfigs;

/**
 * The settings of a partition in force.
 *
 * @param topic the topic's values
 * @param log the log's part of them
 * @param timestampType who gives records their time
 * @param deleteRecordsAllowed false for a topic that is only compacted
 */
public record PartitionConfig(
    EffectiveConfig topic,
    LogConfig log,
    TimestampType timestampType,
    boolean deleteRecordsAllowed) {

  /**
   * Reads a topic's settings.
   *
   * @param topic the topic's values in force
   * @param log the log's part of them
   */
  public static PartitionConfig of(EffectiveConfig topic, LogConfig log) {
    return new PartitionConfig(
        topic,
        log,
        topic.get(TopicConfigs.MESSAGE_TIMESTAMP_TYPE),
        log.compaction().delete() || !log.compaction().compact());
  }

  PartitionSettings coreSettings() {
    return new PartitionSettings(log.flushMode(), deleteRecordsAllowed);
  }
}
