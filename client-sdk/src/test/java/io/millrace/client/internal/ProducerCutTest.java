package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatch;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Batches that are larger than their topic takes. */
@Timeout(60)
class ProducerCutTest extends FakeBrokerTest {
  private static final int TOPIC_BYTES = 2_000;

  ProducerCutTest() {
    super(3);
  }

  private static ProducerConfig.Builder large() {
    return ProducerConfig.builder().batchBytes(20_000).linger(Duration.ofMillis(5));
  }

  private static ProducerRecord record(int number, int bytes) {
    String value = number + " " + "x".repeat(bytes);
    return ProducerRecord.of(FakeBroker.TOPIC, value.getBytes(StandardCharsets.UTF_8))
        .toPartition(1);
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void sendsThemOnInPartsOnceAndInOrderAndTellsEachRecordWhereItIs(Compression codec) {
    broker.topicBytes = codec == Compression.NONE ? TOPIC_BYTES : 200;
    Producer producer = client.producer(large().compression(codec).build());
    List<CompletableFuture<RecordMetadata>> asked = new ArrayList<>();
    for (int i = 0; i < 240; i++) {
      if (i % 3 == 0) {
        producer.sendAndForget(record(i, 30));
      } else {
        asked.add(producer.send(record(i, 30).at(5_000 + i)));
      }
    }
    producer.flush();
    for (CompletableFuture<RecordMetadata> future : asked) {
      RecordMetadata where = future.join();
      assertThat(broker.values(1).get((int) where.offset()))
          .startsWith((where.timestampMs() - 5_000) + " ");
    }
    assertThat(broker.values(1)).hasSize(240);
    for (int i = 0; i < 240; i++) {
      assertThat(broker.values(1).get(i)).startsWith(i + " ");
    }
    assertThat(broker.partitions.get(1)).allMatch(RecordBatch::hasProducerId);
    assertThat(producer.metrics().frames().cuts()).isPositive();
    assertThat(producer.metrics().answered().failedRecords()).isZero();
    assertThat(producer.metrics().buffer().usedBytes()).isZero();
    assertThat(producer.metrics().buffer().openBatches()).isZero();
  }

  @Test
  void remembersWhatTheTopicTakes() {
    broker.topicBytes = TOPIC_BYTES;
    Producer producer = client.producer(large().build());
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 300; i++) {
        producer.sendAndForget(record(i, 30));
      }
      producer.flush();
      assertThat(broker.values(1)).hasSize(300 * (round + 1));
      broker.topicBytes = round == 0 ? TOPIC_BYTES : broker.topicBytes;
    }
    long cuts = producer.metrics().frames().cuts();
    for (int i = 0; i < 300; i++) {
      producer.sendAndForget(record(i, 30));
    }
    producer.flush();
    assertThat(broker.values(1)).hasSize(900);
    assertThat(producer.metrics().frames().cuts()).isEqualTo(cuts);
  }

  @Test
  void onlyARecordThatIsTooLargeByItselfFails() {
    Producer producer = client.producer(large().linger(Duration.ofSeconds(20)).build());
    broker.topicBytes = TOPIC_BYTES;
    List<CompletableFuture<RecordMetadata>> futures = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      futures.add(producer.send(record(i, i == 4 ? 3_000 : 500)));
    }
    producer.flush();
    assertThatThrownBy(futures.get(4)::join).hasMessageContaining("BATCH_TOO_LARGE");
    for (int i = 0; i < 9; i++) {
      if (i != 4) {
        assertThat(futures.get(i).join().offset()).isEqualTo(i < 4 ? i : i - 1);
      }
    }
    assertThat(broker.values(1)).hasSize(8);
  }

  @Test
  void aBrokerThatRefusesWhateverItGetsEndsInFailuresAndNotInALoop() {
    Producer producer = client.producer(large().linger(Duration.ofSeconds(20)).build());
    broker.topicBytes = 0;
    for (int i = 0; i < 10; i++) {
      producer.sendAndForget(record(i, 30));
    }
    producer.flush();
    assertThat(producer.metrics().failures().forgotten()).isEqualTo(10);
    assertThat(producer.metrics().buffer().usedBytes()).isZero();
    broker.topicBytes = TOPIC_BYTES;
    CompletableFuture<RecordMetadata> next = producer.send(record(0, 30));
    producer.flush();
    assertThat(next.join().offset()).isZero();
  }
}
