package io.millrace.samples;

import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Sends without waiting and gathers the answers afterwards. */
final class SendWithFuture {
  private SendWithFuture() {}

  /** Where each value is. */
  static List<RecordMetadata> run(MillraceClient client, String topic, List<String> values) {
    try (Producer producer = client.producer(ProducerConfig.defaults())) {
      List<CompletableFuture<RecordMetadata>> answers =
          values.stream()
              .map(value -> ProducerRecord.of(topic, value.getBytes(StandardCharsets.UTF_8)))
              .map(producer::send)
              .toList();
      producer.flush();
      return answers.stream().map(CompletableFuture::join).toList();
    }
  }
}
