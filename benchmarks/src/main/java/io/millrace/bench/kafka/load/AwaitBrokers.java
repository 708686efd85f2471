package io.millrace.bench.kafka.load;

import java.time.Duration;

/** Waits until a cluster has its brokers: a topic made before would lie on some of them only. */
final class AwaitBrokers {
  private static final Duration PATIENCE = Duration.ofSeconds(80);
  private static final Duration PAUSE = Duration.ofMillis(50);

  private AwaitBrokers() {}

  /** Until as many brokers as the field {@code brokers} says are registered. */
  static Fields run(Side side, Fields round) throws Exception {
    int expected = (int) round.number("brokers");
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    int found = side.brokers();
    while (found < expected) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "registered brokers: " + found + " (expected: " + expected + ")");
      }
      Thread.sleep(PAUSE.toMillis());
      found = side.brokers();
    }
    return Fields.none();
  }
}
