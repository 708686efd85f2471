package io.millrace.it.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetReset;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.common.record.Compression;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The consumer against a real broker that does to it what brokers and administrators do. */
class ConsumerOnBrokerTest {
  private static final String TOPIC = "orders";
  private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);
  private static final Duration SHORT = Duration.ofMillis(20);
  private static final Duration LONG = Duration.ofSeconds(10);
  private static final int RECORDS = 200;

  @TempDir private Path data;
  private LocalNode node;
  private MillraceClient client;

  @BeforeEach
  void start() {
    node = new LocalNode(data);
    client = node.connect();
    client.admin().createTopic(NewTopic.of(TOPIC, 1));
    send(0, RECORDS);
  }

  @AfterEach
  void stop() {
    client.close();
    node.close();
  }

  /** A few hundred bytes to a record, one or two records to a batch. */
  private void send(int from, int to) {
    try (Producer producer = client.producer(ProducerConfig.builder().batchBytes(600).build())) {
      for (int i = from; i < to; i++) {
        producer.send(
            ProducerRecord.of(TOPIC, ByteBuffer.allocate(250).putInt(i).array()).toPartition(0));
      }
    }
  }

  /** Reads little ahead: most of the log is still the broker's. */
  private static ConsumerConfig narrow(OffsetReset policy) {
    return ConsumerConfig.builder()
        .maxPollRecords(5)
        .creditBytes(2_000)
        .maxFetchBytes(1_000)
        .offsetReset(policy)
        .build();
  }

  private Consumer consumer(ConsumerConfig config) {
    Consumer consumer = client.consumer(config);
    consumer.assign(PARTITION, OffsetSpec.offset(0));
    return consumer;
  }

  private static List<Long> offsets(List<ConsumerRecord> records) {
    return records.stream().map(ConsumerRecord::offset).toList();
  }

  private static List<Long> read(Consumer consumer, long to) {
    List<Long> read = new ArrayList<>();
    while (consumer.position(PARTITION) < to) {
      List<ConsumerRecord> records = consumer.poll(LONG);
      assertThat(records).as("after %s", read).isNotEmpty();
      read.addAll(offsets(records));
    }
    return read;
  }

  private static List<Long> range(long from, long to) {
    return LongStream.range(from, to).boxed().toList();
  }

  @Test
  void failsWhenItsPlaceIsDeletedAndSaysWhereTheLogBegins() {
    try (Consumer consumer = consumer(narrow(OffsetReset.NONE))) {
      List<Long> read = new ArrayList<>(offsets(consumer.poll(LONG)));
      client.admin().deleteRecords(Map.of(PARTITION, 150L));
      assertThatThrownBy(() -> pollOn(consumer, read))
          .isInstanceOfSatisfying(
              MillraceException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
                assertThat(e.error().details()).containsEntry("log_start_offset", "150");
              });
      assertThat(read).isEqualTo(range(0, read.size())).hasSizeLessThan(100);
      consumer.seekToBeginning(PARTITION);
      assertThat(offsets(consumer.poll(LONG))).startsWith(150L);
      assertThat(read(consumer, RECORDS)).endsWith(RECORDS - 1L);
    }
  }

  private static void pollOn(Consumer consumer, List<Long> read) {
    while (read.size() < RECORDS) {
      read.addAll(offsets(consumer.poll(LONG)));
    }
  }

  @Test
  void goesOnAtTheFirstRecordThatIsKept() {
    try (Consumer consumer = consumer(narrow(OffsetReset.EARLIEST))) {
      List<Long> read = new ArrayList<>(offsets(consumer.poll(LONG)));
      client.admin().deleteRecords(Map.of(PARTITION, 150L));
      while (!read.contains(RECORDS - 1L)) {
        read.addAll(offsets(consumer.poll(LONG)));
      }
      int before = read.indexOf(150L);
      assertThat(read.subList(0, before)).isEqualTo(range(0, before)).hasSizeLessThan(100);
      assertThat(read.subList(before, read.size())).isEqualTo(range(150, RECORDS));
    }
  }

  @Test
  void goesOnAtTheEnd() {
    try (Consumer consumer = consumer(narrow(OffsetReset.LATEST))) {
      List<Long> read = new ArrayList<>(offsets(consumer.poll(LONG)));
      client.admin().deleteRecords(Map.of(PARTITION, 150L));
      Awaitility.await()
          .until(
              () -> {
                read.addAll(offsets(consumer.poll(SHORT)));
                return consumer.metrics().partitions().get(PARTITION).position().orElse(0)
                    == RECORDS;
              });
      assertThat(read).isEqualTo(range(0, read.size())).hasSizeLessThan(100);
      send(RECORDS, RECORDS + 3);
      assertThat(read(consumer, RECORDS + 3)).isEqualTo(range(RECORDS, RECORDS + 3));
    }
  }

  @Test
  void saysThatItsTopicWasDeletedAndReadsTheNewOneOnlyWhenTold() {
    try (Consumer consumer = consumer(narrow(OffsetReset.NONE))) {
      List<Long> read = new ArrayList<>(offsets(consumer.poll(LONG)));
      client.admin().deleteTopic(TOPIC);
      assertThatThrownBy(() -> pollOn(consumer, read))
          .isInstanceOfSatisfying(
              MillraceException.class,
              e -> assertThat(e.code()).isIn(ErrorCode.UNKNOWN_TOPIC_ID, ErrorCode.UNKNOWN_TOPIC));
      client.admin().createTopic(NewTopic.of(TOPIC, 1));
      send(0, RECORDS);
      assertThatThrownBy(() -> consumer.poll(LONG)).isInstanceOf(MillraceException.class);
      consumer.seekToBeginning(PARTITION);
      List<Long> again = new ArrayList<>();
      while (again.size() < RECORDS) {
        again.addAll(offsets(consumer.poll(LONG)));
      }
      assertThat(again).isEqualTo(range(0, RECORDS));
    }
  }

  @Test
  void goesOnAfterARestartOfTheBrokerWithNothingLostOrDoubled() {
    try (Consumer consumer = consumer(narrow(OffsetReset.NONE))) {
      List<Long> read = new ArrayList<>(read(consumer, 50));
      node.stop();
      Awaitility.await()
          .until(
              () -> {
                read.addAll(offsets(consumer.poll(SHORT)));
                return consumer.trouble().isPresent();
              });
      node.start();
      send(RECORDS, RECORDS + 50);
      while (read.size() < RECORDS + 50) {
        read.addAll(offsets(consumer.poll(LONG)));
      }
      assertThat(read).isEqualTo(range(0, RECORDS + 50));
      assertThat(consumer.metrics().reconnects()).isPositive();
    }
  }

  @Test
  void beginsExactlyWhereItWasSentWhateverIsUnderWay() {
    Random random = new Random(7);
    try (Consumer consumer = consumer(narrow(OffsetReset.NONE))) {
      for (int i = 0; i < 40; i++) {
        long place = random.nextInt(RECORDS);
        consumer.seek(PARTITION, place);
        for (long next = place; next < Math.min(RECORDS, place + random.nextInt(20)); ) {
          List<Long> offsets = offsets(consumer.poll(LONG));
          assertThat(offsets)
              .as("seek %s to %s", i, place)
              .isEqualTo(range(next, next + offsets.size()));
          next += offsets.size();
        }
      }
      assertThat(consumer.metrics().creditBytes()).isLessThanOrEqualTo(2_000);
    }
  }

  @Test
  void S22_readsABatchThatIsLargerThanItsCredits() {
    try (Producer producer = client.producer(ProducerConfig.defaults())) {
      producer.send(ProducerRecord.of(TOPIC, new byte[300_000]).toPartition(0)).join();
    }
    send(RECORDS, RECORDS + 10);
    try (Consumer consumer = consumer(narrow(OffsetReset.NONE))) {
      assertThat(read(consumer, RECORDS + 11)).isEqualTo(range(0, RECORDS + 11));
    }
  }

  /** The broker sends no more to a paused partition, and nothing is lost of it. */
  @Test
  void isSentNothingWhileItIsPaused() {
    try (Consumer consumer = consumer(narrow(OffsetReset.NONE))) {
      List<Long> read = new ArrayList<>(offsets(consumer.poll(LONG)));
      consumer.pause(PARTITION);
      send(RECORDS, RECORDS + 100);
      Awaitility.await()
          .until(
              () -> {
                assertThat(consumer.poll(SHORT)).isEmpty();
                // Heard of, or off the stream: in both cases everything under way has come in.
                return consumer.lag(PARTITION).orElse(0) == RECORDS + 100 - read.size()
                    || consumer.metrics().bufferedBytes() == 0;
              });
      assertThat(consumer.metrics().bufferedBytes()).isLessThanOrEqualTo(1_000);
      consumer.resume(PARTITION);
      while (read.size() < RECORDS + 100) {
        read.addAll(offsets(consumer.poll(LONG)));
      }
      assertThat(read).isEqualTo(range(0, RECORDS + 100));
    }
  }

  /** Messages come in memory that is lent: none is used again while it is read. */
  @ParameterizedTest
  @EnumSource(names = {"NONE", "ZSTD"})
  void returnsEveryByteAsItWasSent(Compression compression) {
    int count = 6_000;
    String topic = "bytes";
    client.admin().createTopic(NewTopic.of(topic, 2));
    ProducerConfig config =
        ProducerConfig.builder().compression(compression).batchBytes(16_000).build();
    try (Producer producer = client.producer(config)) {
      for (int i = 0; i < count; i++) {
        producer.send(ProducerRecord.of(topic, randomBytes(i)).toPartition(i % 2));
      }
    }
    ConsumerConfig reading =
        ConsumerConfig.builder().maxPollRecords(50).maxFetchBytes(40_000).build();
    try (Consumer consumer = client.consumer(reading)) {
      consumer.assign(new TopicPartition(topic, 0), OffsetSpec.earliest());
      consumer.assign(new TopicPartition(topic, 1), OffsetSpec.earliest());
      for (int read = 0; read < count; ) {
        List<ConsumerRecord> records = consumer.poll(LONG);
        assertThat(records).as("after %s", read).isNotEmpty();
        for (ConsumerRecord record : records) {
          int sent = (int) record.offset() * 2 + record.partition();
          assertThat(record.value()).as("record %s", sent).isEqualTo(randomBytes(sent));
        }
        read += records.size();
      }
    }
  }

  private static byte[] randomBytes(int seed) {
    byte[] bytes = new byte[600];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  @Test
  void readsHundredsOfPartitionsWithFewCredits() {
    int count = 100;
    client.admin().createTopic(NewTopic.of("wide", count));
    try (Producer producer = client.producer(ProducerConfig.defaults())) {
      for (int i = 0; i < count * 10; i++) {
        producer.send(ProducerRecord.of("wide", new byte[100]).toPartition(i % count));
      }
    }
    Map<TopicPartition, List<Long>> read = new HashMap<>();
    try (Consumer consumer =
        client.consumer(ConsumerConfig.builder().creditBytes(20_000).build())) {
      for (int i = 0; i < count; i++) {
        consumer.assign(new TopicPartition("wide", i), OffsetSpec.earliest());
      }
      for (int records = 0; records < count * 10; ) {
        List<ConsumerRecord> polled = consumer.poll(LONG);
        assertThat(polled).as("after %s", records).isNotEmpty();
        records += polled.size();
        polled.forEach(
            r ->
                read.computeIfAbsent(
                        new TopicPartition(r.topic(), r.partition()), p -> new ArrayList<>())
                    .add(r.offset()));
      }
    }
    assertThat(read).hasSize(count);
    assertThat(read.values()).allMatch(offsets -> offsets.equals(range(0, 10)));
  }
}
