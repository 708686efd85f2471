package io.millrace.samples;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Reads from the first record that is not older than a moment. */
final class ReadFromATime {
  private ReadFromATime() {}

  /** The first records from then on; empty if none comes within ten seconds. */
  static List<ConsumerRecord> run(MillraceClient client, TopicPartition partition, Instant from) {
    try (Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
      // Timestamps need not ascend: later records may well be older than the moment.
      consumer.assign(partition, OffsetSpec.time(from.toEpochMilli()));
      return consumer.poll(Duration.ofSeconds(10));
    }
  }
}
