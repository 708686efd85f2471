package io.millrace.it.soak;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.TopicPartition;
import io.millrace.common.time.Clock;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A topic that loses nothing to retention: each partition's records carry 0, 1, 2… All that was
 * acknowledged is read along with the writer, and once more from the beginning at the end: each
 * record once, in order.
 */
final class CheckedTopic {
  static final String NAME = "checked";
  static final int PARTITIONS = 3;

  private static final int RECORD_BYTES = 250;
  private static final double RECORDS_PER_SECOND = 2_000;
  private static final Duration WRITER_LIFE = Duration.ofSeconds(8);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration STALLED = Duration.ofSeconds(60);

  private final Clock clock;
  private final MillraceClient client;

  /** How many are in each partition: the next number. Confined to the writer's thread. */
  private final long[] sent = new long[PARTITIONS];

  private final AtomicLong acknowledged = new AtomicLong();
  private final AtomicLong read = new AtomicLong();

  CheckedTopic(Clock clock, MillraceClient client) {
    this.clock = clock;
    this.client = client;
  }

  long acknowledged() {
    return acknowledged.get();
  }

  /** The worker that writes, through a producer that lives for some seconds. */
  void write(SoakStop stop) {
    Pulse pulse = new Pulse(clock, RECORDS_PER_SECOND);
    int partition = 0;
    while (!stop.isSet()) {
      long endMs = clock.monotonicMs() + WRITER_LIFE.toMillis();
      try (Producer producer = client.producer(ProducerConfig.defaults())) {
        while (!stop.isSet() && clock.monotonicMs() < endMs) {
          for (int due = pulse.next(stop); due > 0; due--) {
            send(producer, partition, stop);
            partition = (partition + 1) % PARTITIONS;
          }
        }
        producer.flush();
      }
    }
  }

  private void send(Producer producer, int partition, SoakStop stop) {
    byte[] value = ByteBuffer.allocate(RECORD_BYTES).putLong(sent[partition]++).array();
    producer.send(
        ProducerRecord.of(NAME, value).toPartition(partition),
        (where, error) -> {
          if (error == null) {
            acknowledged.incrementAndGet();
          } else {
            stop.fail(NAME + ": a record failed: " + error);
          }
        });
  }

  /** The worker that reads along. */
  void readAlong(SoakStop stop) {
    try (Consumer consumer = fromBeginning()) {
      long[] next = new long[PARTITIONS];
      while (!stop.isSet()) {
        read.addAndGet(check(consumer, next, stop));
      }
    }
  }

  /** After the writer's end: reads all of it once more. */
  void readAgain(SoakStop failures) {
    long wanted = acknowledged.get();
    long found = 0;
    long lastMs = clock.monotonicMs();
    try (Consumer consumer = fromBeginning()) {
      long[] next = new long[PARTITIONS];
      while (found < wanted && clock.monotonicMs() - lastMs < STALLED.toMillis()) {
        long more = check(consumer, next, failures);
        found += more;
        lastMs = more > 0 ? clock.monotonicMs() : lastMs;
      }
      // One poll more: nothing may be left.
      found += check(consumer, next, failures);
    }
    if (found != wanted) {
      failures.fail(NAME + ": read " + found + " records (expected: " + wanted + ")");
    }
  }

  private Consumer fromBeginning() {
    Consumer consumer = client.consumer(ConsumerConfig.defaults());
    for (int i = 0; i < PARTITIONS; i++) {
      consumer.assign(new TopicPartition(NAME, i), OffsetSpec.earliest());
    }
    return consumer;
  }

  private static int check(Consumer consumer, long[] next, SoakStop failures) {
    int count = 0;
    for (ConsumerRecord record : consumer.poll(POLL)) {
      byte[] value = record.value();
      long number = value == null ? -1 : ByteBuffer.wrap(value).getLong();
      long expected = next[record.partition()]++;
      if (number != expected || record.offset() != expected) {
        failures.fail(
            "%s-%d: record %d at offset %d (expected: both %d)"
                .formatted(NAME, record.partition(), number, record.offset(), expected));
      }
      count++;
    }
    return count;
  }
}
