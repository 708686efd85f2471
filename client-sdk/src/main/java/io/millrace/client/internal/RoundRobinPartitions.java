package io.millrace.client.internal;

import io.millrace.client.api.Partitioner;
import io.millrace.client.api.ProducerRecord;
import java.util.random.RandomGenerator;

/** Each record of a topic into the partition after that of the last one. Thread-safe. */
final class RoundRobinPartitions implements Partitioner {
  private final TopicTurns turns;

  /**
   * @param random draws the first partition of each topic
   */
  RoundRobinPartitions(RandomGenerator random) {
    this.turns = new TopicTurns(random);
  }

  @Override
  public int choose(ProducerRecord record, int partitions) {
    return Math.floorMod(turns.of(record.topic()).getAndIncrement(), partitions);
  }
}
