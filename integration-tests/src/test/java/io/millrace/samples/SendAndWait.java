package io.millrace.samples;

import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.common.MillraceException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Sends one record at a time; a failure is an exception. Simple, and slow. */
final class SendAndWait {
  private SendAndWait() {}

  /** Where the value is. */
  static RecordMetadata run(MillraceClient client, String topic, String value) {
    // Nothing more comes while this thread waits: lingering would only cost time.
    ProducerConfig config = ProducerConfig.builder().linger(Duration.ZERO).build();
    try (Producer producer = client.producer(config)) {
      return producer.sendAndWait(ProducerRecord.of(topic, value.getBytes(StandardCharsets.UTF_8)));
    } catch (MillraceException e) {
      boolean maybe = Boolean.parseBoolean(e.error().details().get("maybe_appended"));
      throw new IllegalStateException(
          maybe ? "the record may be in the log" : "the record is not in the log", e);
    }
  }
}
