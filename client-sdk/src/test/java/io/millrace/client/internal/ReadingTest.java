package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.TopicPartition;
import io.millrace.common.record.Compression;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** A fake broker with a hundred records in each of two partitions, about six to a batch. */
abstract class ReadingTest extends FakeBrokerTest {
  static final TopicPartition PARTITION = new TopicPartition(FakeBroker.TOPIC, 0);
  static final TopicPartition OTHER = new TopicPartition(FakeBroker.TOPIC, 1);
  static final Duration LONG = Duration.ofSeconds(10);
  static final Duration SHORT = Duration.ofMillis(20);

  ReadingTest() {
    super(2);
    try (Producer producer =
        client.producer(
            ProducerConfig.builder()
                .batchBytes(300)
                .compression(Compression.LZ4)
                // Only size ends a batch: what a poll leaves half read does not depend on time.
                .linger(Duration.ofMinutes(1))
                .build())) {
      for (int i = 0; i < 100; i++) {
        producer.send(ProducerRecord.of(FakeBroker.TOPIC, value(0, i)).toPartition(0));
        producer.send(ProducerRecord.of(FakeBroker.TOPIC, value(1, i)).toPartition(1));
      }
    }
  }

  private static byte[] value(int partition, int i) {
    return (partition + "v" + i + " some text to be packed, to be packed, to be packed")
        .getBytes(StandardCharsets.UTF_8);
  }

  /** A consumer of both partitions from their beginnings. */
  Consumer ofBoth(ConsumerConfig config) {
    Consumer consumer = client.consumer(config);
    consumer.assign(PARTITION, OffsetSpec.offset(0));
    consumer.assign(OTHER, OffsetSpec.offset(0));
    return consumer;
  }

  Consumer ofOne(ConsumerConfig config) {
    Consumer consumer = client.consumer(config);
    consumer.assign(PARTITION, OffsetSpec.offset(0));
    return consumer;
  }

  /** The values from an offset on. */
  static List<String> values(int partition, int from) {
    return IntStream.range(from, 100)
        .mapToObj(i -> new String(value(partition, i), StandardCharsets.UTF_8))
        .toList();
  }

  /** Reads until there are so many of a partition; adds those of any partition to the list. */
  static List<ConsumerRecord> readUntil(Consumer consumer, TopicPartition partition, int count) {
    List<ConsumerRecord> all = new ArrayList<>();
    while (of(partition, all).size() < count) {
      List<ConsumerRecord> records = consumer.poll(LONG);
      assertThat(records).as("after %s", all.size()).isNotEmpty();
      all.addAll(records);
    }
    return all;
  }

  static List<String> of(TopicPartition partition, List<ConsumerRecord> records) {
    return records.stream()
        .filter(r -> r.partition() == partition.partition())
        .map(r -> new String(r.value(), StandardCharsets.UTF_8))
        .toList();
  }
}
