package io.millrace.it.soak;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetReset;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.TopicPartition;
import io.millrace.common.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Reads topics through consumers that live for some seconds each, and checks that offsets only
 * rise.
 */
final class TailReader implements SoakWorker {
  private static final Duration POLL = Duration.ofMillis(100);

  /**
   * What one consumer is to read.
   *
   * @param life how long it lives
   * @param pause how long none is there afterwards
   */
  record Visit(String topic, OffsetSpec from, Duration life, Duration pause) {}

  private final Clock clock;
  private final MillraceClient client;
  private final int partitions;
  private final Supplier<Visit> visits;
  private final AtomicLong readRecords;

  TailReader(
      Clock clock,
      MillraceClient client,
      int partitions,
      Supplier<Visit> visits,
      AtomicLong readRecords) {
    this.clock = clock;
    this.client = client;
    this.partitions = partitions;
    this.visits = visits;
    this.readRecords = readRecords;
  }

  @Override
  public void run(SoakStop stop) {
    while (!stop.isSet()) {
      Visit visit = visits.get();
      pay(visit, stop);
      stop.await(visit.pause());
    }
  }

  private void pay(Visit visit, SoakStop stop) {
    // Retention may be quicker than a reader.
    ConsumerConfig config = ConsumerConfig.builder().offsetReset(OffsetReset.EARLIEST).build();
    long endMs = clock.monotonicMs() + visit.life().toMillis();
    Map<Integer, Long> last = new HashMap<>();
    try (Consumer consumer = client.consumer(config)) {
      for (int i = 0; i < partitions; i++) {
        consumer.assign(new TopicPartition(visit.topic(), i), visit.from());
      }
      while (!stop.isSet() && clock.monotonicMs() < endMs) {
        for (ConsumerRecord record : consumer.poll(POLL)) {
          long before = last.getOrDefault(record.partition(), -1L);
          if (record.offset() <= before) {
            stop.fail(visit.topic() + ": offset " + record.offset() + " came after " + before);
          }
          last.put(record.partition(), record.offset());
          readRecords.incrementAndGet();
        }
      }
    }
  }
}
