package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.time.SystemClock;
import io.millrace.proto.v1.GetMetadataResponse;
import io.millrace.proto.v1.PartitionMetadata;
import io.millrace.proto.v1.TopicMetadata;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Brokers that are behind, or tell nonsense, of topics and streams. */
@Timeout(60)
class ProducerMetadataTest extends FakeBrokerTest {
  private static final String OTHER = FakeBroker.MANY + "1";

  ProducerMetadataTest() {
    super(3);
  }

  private static ProducerRecord record(int partition, String value) {
    return ProducerRecord.of(FakeBroker.TOPIC, value.getBytes(StandardCharsets.UTF_8))
        .toPartition(partition);
  }

  @Test
  void outlivesABrokerThatDoesNotKnowOfAPartitionYet() {
    Producer producer = client.producer(ProducerConfig.builder().build());
    producer.sendAndWait(record(2, "before"));
    AtomicInteger stale = new AtomicInteger(1);
    broker.onTold = answer -> stale.getAndDecrement() > 0 ? withoutItsLast(answer) : answer;
    broker.refuseNext(io.millrace.proto.v1.ErrorCode.ERROR_CODE_NOT_LEADER, 1);
    assertThat(producer.sendAndWait(record(2, "after")).offset()).isEqualTo(1);
    assertThat(stale).hasValueLessThan(1);
    producer.sendAndWait(record(0, "elsewhere"));
  }

  @Test
  void looksForTheLeaderAfterARefusalAlsoWithoutAcks() {
    Producer producer = client.producer(ProducerConfig.builder().acks(Acks.NONE).build());
    producer.sendAndWait(record(1, "before"));
    Awaitility.await().until(() -> !broker.values(1).isEmpty());
    int lookUps = broker.metadataCalls.get();
    broker.refuseNext(io.millrace.proto.v1.ErrorCode.ERROR_CODE_NOT_LEADER, 1);
    producer.sendAndWait(record(1, "refused"));
    Awaitility.await().until(() -> broker.metadataCalls.get() > lookUps);
  }

  private static GetMetadataResponse withoutItsLast(GetMetadataResponse answer) {
    GetMetadataResponse.Builder less = answer.toBuilder();
    TopicMetadata.Builder topic = less.getTopicsBuilder(0);
    topic.removePartitions(topic.getPartitionsCount() - 1);
    return less.build();
  }

  @Test
  void outlivesAStreamThatIsOpenedTwice() {
    broker.doubleOpenings = 2;
    Producer producer = client.producer(ProducerConfig.builder().build());
    producer.sendAndWait(record(1, "first"));
    producer.sendAndWait(record(1, "second"));
    assertThat(broker.values(1)).containsExactly("first", "second");
    assertThat(broker.doubleOpenings).isZero();
  }

  @Test
  void sendsNothingToATopicThatItIsToldOfInsteadOfItsOwn() {
    broker.onTold =
        answer ->
            answer.toBuilder()
                .setTopics(
                    0,
                    TopicMetadata.newBuilder()
                        .setName(FakeBroker.TOPIC)
                        .setTopicId(Uuids.toBytes(broker.topicId))
                        .addPartitions(PartitionMetadata.newBuilder().setLeaderId(1)))
                .build();
    Producer producer = client.producer(ProducerConfig.builder().build());
    assertThatThrownBy(() -> producer.sendAndWait(ProducerRecord.of("payments", new byte[] {65})))
        .hasMessageContaining("the broker told of topics [orders] (asked: [payments])");
    assertThat(broker.values(0)).isEmpty();
  }

  @Test
  void oneTopicThatIsToldOfBadlyDoesNotHideTheOthersOfTheLookUp() {
    broker.onTold =
        answer -> {
          GetMetadataResponse.Builder bad = answer.toBuilder();
          bad.getTopicsBuilderList().stream()
              .filter(topic -> topic.getName().equals(OTHER))
              .forEach(TopicMetadata.Builder::clearPartitions);
          return bad.build();
        };
    try (ClusterClient cluster = new ClusterClient(broker.config().build(), new SystemClock())) {
      MetadataCache metadata = new MetadataCache(cluster);
      var errors =
          metadata.refreshAll(List.of(OTHER, FakeBroker.TOPIC, "none"), Duration.ofSeconds(10));
      assertThat(errors).containsOnlyKeys(OTHER, "none");
      assertThat(errors.get(OTHER).message()).contains("no partition of " + OTHER);
      assertThat(errors.get("none").code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC);
      assertThat(metadata.known(FakeBroker.TOPIC)).isPresent();
    }
  }
}
