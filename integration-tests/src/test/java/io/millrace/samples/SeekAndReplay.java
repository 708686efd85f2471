package io.millrace.samples;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads a stretch again, and then goes on: offsets name records for as long as they are kept. */
final class SeekAndReplay {
  private SeekAndReplay() {}

  /** The offsets read: the whole partition, and from one offset on a second time. */
  static List<Long> run(MillraceClient client, TopicPartition partition, long replayFrom) {
    long end = client.admin().offsets(Map.of(partition, OffsetSpec.latest())).get(partition);
    List<Long> read = new ArrayList<>();
    try (Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
      consumer.assign(partition, OffsetSpec.earliest());
      readTo(end, consumer, partition, read);
      consumer.seek(partition, replayFrom);
      readTo(end, consumer, partition, read);
    }
    return read;
  }

  private static void readTo(
      long end, Consumer consumer, TopicPartition partition, List<Long> read) {
    do {
      for (ConsumerRecord record : consumer.poll(Duration.ofSeconds(1))) {
        read.add(record.offset());
      }
    } while (consumer.position(partition) < end);
  }
}
