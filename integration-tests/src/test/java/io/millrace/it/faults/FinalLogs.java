package io.millrace.it.faults;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Reads everything that is in the partitions once nobody writes any more. */
final class FinalLogs {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final long TIMEOUT_NANOS = TimeUnit.MINUTES.toNanos(3);

  private FinalLogs() {}

  /** From the first record to the end that the leaders tell, or that any client was told before. */
  static Map<TopicPartition, ClientHistory.Contents> read(
      MillraceClient client, ClientHistory history, List<TopicPartition> partitions) {
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    Map<TopicPartition, ClientHistory.Contents> logs = new HashMap<>();
    partitions.forEach(partition -> ends.put(partition, OffsetSpec.latest()));
    Map<TopicPartition, Long> told = client.admin().offsets(ends);
    told.forEach((partition, end) -> history.sampled(partition, history.knownEnd(partition), end));
    try (Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
      for (TopicPartition partition : partitions) {
        logs.put(partition, new ClientHistory.Contents());
        consumer.assign(partition, OffsetSpec.earliest());
      }
      long timeout = System.nanoTime() + TIMEOUT_NANOS;
      while (told.entrySet().stream().anyMatch(end -> position(logs, end) < end.getValue())
          && System.nanoTime() < timeout) {
        for (ConsumerRecord record : consumer.poll(POLL)) {
          ClientHistory.Contents log =
              logs.get(new TopicPartition(record.topic(), record.partition()));
          log.add(record.offset(), RecordContent.read(record.value()));
        }
      }
    }
    return logs;
  }

  private static long position(
      Map<TopicPartition, ClientHistory.Contents> logs, Map.Entry<TopicPartition, Long> end) {
    ClientHistory.Contents log = logs.get(end.getKey());
    return log == null || log.count() == 0 ? 0 : log.offset(log.count() - 1) + 1;
  }
}
