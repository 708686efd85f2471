package io.millrace.samples;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.TopicPartition;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads all that a topic has now, from the first record that is kept. */
final class ReadFromTheBeginning {
  private ReadFromTheBeginning() {}

  /** The values, in order within each partition. */
  static List<String> run(MillraceClient client, String topic) {
    Map<TopicPartition, OffsetSpec> everyEnd = new HashMap<>();
    int partitions = client.admin().describeTopic(topic).partitions().size();
    for (int i = 0; i < partitions; i++) {
      everyEnd.put(new TopicPartition(topic, i), OffsetSpec.latest());
    }
    Map<TopicPartition, Long> ends = client.admin().offsets(everyEnd);

    List<String> values = new ArrayList<>();
    try (Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
      // Offset 0 would be out of range once retention has deleted the first records.
      ends.keySet().forEach(partition -> consumer.assign(partition, OffsetSpec.earliest()));
      Map<TopicPartition, Long> left = new HashMap<>(ends);
      left.values().removeIf(end -> end == 0);
      while (!left.isEmpty()) {
        for (ConsumerRecord record : consumer.poll(Duration.ofSeconds(1))) {
          values.add(new String(record.value(), StandardCharsets.UTF_8));
        }
        left.entrySet()
            .removeIf(
                entry -> {
                  var place = consumer.metrics().partitions().get(entry.getKey()).position();
                  return place.isPresent() && place.getAsLong() >= entry.getValue();
                });
      }
    }
    return values;
  }
}
