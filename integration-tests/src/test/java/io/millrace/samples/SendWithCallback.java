package io.millrace.samples;

import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Sends without waiting; a callback is told what became of each record. */
final class SendWithCallback {
  private SendWithCallback() {}

  /** How many records failed. */
  static int run(MillraceClient client, String topic, List<String> values) {
    AtomicInteger failed = new AtomicInteger();
    // Closing sends what waits, and waits for the answers.
    try (Producer producer = client.producer(ProducerConfig.defaults())) {
      for (String value : values) {
        ProducerRecord record = ProducerRecord.of(topic, value.getBytes(StandardCharsets.UTF_8));
        producer.send(
            record,
            (metadata, error) -> {
              // On the producer's thread: do not block here.
              if (error != null) {
                failed.incrementAndGet();
              }
            });
      }
    }
    return failed.get();
  }
}
