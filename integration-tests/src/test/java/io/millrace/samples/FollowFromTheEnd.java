package io.millrace.samples;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.TopicPartition;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.function.Predicate;

/** Follows a partition: only records that come from now on, until the reader has seen enough. */
final class FollowFromTheEnd {
  private FollowFromTheEnd() {}

  /**
   * Reads on and on.
   *
   * @param ready run when the place is found: records that are sent after it will be seen
   * @param reader told of each value; false to stop
   */
  static void run(
      MillraceClient client, TopicPartition partition, Runnable ready, Predicate<String> reader) {
    // "The end" is looked up at the first polls; a place that is looked up before is exact.
    long end = client.admin().offsets(Map.of(partition, OffsetSpec.latest())).get(partition);
    ready.run();
    try (Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
      consumer.assign(partition, OffsetSpec.offset(end));
      while (true) {
        // A broker that is lost is waited for inside; the records go on where they stopped.
        for (ConsumerRecord record : consumer.poll(Duration.ofSeconds(1))) {
          if (!reader.test(new String(record.value(), StandardCharsets.UTF_8))) {
            return;
          }
        }
      }
    }
  }
}
