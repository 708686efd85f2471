package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.BrokerEndpoint;
import io.millrace.proto.v1.GetMetadataResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A broker that is cut off from the others, and still leads one of two partitions on a consumer's
 * stream: that one speaks, the other has another leader, of which this broker has not heard.
 */
@Timeout(60)
class MaskedSilenceTest {
  private static final TopicPartition SPEAKS = new TopicPartition(FakeBroker.TOPIC, 0);
  private static final TopicPartition SILENT = new TopicPartition(FakeBroker.TOPIC, 1);
  private static final Duration STEP = Duration.ofMillis(100);

  private final FakeBroker first = new FakeBroker(2);
  private final FakeBroker second = new FakeBroker(2);
  private final ShiftedClock clock = new ShiftedClock();
  private final ClusterClient cluster = new ClusterClient(config(), clock);
  private final MetadataCache metadata = new MetadataCache(cluster);

  private ClientConfig config() {
    String both = "127.0.0.1:" + first.port() + ",127.0.0.1:" + second.port();
    return ClientConfig.builder().bootstrap(BrokerAddress.parseList(both)).build();
  }

  private Consumer consumer(int maxPollRecords) {
    Consumer consumer =
        new StreamConsumer(
            ConsumerConfig.builder().maxPollRecords(maxPollRecords).build(),
            cluster,
            metadata,
            new OffsetLookup(cluster, metadata),
            TestThreads.withHelper(Runnable::run),
            closed -> {});
    consumer.assign(SPEAKS, OffsetSpec.earliest());
    consumer.assign(SILENT, OffsetSpec.earliest());
    return consumer;
  }

  @BeforeEach
  void theFirstLeadsBoth() {
    second.topicId = first.topicId;
    write(first, SPEAKS, "tick");
    write(first, SILENT, "one");
    write(second, SILENT, "one");
    first.onTold = answer -> ledBy(1, 0, answer);
    second.onTold = first.onTold;
  }

  @AfterEach
  void close() {
    cluster.close();
    first.close();
    second.close();
  }

  private static void write(FakeBroker broker, TopicPartition partition, String value) {
    UnaryOperator<GetMetadataResponse> told = broker.onTold;
    broker.onTold = answer -> answer;
    try (MillraceClient client = MillraceClient.connect(broker.config().build());
        Producer producer = client.producer(ProducerConfig.defaults())) {
      byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
      producer.sendAndWait(
          ProducerRecord.of(partition.topic(), bytes).toPartition(partition.partition()));
    } finally {
      broker.onTold = told;
    }
  }

  /** Both brokers, and who leads the partition that becomes silent. */
  private GetMetadataResponse ledBy(int nodeId, int epoch, GetMetadataResponse told) {
    GetMetadataResponse.Builder answer =
        told.toBuilder()
            .clearBrokers()
            .addBrokers(endpoint(1, first))
            .addBrokers(endpoint(2, second));
    answer.getTopicsBuilder(0).getPartitionsBuilder(1).setLeaderId(nodeId).setLeaderEpoch(epoch);
    return answer.build();
  }

  private static BrokerEndpoint endpoint(int nodeId, FakeBroker broker) {
    return BrokerEndpoint.newBuilder()
        .setNodeId(nodeId)
        .setHost("127.0.0.1")
        .setPort(broker.port())
        .build();
  }

  private void theSecondLeadsTheSilentOne() {
    first.onSend =
        message ->
            message.getData().getPartition() == SILENT.partition() ? List.of() : List.of(message);
    second.onTold = answer -> ledBy(2, 1, answer);
    write(second, SILENT, "two");
  }

  private static void readAll(Consumer consumer, int count) {
    List<ConsumerRecord> records = new ArrayList<>();
    Awaitility.await()
        .until(
            () -> {
              records.addAll(consumer.poll(Duration.ofMillis(10)));
              return records.size() >= count;
            });
  }

  private int lookUps() {
    return first.metadataCalls.get() + second.metadataCalls.get();
  }

  @Test
  void recordsComeFromTheNextLeaderThoughTheLastOneServesAnotherPartition() {
    try (Consumer consumer = consumer(1_000)) {
      readAll(consumer, 2);
      theSecondLeadsTheSilentOne();
      int lookUps = lookUps();
      Awaitility.await()
          .until(
              () -> {
                first.appendFirstAgain(SPEAKS.partition());
                clock.advance(STEP);
                assertThat(consumer.poll(Duration.ofSeconds(10))).isNotEmpty();
                return consumer.position(SILENT) == 2;
              });
      // One, and what it takes to ask both.
      assertThat(lookUps() - lookUps).isLessThanOrEqualTo(4);
      assertThat(consumer.metrics().reconnects()).isZero();
    }
  }

  /** Its polls return what is there already: no time is left to wait. */
  @Test
  void consumerThatAlwaysHasRecordsAsksForTheLeaderToo() {
    try (Consumer consumer = consumer(1)) {
      readAll(consumer, 2);
      theSecondLeadsTheSilentOne();
      int lookUps = lookUps();
      for (int i = 0; i < 60; i++) {
        first.appendFirstAgain(SPEAKS.partition());
        first.appendFirstAgain(SPEAKS.partition());
        clock.advance(STEP);
        assertThat(consumer.poll(Duration.ofSeconds(10))).hasSize(1);
      }

      assertThat(lookUps()).isGreaterThan(lookUps);
    }
  }

  /** What waits for its turn is not silence, however long the application takes. */
  @Test
  void partitionsOfASlowConsumerAreNotTakenForSilent() {
    try (Consumer consumer = consumer(1)) {
      readAll(consumer, 2);
      int lookUps = lookUps();
      int records = 20;
      for (int i = 0; i < records; i++) {
        first.appendFirstAgain(SPEAKS.partition());
        first.appendFirstAgain(SILENT.partition());
      }
      Awaitility.await().until(() -> consumer.metrics().bufferedBytes() > 0);
      for (int i = 0; i < records; i++) {
        clock.advance(Duration.ofSeconds(5));
        assertThat(consumer.poll(Duration.ofSeconds(10))).hasSize(1);
      }

      assertThat(lookUps()).isEqualTo(lookUps);
    }
  }
}
