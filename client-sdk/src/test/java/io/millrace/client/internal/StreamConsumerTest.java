package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.LIST;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.Header;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetReset;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.common.record.Compression;
import io.millrace.common.time.SystemClock;
import io.millrace.proto.v1.Error;
import io.millrace.proto.v1.ErrorCode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamConsumerTest extends FakeBrokerTest {
  private static final TopicPartition PARTITION = new TopicPartition(FakeBroker.TOPIC, 0);
  private static final TopicPartition OTHER = new TopicPartition(FakeBroker.TOPIC, 1);
  private static final Duration LONG = Duration.ofSeconds(10);

  @BeforeEach
  void sendHundred() {
    try (Producer producer =
        client.producer(
            ProducerConfig.builder().batchBytes(300).compression(Compression.LZ4).build())) {
      for (int i = 0; i < 100; i++) {
        producer.send(
            ProducerRecord.of(FakeBroker.TOPIC, bytes("v" + i))
                .toPartition(0)
                .at(1_000 + i)
                .withHeaders(List.of(new Header("n", bytes("" + i)))));
      }
    }
  }

  StreamConsumerTest() {
    super(2);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static List<String> read(Consumer consumer, int count) {
    List<String> values = new ArrayList<>();
    while (values.size() < count) {
      List<ConsumerRecord> records = consumer.poll(LONG);
      assertThat(records).as("after %s", values).isNotEmpty();
      records.forEach(r -> values.add(new String(r.value(), StandardCharsets.UTF_8)));
    }
    return values;
  }

  private static List<String> from(int first) {
    return IntStream.range(first, 100).mapToObj(i -> "v" + i).toList();
  }

  private Consumer at(OffsetSpec place) {
    Consumer consumer = client.consumer(ConsumerConfig.defaults());
    consumer.assign(PARTITION, place);
    return consumer;
  }

  @Test
  void readsEverythingInOrderWithHeadersAndTimestamps() {
    try (Consumer consumer = at(OffsetSpec.earliest())) {
      ConsumerRecord first = consumer.poll(LONG).get(0);
      assertThat(first.offset()).isZero();
      assertThat(first.timestampMs()).isEqualTo(1_000);
      assertThat(first.key()).isNull();
      assertThat(first.headers()).hasSize(1);
      assertThat(first.headers().get(0).value()).asString().isEqualTo("0");
    }
    try (Consumer consumer = at(OffsetSpec.earliest())) {
      assertThat(read(consumer, 100)).isEqualTo(from(0));
      assertThat(consumer.position(PARTITION)).isEqualTo(100);
    }
  }

  @Test
  void aTopicThatDoesNotExistKeepsNoOtherFromBeingRead() {
    try (Consumer consumer = at(OffsetSpec.earliest())) {
      consumer.assign(new TopicPartition("ghost", 0), OffsetSpec.earliest());
      List<ConsumerRecord> read = new ArrayList<>();
      List<MillraceException> thrown = new ArrayList<>();
      while (read.size() < 100 || thrown.isEmpty()) {
        try {
          read.addAll(consumer.poll(LONG));
        } catch (MillraceException e) {
          thrown.add(e);
          assertThat(thrown).as("after %d records", read.size()).hasSizeLessThan(1_000);
        }
      }
      assertThat(read).hasSize(100);
      assertThat(thrown).allMatch(e -> e.getMessage().contains("ghost"));
    }
  }

  /** S26: the broker returns whole batches; what lies before the asked offset is dropped. */
  @Test
  void S26_dropsTheRecordsBeforeTheAskedOffset() {
    for (int start : new int[] {1, 7, 50, 99}) {
      try (Consumer consumer = at(OffsetSpec.offset(start))) {
        assertThat(read(consumer, 100 - start)).isEqualTo(from(start));
      }
    }
  }

  @Test
  void startsAtATimeAndAtTheEnd() {
    try (Consumer consumer = at(OffsetSpec.time(1_095))) {
      assertThat(consumer.poll(LONG)).first().matches(r -> r.offset() <= 95);
    }
    try (Consumer consumer = at(OffsetSpec.latest())) {
      Awaitility.await()
          .ignoreExceptionsInstanceOf(IllegalStateException.class)
          .until(
              () ->
                  consumer.poll(Duration.ofMillis(20)).isEmpty()
                      && consumer.position(PARTITION) == 100);
    }
  }

  @Test
  void returnsNoMoreThanAskedForAndGoesOnWhereItStopped() {
    ConsumerConfig config = ConsumerConfig.builder().maxPollRecords(7).build();
    try (Consumer consumer = client.consumer(config)) {
      consumer.assign(PARTITION, OffsetSpec.earliest());
      assertThat(consumer.poll(LONG)).hasSize(7);
      assertThat(consumer.position(PARTITION)).isEqualTo(7);
      assertThat(read(consumer, 93)).isEqualTo(from(7));
    }
  }

  @Test
  void givesCreditsBackSoThatSmallOnesSuffice() {
    ConsumerConfig config = ConsumerConfig.builder().creditBytes(100).build();
    try (Consumer consumer = client.consumer(config)) {
      consumer.assign(PARTITION, OffsetSpec.earliest());
      assertThat(read(consumer, 100)).isEqualTo(from(0));
    }
  }

  @Test
  void dropsWhatIsUnderWayAfterASeek() {
    ConsumerConfig config = ConsumerConfig.builder().maxPollRecords(5).build();
    try (Consumer consumer = client.consumer(config)) {
      consumer.assign(PARTITION, OffsetSpec.earliest());
      consumer.poll(LONG);
      consumer.seek(PARTITION, 60);
      assertThat(read(consumer, 40)).isEqualTo(from(60));
      consumer.seek(PARTITION, 10);
      assertThat(read(consumer, 90)).isEqualTo(from(10));
    }
  }

  @Test
  void goesOnAfterALostStreamWithoutLossOrDoubling() {
    ConsumerConfig config = ConsumerConfig.builder().maxPollRecords(9).build();
    try (Consumer consumer = client.consumer(config)) {
      consumer.assign(PARTITION, OffsetSpec.earliest());
      List<String> values = new ArrayList<>();
      while (values.size() < 100) {
        consumer.poll(LONG).forEach(r -> values.add(new String(r.value())));
        broker.cutFetches();
      }
      assertThat(values).isEqualTo(from(0));
    }
  }

  @Test
  void losesNoRecordsWhenAnotherPartitionIsInTroubleForLong() {
    broker.onSubscribe =
        partition -> {
          if (partition == 0) {
            return Optional.empty();
          }
          for (int i = 0; i < 20; i++) {
            broker.appendFirstAgain(0);
          }
          return Optional.of(
              Error.newBuilder().setCode(ErrorCode.ERROR_CODE_NOT_LEADER).setMessage("no").build());
        };
    try (MillraceClient impatient = impatient();
        Consumer consumer = impatient.consumer(ConsumerConfig.defaults())) {
      consumer.assign(PARTITION, OffsetSpec.offset(0));
      consumer.assign(OTHER, OffsetSpec.offset(0));
      List<Long> offsets = new ArrayList<>();
      int reports = 0;
      while (reports < 50) {
        try {
          consumer.poll(LONG).forEach(r -> offsets.add(r.offset()));
        } catch (MillraceException e) {
          reports++;
        }
      }
      assertThat(offsets).isEqualTo(LongStream.range(0, offsets.size()).boxed().toList());
    }
  }

  @Test
  void goesOnWithEveryPartitionOfAStreamThatWasLostAfterALongOutage() {
    // Nothing comes between two cuts: the outage lasts.
    broker.tellsPosition = false;
    ShiftedClock clock = new ShiftedClock();
    Duration patience = Duration.ofMinutes(1);
    ClusterClient cluster =
        new ClusterClient(broker.config().requestTimeout(patience).build(), clock);
    MetadataCache metadata = new MetadataCache(cluster);
    ExecutorService helper = Executors.newSingleThreadExecutor();
    try (cluster;
        Consumer consumer =
            new StreamConsumer(
                ConsumerConfig.defaults(),
                cluster,
                metadata,
                new OffsetLookup(cluster, metadata),
                TestThreads.withHelper(helper),
                c -> {})) {
      consumer.assign(OTHER, OffsetSpec.offset(0));
      consumer.assign(PARTITION, OffsetSpec.offset(100));
      Awaitility.await()
          .until(
              () -> {
                broker.cutFetches();
                return pollOnce(consumer).trouble().isPresent();
              });
      Awaitility.await()
          .untilAsserted(
              () -> {
                broker.cutFetches();
                clock.advance(patience);
                assertThatThrownBy(() -> pollOnce(consumer))
                    .hasMessageContaining("cut by the test");
              });
      broker.appendFirstAgain(0);
      Awaitility.await()
          .untilAsserted(
              () -> assertThat(pollOrNothing(consumer)).anyMatch(r -> r.offset() >= 100));
    } finally {
      helper.shutdownNow();
    }
  }

  /** A client that reports trouble of a few milliseconds. */
  private MillraceClient impatient() {
    return MillraceClient.connect(
        broker
            .config()
            .requestTimeout(Duration.ofMillis(3))
            .retryBackoff(Duration.ofMillis(2), Duration.ofMillis(4))
            .build());
  }

  private static List<ConsumerRecord> pollOrNothing(Consumer consumer) {
    try {
      return consumer.poll(Duration.ofMillis(100));
    } catch (MillraceException e) {
      return List.of();
    }
  }

  /** S25: the client checks the CRC of every batch. */
  @Test
  void S25_refusesABatchWhoseBytesDoNotMatchTheirChecksum() {
    broker.onFetch =
        bytes -> {
          bytes[bytes.length - 1] ^= 1;
          return bytes;
        };
    try (Consumer consumer = at(OffsetSpec.earliest())) {
      assertThatThrownBy(() -> consumer.poll(LONG))
          .hasMessageContaining("CORRUPT_BATCH")
          .hasMessageContaining("orders-0");
      broker.onFetch = bytes -> bytes;
      consumer.seek(PARTITION, 0);
      assertThat(read(consumer, 100)).isEqualTo(from(0));
    }
  }

  /** S25: a batch that the broker does not serve stays so: nothing is gained by asking again. */
  @Test
  void S25_failsAtOnceWhenTheNextBatchIsCorruptOnTheBroker() {
    broker.onSubscribe = partition -> Optional.of(corruptAt(40));
    try (Consumer consumer = at(OffsetSpec.offset(42))) {
      assertThatThrownBy(() -> consumer.poll(LONG))
          .isInstanceOfSatisfying(
              MillraceException.class,
              e ->
                  assertThat(e.error().details())
                      .containsEntry("topic", FakeBroker.TOPIC)
                      .containsEntry("partition", "0")
                      .containsEntry("offset", "40")
                      .containsEntry("position", "42"))
          .hasMessageStartingWith("CORRUPT_BATCH: orders-0: the batch at offset 40 is corrupt: ")
          .hasMessageContaining("seek to an offset after the batch");
      broker.onSubscribe = partition -> Optional.empty();
      consumer.seek(PARTITION, 60);
      assertThat(read(consumer, 40)).isEqualTo(from(60));
    }
  }

  private static Error corruptAt(long offset) {
    return Error.newBuilder()
        .setCode(ErrorCode.ERROR_CODE_CORRUPT_BATCH)
        .setMessage("crc differs")
        .putDetails("offset", Long.toString(offset))
        .putDetails("position", "1959437")
        .build();
  }

  @Test
  void tellsWhatKeepsItFromReadingUntilItReadsAgain() {
    try (Consumer consumer = at(OffsetSpec.offset(99))) {
      assertThat(read(consumer, 1)).isEqualTo(from(99));
      assertThat(consumer.trouble()).isEmpty();
      broker.stop();
      Awaitility.await().until(() -> pollOnce(consumer).trouble().isPresent());
      assertThat(consumer.trouble().orElseThrow()).hasMessageContaining("127.0.0.1");
      broker.start();
      Awaitility.await().until(() -> pollOnce(consumer).trouble().isEmpty());
    }
  }

  private static Consumer pollOnce(Consumer consumer) {
    consumer.poll(Duration.ofMillis(10));
    return consumer;
  }

  @Test
  void failsOrResetsWhenThePositionIsOutOfRange() {
    broker.logStart = 40;
    try (Consumer consumer = at(OffsetSpec.offset(3))) {
      assertThatThrownBy(() -> consumer.poll(LONG)).hasMessageContaining("OFFSET_OUT_OF_RANGE");
      consumer.seek(PARTITION, 41);
      assertThat(read(consumer, 59)).isEqualTo(from(41));
    }
    ConsumerConfig config = ConsumerConfig.builder().offsetReset(OffsetReset.EARLIEST).build();
    try (Consumer consumer = client.consumer(config)) {
      consumer.assign(PARTITION, OffsetSpec.offset(3));
      assertThat(read(consumer, 60)).isEqualTo(from(40));
    }
  }

  @Test
  void wakesUpAWaitingPoll() throws InterruptedException {
    try (Consumer consumer = at(OffsetSpec.latest())) {
      consumer.poll(Duration.ofMillis(1));
      Thread waker = new Thread(consumer::wakeup);
      waker.start();
      assertThat(consumer.poll(Duration.ofMinutes(1))).isEmpty();
      waker.join();
    }
  }

  /** An answer may come before the poll waits for it. */
  @Test
  void waitsForNothingThatIsThereAlready() {
    ClusterClient cluster = new ClusterClient(broker.config().build(), new SystemClock());
    MetadataCache metadata = new MetadataCache(cluster);
    try (cluster;
        Consumer consumer =
            new StreamConsumer(
                ConsumerConfig.defaults(),
                cluster,
                metadata,
                new OffsetLookup(cluster, metadata),
                TestThreads.withHelper(Runnable::run),
                c -> {})) {
      consumer.assign(PARTITION, OffsetSpec.latest());
      consumer.poll(Duration.ofMillis(1));
      assertThat(consumer.position(PARTITION)).isEqualTo(100);
    }
  }

  /** The look-up of a start and of the leaders: a broker that is silent holds neither up. */
  @ParameterizedTest
  @ValueSource(strings = {"start", "leader"})
  void wakesUpAPollThatLooksSomethingUp(String what) {
    broker.silent = true;
    try (MillraceClient other =
            MillraceClient.connect(
                broker.config().requestTimeout(LONG).connectTimeout(LONG).build());
        Consumer consumer = other.consumer(ConsumerConfig.defaults())) {
      broker.onMetadata = consumer::wakeup;
      consumer.assign(PARTITION, what.equals("start") ? OffsetSpec.latest() : OffsetSpec.offset(7));
      CompletableFuture<List<ConsumerRecord>> poll =
          CompletableFuture.supplyAsync(() -> consumer.poll(LONG));
      assertThat(poll).succeedsWithin(LONG.dividedBy(2)).asInstanceOf(LIST).isEmpty();
      assertThat(consumer.poll(Duration.ofMillis(1))).isEmpty();
    }
  }

  @Test
  void looksUpOffsetsByPlace() {
    TopicPartition empty = new TopicPartition(FakeBroker.TOPIC, 1);
    assertThat(
            client
                .admin()
                .offsets(Map.of(PARTITION, OffsetSpec.latest(), empty, OffsetSpec.time(5_000))))
        .containsEntry(PARTITION, 100L)
        .containsEntry(empty, 0L);
  }
}
