package io.millrace.client.api;

import io.millrace.common.TopicPartition;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What a consumer did since it was made, and where it stands now. The numbers are read one after
 * the other while work goes on: they need not fit each other to the last record.
 *
 * @param records records that {@link Consumer#poll} returned
 * @param bytes bytes of records as brokers sent them (compressed, headers of batches included), of
 *     messages that were read or begun
 * @param batches batches whose records were read, in whole or from some offset on
 * @param polls calls of {@link Consumer#poll}
 * @param reconnects streams that were lost and are, or will be, opened anew
 * @param crcFailures batches whose bytes did not match their checksum
 * @param corruptBatches batches that could not be read, {@code crcFailures} included
 * @param streams streams that are open now, one for each broker that assigned partitions are read
 *     from
 * @param bufferedBytes bytes of records that came in and were not returned yet; those of the
 *     message that is being read are counted whole
 * @param creditBytes bytes of records that the brokers may send now, over all streams; below 0 for
 *     a broker that sent a batch that was larger than what was left
 * @param partitions every assigned partition
 */
public record ConsumerMetrics(
    long records,
    long bytes,
    long batches,
    long polls,
    long reconnects,
    long crcFailures,
    long corruptBatches,
    int streams,
    long bufferedBytes,
    long creditBytes,
    Map<TopicPartition, Partition> partitions) {
  public ConsumerMetrics {
    partitions = Map.copyOf(partitions);
  }

  /**
   * Where a partition stands.
   *
   * @param position see {@link Consumer#position}; empty while it is being looked up
   * @param lag see {@link Consumer#lag}
   * @param paused see {@link Consumer#pause}
   * @param fromFollower whether it is read from a replica in the consumer's rack that does not lead
   */
  public record Partition(
      OptionalLong position, OptionalLong lag, boolean paused, boolean fromFollower) {}
}
