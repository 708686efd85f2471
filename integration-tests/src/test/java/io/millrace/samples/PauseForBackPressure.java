package io.millrace.samples;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Hands records to slow workers, one for each partition, and never lets one hold up another. */
final class PauseForBackPressure {
  private PauseForBackPressure() {}

  /** What is done with a record, slowly. */
  interface Work {
    void on(ConsumerRecord record);
  }

  /** Returns when so many records are done. */
  static void run(MillraceClient client, List<TopicPartition> partitions, long records, Work work)
      throws Exception {
    ExecutorService workers = Executors.newFixedThreadPool(partitions.size());
    Map<TopicPartition, Future<?>> busy = new HashMap<>();
    try (Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
      partitions.forEach(partition -> consumer.assign(partition, OffsetSpec.earliest()));
      for (long handed = 0; handed < records || !busy.isEmpty(); ) {
        Map<TopicPartition, List<ConsumerRecord>> polled = new HashMap<>();
        for (ConsumerRecord record : consumer.poll(Duration.ofMillis(20))) {
          TopicPartition partition = new TopicPartition(record.topic(), record.partition());
          polled.computeIfAbsent(partition, p -> new ArrayList<>()).add(record);
          handed++;
        }
        // Nothing more of a partition while its worker is busy: it works in order, and what waits
        // in memory stays within the credits.
        polled.forEach(
            (partition, batch) -> {
              consumer.pause(partition);
              busy.put(partition, workers.submit(() -> batch.forEach(work::on)));
            });
        for (TopicPartition partition : List.copyOf(busy.keySet())) {
          if (busy.get(partition).isDone()) {
            busy.remove(partition).get();
            consumer.resume(partition);
          }
        }
      }
    } finally {
      workers.shutdown();
    }
  }
}
