package io.millrace.client.internal;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/**
 * A counter for each topic, from a drawn number on. Thread-safe.
 *
 * <p>Whenever there are twice as many topics as were kept the last time, those that were not used
 * since are dropped: the next use draws a number for them again.
 */
final class TopicTurns {
  private static final int TOPICS_MIN = 1_000;

  private final Map<String, Turn> turns = new ConcurrentHashMap<>();

  /** How many topics there may be before those that were not used are dropped; guarded by this. */
  private int topicsMax = TOPICS_MIN;

  /** Guarded by itself. */
  private final RandomGenerator random;

  /** A counter, and whether it was used since the last time that some were dropped. */
  private static final class Turn {
    private final AtomicInteger counter;
    private volatile boolean used = true;

    Turn(int first) {
      this.counter = new AtomicInteger(first);
    }
  }

  /**
   * @param random draws each topic's first number: producers that live for a few records only would
   *     else all send to partition 0
   */
  TopicTurns(RandomGenerator random) {
    this.random = random;
  }

  AtomicInteger of(String topic) {
    Turn known = turns.get(topic);
    if (known == null) {
      known = turns.computeIfAbsent(topic, t -> new Turn(draw()));
      dropUnused();
    } else if (!known.used) {
      known.used = true;
    }
    return known.counter;
  }

  /** How many topics have a counter. */
  int size() {
    return turns.size();
  }

  private synchronized void dropUnused() {
    if (turns.size() <= topicsMax) {
      return;
    }
    turns.values().removeIf(turn -> !turn.used);
    turns.values().forEach(turn -> turn.used = false);
    topicsMax = Math.max(TOPICS_MIN, 2 * turns.size());
  }

  private int draw() {
    synchronized (random) {
      return random.nextInt();
    }
  }
}
