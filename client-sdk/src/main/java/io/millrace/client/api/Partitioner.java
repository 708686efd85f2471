package io.millrace.client.api;

/**
 * Chooses the partitions of a producer's records that name none themselves. Called on the senders'
 * threads, for every record, without any lock: must be thread-safe and quick.
 *
 * <p>{@link Partitioners} has the usual ones. If one throws, or chooses a partition that the topic
 * does not have, that record fails with {@code INVALID_REQUEST}; others go on.
 */
@FunctionalInterface
public interface Partitioner {
  /**
   * Chooses a partition.
   *
   * @param record has no partition of its own
   * @param partitions how many partitions its topic has now, from 1
   * @return from 0 to {@code partitions - 1}
   */
  int choose(ProducerRecord record, int partitions);

  /**
   * A batch of a partition was filled or sent, or has waited long enough and is kept back while its
   * partition has enough under way: whoever fills one batch after the other goes on to the next
   * partition. Called on the senders' threads and the producer's. Does nothing by default.
   *
   * @param partitions how many partitions the topic has now
   */
  default void batchOver(String topic, int partition, int partitions) {}
}
