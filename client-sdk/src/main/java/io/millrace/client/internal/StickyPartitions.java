package io.millrace.client.internal;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/**
 * The partition for records without a key: the same one until its batch is full or sent, then the
 * next, so that batches fill and partitions get even shares (the idea of KIP-480). Thread-safe.
 */
final class StickyPartitions {
  private final Map<String, AtomicInteger> turns = new ConcurrentHashMap<>();

  /** Guarded by itself. */
  private final RandomGenerator random;

  /**
   * @param random draws each topic's first partition: producers that live for a few records only
   *     would else all send to partition 0
   */
  StickyPartitions(RandomGenerator random) {
    this.random = random;
  }

  /** The current partition of a topic. */
  int current(String topic, int partitions) {
    return Math.floorMod(turn(topic).get(), partitions);
  }

  /** A batch of this partition is over: if it is the current one, the next one's turn comes. */
  void batchOver(String topic, int partition, int partitions) {
    AtomicInteger turn = turn(topic);
    int seen = turn.get();
    if (Math.floorMod(seen, partitions) == partition) {
      turn.compareAndSet(seen, seen + 1);
    }
  }

  private AtomicInteger turn(String topic) {
    return turns.computeIfAbsent(topic, t -> new AtomicInteger(draw()));
  }

  private int draw() {
    synchronized (random) {
      return random.nextInt();
    }
  }
}
