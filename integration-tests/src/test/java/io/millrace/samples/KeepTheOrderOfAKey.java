package io.millrace.samples;

import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.Acks;
import io.millrace.common.record.Compression;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Records of a key are in one partition, once each and in the order of the sends. */
final class KeepTheOrderOfAKey {
  private KeepTheOrderOfAKey() {}

  static void run(MillraceClient client, String topic, String key, List<String> events) {
    // Idempotent and acks=all are the defaults; whatever is lost on the way is sent again, and the
    // broker knows what it has.
    ProducerConfig config =
        ProducerConfig.builder()
            .acks(Acks.ALL)
            .idempotent(true)
            .compression(Compression.LZ4)
            .build();
    try (Producer producer = client.producer(config)) {
      byte[] keyBytes = key.getBytes(StandardCharsets.UTF_8);
      for (String event : events) {
        producer.send(
            ProducerRecord.of(topic, keyBytes, event.getBytes(StandardCharsets.UTF_8)),
            (metadata, error) -> {
              if (error != null) {
                System.err.println("lost an event of " + key + ": " + error.getMessage());
              }
            });
      }
    }
  }
}
