package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.client.internal.FakeBroker.Fault;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.record.Compression;
import io.millrace.common.record.KeyPartitioner;
import io.millrace.common.record.RecordBatch;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StreamProducerTest extends FakeBrokerTest {

  StreamProducerTest() {
    super(3);
  }

  private static ProducerConfig.Builder small() {
    return ProducerConfig.builder().batchBytes(200).linger(Duration.ofMillis(1));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static List<String> numbers(int count) {
    return IntStream.range(0, count).mapToObj(i -> "value " + i).toList();
  }

  private static List<CompletableFuture<RecordMetadata>> sendNumbers(Producer producer, int count) {
    List<CompletableFuture<RecordMetadata>> futures = new ArrayList<>();
    for (String value : numbers(count)) {
      futures.add(producer.send(ProducerRecord.of(FakeBroker.TOPIC, bytes(value)).toPartition(1)));
    }
    return futures;
  }

  private static CompletableFuture<RecordMetadata> sendTo(
      Producer producer, int partition, String value) {
    return producer.send(ProducerRecord.of(FakeBroker.TOPIC, bytes(value)).toPartition(partition));
  }

  private void assertInOrderOnce(List<CompletableFuture<RecordMetadata>> futures) {
    for (int i = 0; i < futures.size(); i++) {
      assertThat(futures.get(i).join().offset()).isEqualTo(i);
    }
    assertThat(broker.values(1)).isEqualTo(numbers(futures.size()));
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void tellsEachRecordWhereItIs(Compression codec) {
    Producer producer = client.producer(small().compression(codec).build());
    assertInOrderOnce(sendNumbers(producer, 500));
  }

  @Test
  void choosesThePartitionByTheKeyAsOtherClientsDo() {
    Producer producer = client.producer(small().build());
    for (String key : List.of("a", "b", "c", "d", "e", "f")) {
      RecordMetadata where =
          producer.send(ProducerRecord.of(FakeBroker.TOPIC, bytes(key), bytes("v"))).join();
      assertThat(where.partition())
          .isEqualTo(KeyPartitioner.partitionFor(ByteBuffer.wrap(bytes(key)), 3));
    }
  }

  @Test
  void spreadsRecordsWithoutKeyOverAllPartitions() {
    Producer producer = client.producer(small().build());
    for (int i = 0; i < 300; i++) {
      producer.send(ProducerRecord.of(FakeBroker.TOPIC, bytes("value " + i)));
    }
    producer.flush();
    for (int partition = 0; partition < 3; partition++) {
      assertThat(broker.values(partition)).hasSizeGreaterThan(50);
    }
  }

  @Test
  void producersOfOneRecordDoNotAllStartAtTheSamePartition() {
    for (int i = 0; i < 20; i++) {
      try (Producer producer = client.producer(small().build())) {
        producer.send(ProducerRecord.of(FakeBroker.TOPIC, bytes("value " + i))).join();
      }
    }
    assertThat(List.of(broker.values(0), broker.values(1), broker.values(2)))
        .filteredOn(values -> !values.isEmpty())
        .hasSizeGreaterThan(1);
  }

  @Test
  void resendsWithoutLossOrDoublingWhenStreamsAreCut() {
    broker.fault =
        frame -> frame % 7 == 3 ? Fault.APPEND_AND_CUT : frame % 11 == 5 ? Fault.CUT : Fault.NONE;
    assertInOrderOnce(sendNumbers(client.producer(small().build()), 800));
  }

  @Test
  void ridesOutARestartOfTheBroker() {
    Producer producer = client.producer(small().build());
    List<CompletableFuture<RecordMetadata>> futures = sendNumbers(producer, 200);
    futures.get(0).join();
    broker.stop();
    for (int i = 200; i < 400; i++) {
      futures.add(
          producer.send(ProducerRecord.of(FakeBroker.TOPIC, bytes("value " + i)).toPartition(1)));
    }
    broker.start();
    assertInOrderOnce(futures);
  }

  @Test
  void keepsTheOrderAfterARefusalInTheMiddleOfThePipeline() {
    Producer producer = client.producer(small().build());
    List<CompletableFuture<RecordMetadata>> futures = sendNumbers(producer, 100);
    broker.refuseNext(io.millrace.proto.v1.ErrorCode.ERROR_CODE_NOT_LEADER, 3);
    for (int i = 100; i < 300; i++) {
      futures.add(
          producer.send(ProducerRecord.of(FakeBroker.TOPIC, bytes("value " + i)).toPartition(1)));
    }
    assertInOrderOnce(futures);
    assertThat(broker.metadataCalls).hasValueGreaterThan(1);
  }

  @Test
  void failsTheRecordsOfARefusedBatchAndGoesOn() {
    Producer producer = client.producer(small().build());
    sendNumbers(producer, 1).get(0).join();
    broker.refuseNext(io.millrace.proto.v1.ErrorCode.ERROR_CODE_BATCH_TOO_LARGE, 1);
    CompletableFuture<RecordMetadata> refused =
        producer.send(ProducerRecord.of(FakeBroker.TOPIC, bytes("too large")).toPartition(1));
    assertThatThrownBy(refused::join)
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOfSatisfying(
            MillraceException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.BATCH_TOO_LARGE);
              assertThat(e.error().details()).containsEntry("maybe_appended", "false");
            });
    RecordMetadata next =
        producer.send(ProducerRecord.of(FakeBroker.TOPIC, bytes("small")).toPartition(1)).join();
    assertThat(next.offset()).isEqualTo(1);
  }

  @Test
  void failsAtOnceARecordThatNoBrokerWouldTakeAndGoesOn() {
    Producer producer = client.producer(small().build());
    CompletableFuture<RecordMetadata> tooLarge =
        producer.send(
            ProducerRecord.of(FakeBroker.TOPIC, new byte[FakeBroker.MESSAGE_BYTES]).toPartition(1));
    assertThat(tooLarge)
        .failsWithin(Duration.ofSeconds(5))
        .withThrowableThat()
        .withMessageContaining("BATCH_TOO_LARGE: batch bytes: 100")
        .withMessageContaining("the server's rpc.max.message.bytes");
    CompletableFuture<RecordMetadata> fits =
        producer.send(ProducerRecord.of(FakeBroker.TOPIC, new byte[90_000]).toPartition(1));
    assertThat(fits.join().offset()).isZero();
    Producer zipping = client.producer(small().compression(Compression.LZ4).build());
    CompletableFuture<RecordMetadata> compressed =
        zipping.send(
            ProducerRecord.of(FakeBroker.TOPIC, new byte[FakeBroker.MESSAGE_BYTES]).toPartition(1));
    assertThat(compressed.join().offset()).isEqualTo(1);
  }

  @Test
  void fillsABatchOfSmallRecordsOnlyUpToWhatTheServerTakes() {
    Producer producer =
        client.producer(
            small()
                .batchBytes(3 * FakeBroker.MESSAGE_BYTES)
                .linger(Duration.ofSeconds(20))
                .deliveryTimeout(Duration.ofSeconds(30))
                .build());
    List<CompletableFuture<RecordMetadata>> futures = sendNumbers(producer, 20_000);
    producer.flush();
    assertInOrderOnce(futures);
    assertThat(broker.partitions.get(1)).hasSizeGreaterThan(1);
  }

  @Test
  void waitsForEverythingOfASendNoLongerThanItsBlockTime() {
    ShiftedClock clock = new ShiftedClock();
    broker.onMetadata = () -> clock.advance(Duration.ofMinutes(1));
    broker.hidesLimits = true;
    ProducerConfig config = ProducerConfig.builder().maxBlock(Duration.ofMinutes(1)).build();
    try (ClusterClient cluster = new ClusterClient(broker.config().build(), clock);
        Producer producer =
            new StreamProducer(
                    config, cluster, new MetadataCache(cluster), Runnable::run, closed -> {})
                .start()) {
      CompletableFuture<CompletableFuture<RecordMetadata>> sending =
          CompletableFuture.supplyAsync(() -> sendTo(producer, 1, "late"));
      assertThat(sending).succeedsWithin(Duration.ofSeconds(10));
      assertThatThrownBy(sending.join()::join).hasMessageContaining("REQUEST_TIMED_OUT");
    }
  }

  @Test
  void goesOnWithTheNewTopicAfterADeletionAndRecreation() {
    Producer producer = client.producer(small().build());
    sendNumbers(producer, 1).get(0).join();
    broker.recreateTopic();
    CompletableFuture<RecordMetadata> stale =
        producer.send(ProducerRecord.of(FakeBroker.TOPIC, bytes("old")).toPartition(1));
    assertThatThrownBy(stale::join).hasMessageContaining("UNKNOWN_TOPIC_ID");
    assertThat(
            producer
                .send(ProducerRecord.of(FakeBroker.TOPIC, bytes("new")).toPartition(1))
                .join()
                .offset())
        .isZero();
  }

  @Test
  void staysIdempotentOnEveryPartitionOfATopicThatWasCreatedAgain() {
    Producer producer = client.producer(small().build());
    sendTo(producer, 1, "before").join();
    sendTo(producer, 2, "before").join();
    broker.recreateTopic();
    assertThatThrownBy(sendTo(producer, 2, "stale")::join).hasMessageContaining("UNKNOWN_TOPIC_ID");
    sendTo(producer, 2, "after").join();
    // The pipe of partition 1 is idle: only this batch tells that its topic is gone.
    assertInOrderOnce(sendNumbers(producer, 100));
    assertThat(broker.partitions.get(1)).isNotEmpty().allMatch(RecordBatch::hasProducerId);
    assertThat(broker.partitions.get(2)).isNotEmpty().allMatch(RecordBatch::hasProducerId);
  }

  @Test
  void failsWhatWaitsForAnotherIdentityIfThatIsRefused() {
    Producer producer = client.producer(small().build());
    sendTo(producer, 1, "before").join();
    sendTo(producer, 2, "before").join();
    broker.recreateTopic();
    assertThatThrownBy(sendTo(producer, 2, "stale")::join).hasMessageContaining("UNKNOWN_TOPIC_ID");
    sendTo(producer, 2, "after").join();
    broker.refusesIdentities = true;

    // The pipe of partition 1 is idle: this batch ends it, and needs another identity.
    assertThat(sendTo(producer, 1, "held"))
        .failsWithin(Duration.ofSeconds(10))
        .withThrowableThat()
        .withMessageContaining("no identity");
  }

  @Test
  void failsAfterTheDeliveryTimeoutWhenTheBrokerStaysAway() {
    Producer producer = client.producer(small().deliveryTimeout(Duration.ofSeconds(2)).build());
    sendNumbers(producer, 1).get(0).join();
    broker.stop();
    CompletableFuture<RecordMetadata> lost =
        producer.send(ProducerRecord.of(FakeBroker.TOPIC, bytes("lost")).toPartition(1));
    assertThatThrownBy(lost::join)
        .hasMessageContaining("REQUEST_TIMED_OUT")
        .hasMessageContaining("not delivered within 2000 ms")
        .hasMessageContaining("no stream now: 127.0.0.1:" + broker.port() + " ");
    broker.start();
  }

  @Test
  void holdsNoMoreThanItsBuffer() {
    ProducerConfig config = small().bufferBytes(4_000).maxBlock(Duration.ofMillis(200)).build();
    sendNumbers(client.producer(small().build()), 1).get(0).join();
    Producer producer = client.producer(config);
    broker.stop();
    List<CompletableFuture<RecordMetadata>> futures = sendNumbers(producer, 100);
    assertThat(futures.get(99))
        .failsWithin(Duration.ofSeconds(1))
        .withThrowableThat()
        .withMessageContaining("buffer of 4000 bytes was full");
    broker.start();
    CompletableFuture<RecordMetadata> first = futures.get(0);
    assertThat(first).succeedsWithin(Duration.ofSeconds(20));
  }

  @Test
  void countsWhatWasRefusedAfterTheFactWithoutAcks() {
    Producer producer = client.producer(small().acks(Acks.NONE).build());
    assertThat(sendNumbers(producer, 1).get(0).join().offset()).isEqualTo(-1);
    Awaitility.await().until(() -> broker.values(1).size() == 1);
    broker.refuseNext(io.millrace.proto.v1.ErrorCode.ERROR_CODE_BATCH_TOO_LARGE, 1);
    producer.send(ProducerRecord.of(FakeBroker.TOPIC, bytes("refused")).toPartition(1)).join();
    Awaitility.await().untilAsserted(() -> assertThat(producer.lateFailures()).isEqualTo(1));
    producer.send(ProducerRecord.of(FakeBroker.TOPIC, bytes("after")).toPartition(1)).join();
    producer.close();
    assertThat(broker.values(1)).containsExactly("value 0", "after");
  }

  @Test
  void countsEveryRecordOfABatchThatIsRefusedWithoutAcks() {
    Producer producer =
        client.producer(small().acks(Acks.NONE).linger(Duration.ofMinutes(1)).build());
    producer.sendAndForget(ProducerRecord.of(FakeBroker.TOPIC, bytes("taken")).toPartition(1));
    producer.flush();
    Awaitility.await().until(() -> broker.values(1).size() == 1);
    broker.refuseNext(io.millrace.proto.v1.ErrorCode.ERROR_CODE_BATCH_TOO_LARGE, 1);
    for (int i = 0; i < 5; i++) {
      producer.sendAndForget(ProducerRecord.of(FakeBroker.TOPIC, bytes("five")).toPartition(1));
    }
    producer.close();
    assertThat(producer.lateFailures()).isEqualTo(5);
    assertThat(broker.values(1)).containsExactly("taken");
  }

  @Test
  void countsWhatIsRefusedWhileItIsClosed() {
    Producer producer = client.producer(small().acks(Acks.NONE).build());
    broker.refuseNext(io.millrace.proto.v1.ErrorCode.ERROR_CODE_BATCH_TOO_LARGE, 1);
    producer.send(ProducerRecord.of(FakeBroker.TOPIC, bytes("refused")).toPartition(1));
    producer.close();
    assertThat(producer.lateFailures()).isEqualTo(1);
  }

  @Test
  void sendsWhatItHoldsWhenItIsClosed() {
    Producer producer = client.producer(small().linger(Duration.ofMinutes(1)).build());
    List<CompletableFuture<RecordMetadata>> futures = sendNumbers(producer, 50);
    producer.close();
    assertInOrderOnce(futures);
    assertThatThrownBy(() -> producer.send(ProducerRecord.of(FakeBroker.TOPIC, bytes("late"))))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void refusesARecordThatWasOnItsWayInWhenTheProducerWasClosed() {
    Producer producer = client.producer(small().build());
    // The first send waits for the metadata, and is past the first look at whether it is closed.
    broker.onMetadata = producer::close;
    assertThatThrownBy(() -> sendTo(producer, 1, "late"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThat(broker.values(1)).isEmpty();
  }

  @Test
  void saysWhichTopicDoesNotExist() {
    assertThatThrownBy(
            () ->
                client
                    .producer(ProducerConfig.defaults())
                    .send(ProducerRecord.of("nowhere", bytes("x")))
                    .join())
        .hasMessageContaining("UNKNOWN_TOPIC")
        .hasMessageContaining("nowhere");
  }

  @Test
  void saysAtOnceWhichAddressesRefuse() {
    broker.stop();
    try (MillraceClient other = MillraceClient.connect(broker.config().build())) {
      assertThatThrownBy(() -> other.admin().serverInfo())
          .isInstanceOf(MillraceException.class)
          .hasMessageContaining("127.0.0.1:" + broker.port() + " refused the connection");
    }
    broker.start();
  }
}
