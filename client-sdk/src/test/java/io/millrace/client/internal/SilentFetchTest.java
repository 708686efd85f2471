package io.millrace.client.internal;

import static io.millrace.common.ErrorCode.LEADER_NOT_AVAILABLE;
import static io.millrace.common.ErrorCode.NOT_LEADER;
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
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.GetMetadataResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A consumer whose leader says nothing, be it cut off or idle; its connection lives. */
@Timeout(60)
class SilentFetchTest {
  private static final TopicPartition PARTITION = new TopicPartition(FakeBroker.TOPIC, 0);
  private static final Duration STEP = Duration.ofMillis(100);

  private final FakeBroker first = new FakeBroker(1);
  private final FakeBroker second = new FakeBroker(1);
  private final ShiftedClock clock = new ShiftedClock();
  private final ClusterClient cluster = new ClusterClient(config(), clock);
  private final MetadataCache metadata = new MetadataCache(cluster);

  /** Look-ups end before the call that begins them. */
  private final Consumer consumer =
      new StreamConsumer(
          ConsumerConfig.defaults(),
          cluster,
          metadata,
          new OffsetLookup(cluster, metadata),
          TestThreads.withHelper(Runnable::run),
          closed -> {});

  private ClientConfig config() {
    String both = "127.0.0.1:" + first.port() + ",127.0.0.1:" + second.port();
    return ClientConfig.builder().bootstrap(BrokerAddress.parseList(both)).build();
  }

  @BeforeEach
  void bothKnowTheFirstRecordAndTheFirstLeader() {
    second.topicId = first.topicId;
    write(first, "one");
    write(second, "one");
    second.onTold = answer -> ledBy(first, answer, 0);
    consumer.assign(PARTITION, OffsetSpec.earliest());
    assertThat(next()).isEqualTo("one");
  }

  @AfterEach
  void close() {
    consumer.close();
    cluster.close();
    first.close();
    second.close();
  }

  /** Its copy of the topic, whoever leads. */
  private static void write(FakeBroker broker, String value) {
    var told = broker.onTold;
    broker.onTold = answer -> answer;
    try (MillraceClient client = MillraceClient.connect(broker.config().build());
        Producer producer = client.producer(ProducerConfig.defaults())) {
      byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
      producer.sendAndWait(ProducerRecord.of(FakeBroker.TOPIC, bytes).toPartition(0));
    } finally {
      broker.onTold = told;
    }
  }

  private static GetMetadataResponse ledBy(FakeBroker leader, GetMetadataResponse told, int epoch) {
    GetMetadataResponse.Builder answer = told.toBuilder();
    answer.getBrokersBuilder(0).setPort(leader.port());
    answer.getTopicsBuilder(0).getPartitionsBuilder(0).setLeaderEpoch(epoch);
    return answer.build();
  }

  private String next() {
    List<ConsumerRecord> records = consumer.poll(Duration.ofSeconds(20));
    assertThat(records).hasSize(1);
    return new String(records.get(0).value(), StandardCharsets.UTF_8);
  }

  /** Goes through so much time without a record; tells how often brokers were asked meanwhile. */
  private int lookUpsIn(Duration time) {
    int before = first.metadataCalls.get() + second.metadataCalls.get();
    for (long i = 0; i < time.dividedBy(STEP); i++) {
      clock.advance(STEP);
      assertThat(consumer.poll(Duration.ZERO)).isEmpty();
      assertThat(consumer.trouble().filter(e -> e.code() == NOT_LEADER))
          .as("what no broker has said")
          .isEmpty();
    }
    return first.metadataCalls.get() + second.metadataCalls.get() - before;
  }

  @Test
  void recordsComeFromTheNextLeaderThoughTheLastOneOnlyWentSilent() {
    first.onSend = message -> List.of();
    first.silent = true;
    second.onTold = answer -> ledBy(second, answer, 1);

    lookUpsIn(Duration.ofSeconds(3));
    write(second, "two");

    assertThat(next()).isEqualTo("two");
    assertThat(consumer.position(PARTITION)).isEqualTo(2);
  }

  @Test
  void whoIsToldThatNobodyLeadsSaysSoAndReadsTheNextLeader() {
    first.onSend = message -> List.of();
    first.silent = true;
    second.onTold = answer -> ledByNobody(answer);
    lookUpsIn(Duration.ofSeconds(3));
    assertThat(consumer.trouble()).map(MillraceException::code).hasValue(LEADER_NOT_AVAILABLE);

    second.onTold = answer -> ledBy(second, answer, 2);
    write(second, "two");
    assertThat(next()).isEqualTo("two");
    assertThat(consumer.trouble()).isEmpty();
  }

  private static GetMetadataResponse ledByNobody(GetMetadataResponse told) {
    GetMetadataResponse.Builder answer = told.toBuilder();
    answer.getTopicsBuilder(0).getPartitionsBuilder(0).setLeaderId(0).setLeaderEpoch(1);
    return answer.build();
  }

  @Test
  void consumerOfAnIdlePartitionStaysOnItsStreamAndAsksMoreAndMoreRarely() {
    assertThat(lookUpsIn(Duration.ofSeconds(6))).isBetween(2, 3);
    assertThat(lookUpsIn(Duration.ofMinutes(2))).isBetween(10, 17);

    write(first, "two");
    assertThat(next()).isEqualTo("two");
    assertThat(consumer.metrics().reconnects()).isZero();
  }

  @Test
  void pausedPartitionIsNotAskedFor() {
    consumer.pause(PARTITION);
    assertThat(lookUpsIn(Duration.ofSeconds(30))).isZero();
  }

  @Test
  void streamThatSpeaksIsNotAskedFor() {
    for (int i = 0; i < 5; i++) {
      assertThat(lookUpsIn(Duration.ofMillis(1_500))).isZero();
      write(first, "more");
      Awaitility.await().until(() -> consumer.poll(Duration.ofMillis(100)).size() == 1);
    }
  }
}
