package io.millrace.broker.replica;

import io.millrace.common.config.EffectiveConfig;
import java.util.UUID;

/**
 * How a broker keeps its partitions.
 *
 * @param brokerId this broker
 * @param incarnationId this process's, as it registers with
 * @param brokerConfig settings that hold where a topic sets nothing
 * @param threads how many threads and how much waiting work
 * @param housekeeping what is done in the background and how often
 * @param cleaner how logs are compacted
 * @param replicaLagTimeMaxMs how long a follower may lag behind and stay in sync (S09)
 */
public record ReplicaSettings(
    int brokerId,
    UUID incarnationId,
    EffectiveConfig brokerConfig,
    Threading threads,
    Housekeeping housekeeping,
    CleanerSettings cleaner,
    long replicaLagTimeMaxMs) {
  /**
   * Threads of each log directory.
   *
   * @param shards the threads that append
   * @param recoveryThreads the threads that open logs at the start
   * @param shardLimits how much may wait before a shard
   */
  public record Threading(int shards, int recoveryThreads, ShardLimits shardLimits) {
    public Threading {
      if (shards < 1 || recoveryThreads < 1) {
        throw new IllegalArgumentException(
            "shards: %d, recoveryThreads: %d (expected: >= 1 each)"
                .formatted(shards, recoveryThreads));
      }
    }
  }

  /**
   * Background work.
   *
   * @param retentionCheckIntervalMs how often segments are looked at for deletion
   * @param checkpointIntervalMs how often recovery points are written down
   * @param producerIdExpirationMs when an idempotent producer that wrote nothing is forgotten
   * @param producerBatches how many batches of a producer are remembered
   * @param openSegments the most sealed segments that are open at a time, over all directories
   */
  public record Housekeeping(
      long retentionCheckIntervalMs,
      long checkpointIntervalMs,
      long producerIdExpirationMs,
      int producerBatches,
      int openSegments) {}
}
