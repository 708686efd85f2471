package io.millrace.broker.log;

import io.millrace.common.CleanupPolicy;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.TopicConfigs;
import java.util.List;

/**
 * How a log is kept small, besides how much of it is kept.
 *
 * @param delete whether old segments are deleted by time and size
 * @param compact whether of each key the newest record alone is kept
 * @param minCleanableDirtyRatio {@code min.cleanable.dirty.ratio}: the log is cleaned once this
 *     share of it was appended since the last time, from 0 to 1
 * @param minCompactionLagMs {@code min.compaction.lag.ms}: younger records are left alone
 * @param maxCompactionLagMs {@code max.compaction.lag.ms}: the log is cleaned whatever the ratio
 *     once something was left alone for so long
 * @param deleteRetentionMs {@code delete.retention.ms}: how long tombstones stay after the first
 *     cleaning that meets them
 */
public record CompactionConfig(
    boolean delete,
    boolean compact,
    double minCleanableDirtyRatio,
    long minCompactionLagMs,
    long maxCompactionLagMs,
    long deleteRetentionMs) {
  /** Deletion alone, and what holds of the rest if the policy changes. */
  public static final CompactionConfig DELETE =
      new CompactionConfig(true, false, 0.5, 0, Long.MAX_VALUE, 24L * 60 * 60 * 1000);

  public CompactionConfig {
    if (!(minCleanableDirtyRatio >= 0 && minCleanableDirtyRatio <= 1)
        || minCompactionLagMs < 0
        || maxCompactionLagMs < 1
        || deleteRetentionMs < 0) {
      throw new IllegalArgumentException(
          "dirty ratio: %s, compaction lag: [%d, %d], delete retention: %d (expected: 0 to 1, >= 0)"
              .formatted(
                  minCleanableDirtyRatio,
                  minCompactionLagMs,
                  maxCompactionLagMs,
                  deleteRetentionMs));
    }
  }

  /** The settings of a topic in force. */
  public static CompactionConfig from(EffectiveConfig topic) {
    List<CleanupPolicy> policies = topic.get(TopicConfigs.CLEANUP_POLICY);
    return new CompactionConfig(
        policies.contains(CleanupPolicy.DELETE),
        policies.contains(CleanupPolicy.COMPACT),
        topic.get(TopicConfigs.MIN_CLEANABLE_DIRTY_RATIO),
        topic.get(TopicConfigs.MIN_COMPACTION_LAG_MS),
        topic.get(TopicConfigs.MAX_COMPACTION_LAG_MS),
        topic.get(TopicConfigs.DELETE_RETENTION_MS));
  }

  /** Compaction as well, or alone. */
  public CompactionConfig withPolicy(boolean newDelete, boolean newCompact) {
    return new CompactionConfig(
        newDelete,
        newCompact,
        minCleanableDirtyRatio,
        minCompactionLagMs,
        maxCompactionLagMs,
        deleteRetentionMs);
  }
}
