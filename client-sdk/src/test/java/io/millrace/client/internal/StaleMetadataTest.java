package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.proto.v1.BrokerEndpoint;
import io.millrace.proto.v1.Error;
import io.millrace.proto.v1.GetMetadataResponse;
import io.millrace.proto.v1.PartitionMetadata;
import io.millrace.proto.v1.TopicMetadata;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is believed of brokers that are behind, and how long it is kept. */
@Timeout(60)
class StaleMetadataTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final String TOPIC = FakeBroker.TOPIC;
  private static final String OTHER = FakeBroker.MANY + "1";

  private final FakeBroker broker = new FakeBroker(2);
  private final ShiftedClock clock = new ShiftedClock();
  private final ClusterClient cluster = new ClusterClient(quick(broker), clock);
  private final MetadataCache metadata = new MetadataCache(cluster);

  @AfterEach
  void close() {
    cluster.close();
    broker.close();
  }

  private static ClientConfig quick(FakeBroker first, FakeBroker... more) {
    StringBuilder bootstrap = new StringBuilder("127.0.0.1:" + first.port());
    for (FakeBroker other : more) {
      bootstrap.append(",127.0.0.1:").append(other.port());
    }
    return ClientConfig.builder()
        .bootstrap(BrokerAddress.parseList(bootstrap.toString()))
        .retryBackoff(Duration.ofMillis(5), Duration.ofMillis(40))
        .build();
  }

  private static ProducerRecord record() {
    return ProducerRecord.of(TOPIC, new byte[10]).toPartition(1);
  }

  private static GetMetadataResponse withoutTopics(GetMetadataResponse answer) {
    GetMetadataResponse.Builder without = answer.toBuilder().clearTopics();
    for (TopicMetadata topic : answer.getTopicsList()) {
      without.addTopics(
          TopicMetadata.newBuilder()
              .setName(topic.getName())
              .setError(
                  Error.newBuilder()
                      .setCode(io.millrace.proto.v1.ErrorCode.ERROR_CODE_UNKNOWN_TOPIC)));
    }
    return without.build();
  }

  /** Changes what is told of one topic. */
  private static UnaryOperator<GetMetadataResponse> of(
      String name, Consumer<TopicMetadata.Builder> change) {
    return answer -> {
      GetMetadataResponse.Builder changed = answer.toBuilder();
      changed.getTopicsBuilderList().stream()
          .filter(topic -> topic.getName().equals(name))
          .forEach(change);
      return changed.build();
    };
  }

  @Test
  void asksTheOtherBrokersForATopicThatOneDoesNotKnow() {
    try (FakeBroker behind = new FakeBroker(2);
        ClusterClient both = new ClusterClient(quick(behind, broker), clock)) {
      behind.onTold = StaleMetadataTest::withoutTopics;
      MetadataCache ofBoth = new MetadataCache(both);
      assertThat(ofBoth.topic(TOPIC, PATIENCE).id()).isEqualTo(broker.topicId);
      assertThat(behind.metadataCalls).hasValue(1);
      assertThatThrownBy(() -> ofBoth.topic("none", PATIENCE))
          .isInstanceOfSatisfying(
              MillraceException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC));
    }
  }

  @Test
  void recordsOutliveABrokerThatDoesNotKnowTheirTopicForAMoment() {
    try (MillraceClient client = MillraceClient.connect(quick(broker))) {
      Producer producer = client.producer(ProducerConfig.builder().build());
      producer.sendAndWait(record());
      AtomicInteger stale = new AtomicInteger(1);
      broker.onTold = answer -> stale.getAndDecrement() > 0 ? withoutTopics(answer) : answer;
      broker.fault = frame -> frame == 2 ? FakeBroker.Fault.CUT : FakeBroker.Fault.NONE;
      assertThat(producer.sendAndWait(record()).offset()).isEqualTo(1);
      assertThat(stale).hasValueLessThan(1);
    }
  }

  @Test
  void recordsFailOnceTheirTopicStaysUnknown() {
    try (MillraceClient client = MillraceClient.connect(quick(broker))) {
      Producer producer = client.producer(ProducerConfig.builder().build());
      producer.sendAndWait(record());
      int before = broker.metadataCalls.get();
      broker.onTold = StaleMetadataTest::withoutTopics;
      broker.refuseNext(io.millrace.proto.v1.ErrorCode.ERROR_CODE_NOT_LEADER, 1_000);
      assertThatThrownBy(() -> producer.sendAndWait(record()))
          .isInstanceOfSatisfying(
              MillraceException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC));
      assertThat(broker.metadataCalls.get() - before).isGreaterThanOrEqualTo(2);
    }
  }

  /** KIP-320. */
  @Test
  void believesTheHigherLeaderEpochWhoeverTells() {
    BrokerAddress leader = new BrokerAddress("127.0.0.1", broker.port());
    tell(broker.topicId, 1, 5);
    tell(broker.topicId, 99, 4);
    assertThat(known(0).leader()).hasValue(leader);
    assertThat(known(0).leaderEpoch()).isEqualTo(5);
    tell(broker.topicId, 99, 6);
    assertThat(known(0).leader()).isEmpty();
    assertThat(known(0).leaderEpoch()).isEqualTo(6);
    tell(UUID.randomUUID(), 1, 0);
    assertThat(known(0).leader()).hasValue(leader);
    assertThat(known(0).leaderEpoch()).isZero();
  }

  /** Tells of a topic with that leader and epoch in each of its partitions. */
  private void tell(UUID topicId, int leader, int epoch) {
    broker.onTold =
        of(
            TOPIC,
            topic -> {
              topic.setTopicId(Uuids.toBytes(topicId));
              topic
                  .getPartitionsBuilderList()
                  .forEach(
                      (PartitionMetadata.Builder p) -> p.setLeaderId(leader).setLeaderEpoch(epoch));
            });
    metadata.refresh(TOPIC, PATIENCE);
  }

  private TopicView.PartitionView known(int partition) {
    return metadata.known(TOPIC).orElseThrow().partitions().get(partition);
  }

  @Test
  void aTopicWithABadIdSpoilsNoOther() {
    broker.onTold = of(OTHER, topic -> topic.setTopicId(ByteString.copyFrom(new byte[3])));
    var errors = metadata.refreshAll(List.of(OTHER, TOPIC), PATIENCE);
    assertThat(errors).containsOnlyKeys(OTHER);
    assertThat(errors.get(OTHER).message()).contains("an id of 3 bytes for " + OTHER);
    assertThat(metadata.known(TOPIC)).isPresent();
  }

  @Test
  void aBrokerWithABadAddressSpoilsOnlyWhatItLeads() {
    broker.onTold =
        answer ->
            of(OTHER, topic -> topic.getPartitionsBuilder(0).setLeaderId(7))
                .apply(
                    answer.toBuilder()
                        .addBrokers(BrokerEndpoint.newBuilder().setNodeId(7))
                        .build());
    assertThat(metadata.refreshAll(List.of(OTHER, TOPIC), PATIENCE)).isEmpty();
    assertThat(known(0).leader()).isPresent();
    assertThat(metadata.known(OTHER).orElseThrow().partitions().get(0).leader()).isEmpty();
  }

  @Test
  void keepsTheTopicsThatAreUsedAndDropsTheOthers() {
    metadata.topic(TOPIC, PATIENCE);
    for (int round = 0; round < 10; round++) {
      int first = round * 400;
      metadata.refreshAll(
          IntStream.range(first, first + 400).mapToObj(i -> FakeBroker.MANY + i).toList(),
          PATIENCE);
      assertThat(metadata.known(TOPIC)).as("round %s", round).isPresent();
      clock.advance(Duration.ofMillis(MetadataCache.IDLE_MS));
    }
    assertThat(metadata.size()).isLessThanOrEqualTo(1_000 + 400);
  }

  @Test
  void keepsFewTopicsHoweverIdle() {
    metadata.topic(TOPIC, PATIENCE);
    for (int round = 0; round < 3; round++) {
      clock.advance(Duration.ofMillis(MetadataCache.IDLE_MS));
      metadata.topic(FakeBroker.MANY + round, PATIENCE);
    }
    assertThat(metadata.known(TOPIC)).isPresent();
  }
}
