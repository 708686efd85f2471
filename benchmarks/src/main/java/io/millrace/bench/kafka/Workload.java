package io.millrace.bench.kafka;

import io.millrace.bench.kafka.load.Fields;
import java.util.Map;

/**
 * One row of the comparison: the same work for both sides.
 *
 * @param name what it is chosen by
 * @param kind what is done
 * @param title what the table says
 * @param work what both sides do alike
 * @param setups what each side does it with
 */
record Workload(String name, Kind kind, String title, Fields work, Both<Setup> setups) {
  /** On how many nodes it runs. */
  int nodes() {
    return (int) work.number("nodes");
  }

  /** How many replicas each of its partitions has. */
  int replicas() {
    return (int) work.number("replicas");
  }

  /** What a round does. */
  enum Kind {
    PRODUCE,
    CONSUME,
    LATENCY,
    START,
    CLUSTER
  }

  /**
   * A side's own settings, beside its defaults.
   *
   * @param producer of its producer
   * @param consumer of its consumer
   * @param topic of the topic
   */
  record Setup(
      Map<String, String> producer, Map<String, String> consumer, Map<String, String> topic) {
    static Setup of(Map<String, String> producer) {
      return new Setup(producer, Map.of(), Map.of());
    }

    Setup withTopic(Map<String, String> configs) {
      return new Setup(producer, consumer, configs);
    }
  }
}
