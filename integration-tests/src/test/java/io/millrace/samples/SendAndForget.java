package io.millrace.samples;

import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.Acks;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Sends what may get lost: nothing is kept per record, and no answer is waited for. */
final class SendAndForget {
  private SendAndForget() {}

  /** How many records are known to be lost. */
  static long run(MillraceClient client, String topic, List<String> values) {
    ProducerConfig config = ProducerConfig.builder().acks(Acks.NONE).build();
    try (Producer producer = client.producer(config)) {
      values.forEach(
          value ->
              producer.sendAndForget(
                  ProducerRecord.of(topic, value.getBytes(StandardCharsets.UTF_8))));
      producer.flush();
      var failures = producer.metrics().failures();
      return failures.forgotten() + failures.late();
    }
  }
}
