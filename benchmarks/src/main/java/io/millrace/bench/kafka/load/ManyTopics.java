package io.millrace.bench.kafka.load;

import java.util.Map;

/** Creates many partitions and asks the leader of each where it ends. */
final class ManyTopics {
  private ManyTopics() {}

  /** Creates one topic after the other; a leader that answers leads. */
  static Fields run(Side side, Fields round) throws Exception {
    int topics = (int) round.number("topics");
    int partitions = (int) round.number("partitions");
    int replicas = (int) round.number("replicas");
    long began = System.nanoTime();
    for (int topic = 0; topic < topics; topic++) {
      side.createTopic(name(topic), partitions, replicas, Map.of());
    }
    long created = System.nanoTime();
    for (int topic = 0; topic < topics; topic++) {
      requireEmpty(name(topic), side.ends(name(topic), partitions));
    }
    long led = System.nanoTime();
    return Fields.none()
        .with("created_s", (created - began) / 1e9)
        .with("all_led_s", (led - began) / 1e9);
  }

  private static String name(int topic) {
    return "many-" + topic;
  }

  private static void requireEmpty(String topic, long[] ends) {
    for (int partition = 0; partition < ends.length; partition++) {
      if (ends[partition] != 0) {
        throw new IllegalStateException(
            topic + "-" + partition + " ends at " + ends[partition] + " (expected: 0)");
      }
    }
  }
}
