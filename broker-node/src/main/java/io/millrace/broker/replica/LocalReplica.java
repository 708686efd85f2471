package io.millrace.broker.replica;

import io.millrace.common.TopicPartition;

/**
 * A replica on this broker, as it is when its log was opened.
 *
 * @param brokerId this broker
 * @param name the partition
 * @param highWatermark what is known of it; counts as far as it lies in the log
 * @param lagTimeMaxMs how long a follower may lag behind and stay in sync (S09)
 */
public record LocalReplica(
    int brokerId, TopicPartition name, long highWatermark, long lagTimeMaxMs) {
  private static final long NEVER_MS = Long.MAX_VALUE / 4;

  /** The only replica of a partition: nobody lags behind. */
  public static LocalReplica alone(int brokerId, TopicPartition name) {
    return new LocalReplica(brokerId, name, 0, NEVER_MS);
  }
}
