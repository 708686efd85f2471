package io.millrace.samples;

import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerMetrics;
import io.millrace.client.api.ProducerRecord;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Asks a producer what it did and holds; to be put into whatever collects your metrics. */
final class WatchTheProducer {
  private WatchTheProducer() {}

  /** The metrics as lines. */
  static List<String> run(MillraceClient client, String topic, int records) {
    try (Producer producer = client.producer(ProducerConfig.defaults())) {
      for (int i = 0; i < records; i++) {
        producer.sendAndForget(
            ProducerRecord.of(topic, ("value " + i).getBytes(StandardCharsets.UTF_8)));
      }
      producer.flush();
      ProducerMetrics metrics = producer.metrics();
      return List.of(
          "records " + metrics.answered().records(),
          "failed " + metrics.answered().failedRecords(),
          "records_per_batch " + metrics.answered().recordsPerBatch(),
          "retries " + metrics.frames().retries(),
          "buffer_used_bytes " + metrics.buffer().usedBytes(),
          "request_p99_ms " + metrics.requestLatency().p99().toMillis());
    }
  }
}
