package io.millrace.client.internal;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/** A counter for each topic, from a drawn number on. Thread-safe. */
final class TopicTurns {
  private final Map<String, AtomicInteger> turns = new ConcurrentHashMap<>();

  /** Guarded by itself. */
  private final RandomGenerator random;

  /**
   * @param random draws each topic's first number: producers that live for a few records only would
   *     else all send to partition 0
   */
  TopicTurns(RandomGenerator random) {
    this.random = random;
  }

  AtomicInteger of(String topic) {
    AtomicInteger known = turns.get(topic);
    return known != null ? known : turns.computeIfAbsent(topic, t -> new AtomicInteger(draw()));
  }

  private int draw() {
    synchronized (random) {
      return random.nextInt();
    }
  }
}
