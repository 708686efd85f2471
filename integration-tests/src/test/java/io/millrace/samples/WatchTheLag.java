package io.millrace.samples;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerMetrics;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Tells how far a consumer is behind while it catches up. */
final class WatchTheLag {
  private WatchTheLag() {}

  /** The lag after each poll, down to 0. */
  static List<Long> run(MillraceClient client, TopicPartition partition) {
    List<Long> lags = new ArrayList<>();
    ConsumerConfig config = ConsumerConfig.builder().maxPollRecords(10).build();
    try (Consumer consumer = client.consumer(config)) {
      consumer.assign(partition, OffsetSpec.earliest());
      do {
        consumer.poll(Duration.ofSeconds(1));
        // Empty until the broker has told where the partition ends. Any thread may ask this way.
        ConsumerMetrics.Partition place = consumer.metrics().partitions().get(partition);
        place.lag().ifPresent(lags::add);
      } while (lags.isEmpty() || lags.get(lags.size() - 1) > 0);
    }
    return lags;
  }
}
