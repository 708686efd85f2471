package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.Acks;
import io.millrace.common.record.RecordBatch;
import io.millrace.proto.v1.ErrorCode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A producer that sends to ever new topics. */
@Timeout(60)
class IdlePipesTest {
  private final FakeBroker broker = new FakeBroker(2);
  private final ShiftedClock clock = new ShiftedClock();
  private final ClusterClient cluster = new ClusterClient(broker.config().build(), clock);
  private final ExecutorService helpers = Executors.newCachedThreadPool();
  private Producer producer;
  private int topics;

  @BeforeEach
  void start() {
    producer = start(ProducerConfig.builder().linger(Duration.ofMillis(1)).build());
  }

  private Producer start(ProducerConfig config) {
    return new StreamProducer(config, cluster, new MetadataCache(cluster), helpers, closed -> {})
        .start();
  }

  @AfterEach
  void close() {
    producer.close();
    helpers.shutdownNow();
    cluster.close();
    broker.close();
  }

  private void sendToAnotherTopic() {
    producer.sendAndWait(ProducerRecord.of(FakeBroker.MANY + topics++, new byte[10]));
  }

  private long send(String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    return producer.sendAndWait(ProducerRecord.of(FakeBroker.TOPIC, bytes).toPartition(1)).offset();
  }

  /** So long that what is not used meanwhile is dropped with the next topic. */
  private void waitForLong() {
    for (int i = 0; i < 2; i++) {
      clock.advance(Duration.ofMillis(MetadataCache.IDLE_MS));
      sendToAnotherTopic();
    }
  }

  /** Its sequences begin anew, so they must be those of another producer id. */
  @Test
  void aPartitionThatWasNotUsedForLongGoesOnWithAnotherIdentity() {
    assertThat(send("first")).isZero();
    waitForLong();
    assertThat(send("second")).isEqualTo(1);
    assertThat(send("third")).isEqualTo(2);
    assertThat(broker.values(1)).containsExactly("first", "second", "third");
    assertThat(broker.partitions.get(1).stream().map(RecordBatch::producerId).distinct())
        .hasSize(2);
  }

  /**
   * Its stream lives on, and takes nothing of it after a refusal until it is told where to resume.
   */
  @Test
  void nothingIsLostWithoutAcksWhenItsPartitionWasDroppedAfterARefusal() {
    producer.close();
    producer = start(ProducerConfig.builder().acks(Acks.NONE).linger(Duration.ofMillis(1)).build());
    send("first");
    Awaitility.await().untilAsserted(() -> assertThat(broker.values(1)).hasSize(1));
    broker.refuseNext(ErrorCode.ERROR_CODE_THROTTLED, 1);
    send("refused");
    Awaitility.await()
        .untilAsserted(() -> assertThat(producer.metrics().failures().late()).isEqualTo(1));
    for (int i = 0; i < 2; i++) {
      clock.advance(Duration.ofMillis(MetadataCache.IDLE_MS));
      sendToAnotherTopic();
      producer.sendAndWait(ProducerRecord.of(FakeBroker.TOPIC, new byte[1]).toPartition(0));
    }
    send("second");
    Awaitility.await()
        .untilAsserted(() -> assertThat(broker.values(1)).containsExactly("first", "second"));
    assertThat(broker.produceStreams).hasValue(1);
  }

  @Test
  void aPartitionThatIsUsedKeepsItsIdentity() {
    for (int i = 0; i < 6; i++) {
      send("value " + i);
      clock.advance(Duration.ofMillis(MetadataCache.IDLE_MS));
      sendToAnotherTopic();
    }
    assertThat(broker.partitions.get(1).stream().map(RecordBatch::producerId).distinct())
        .hasSize(1);
  }

  @Test
  void streamsEndWithTheirLastPartition() {
    broker.streamPartitions = 2;
    for (int i = 0; i < 7; i++) {
      sendToAnotherTopic();
    }
    Awaitility.await().untilAsserted(() -> assertThat(broker.produceStreams).hasValue(4));
    waitForLong();
    sendToAnotherTopic();
    Awaitility.await().untilAsserted(() -> assertThat(broker.produceStreams).hasValue(2));
    assertThat(producer.metrics().frames().retries()).isZero();
  }
}
