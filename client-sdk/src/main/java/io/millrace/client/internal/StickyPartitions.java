package io.millrace.client.internal;

import io.millrace.client.api.Partitioner;
import io.millrace.client.api.ProducerRecord;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/**
 * The same partition until its batch is full or sent, then the next, so that batches fill and
 * partitions get even shares (the idea of KIP-480). A partition that has enough under way to a slow
 * broker gets one record each time its turn comes, not all until the broker answers (KIP-794).
 * Thread-safe.
 */
final class StickyPartitions implements Partitioner {
  private final TopicTurns turns;

  /**
   * @param random draws the first partition of each topic
   */
  StickyPartitions(RandomGenerator random) {
    this.turns = new TopicTurns(random);
  }

  @Override
  public int choose(ProducerRecord record, int partitions) {
    return Math.floorMod(turns.of(record.topic()).get(), partitions);
  }

  /** If it is the current one, the next one's turn comes. */
  @Override
  public void batchOver(String topic, int partition, int partitions) {
    AtomicInteger turn = turns.of(topic);
    int seen = turn.get();
    if (Math.floorMod(seen, partitions) == partition) {
      turn.compareAndSet(seen, seen + 1);
    }
  }
}
