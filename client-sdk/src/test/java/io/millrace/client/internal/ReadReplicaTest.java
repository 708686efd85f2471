package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.Error;
import io.millrace.proto.v1.ErrorCode;
import io.millrace.proto.v1.GetMetadataResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** S18: a consumer that its leader, broker 1, sends to a replica in its rack, broker 2. */
class ReadReplicaTest {
  private static final TopicPartition PARTITION = new TopicPartition(FakeBroker.TOPIC, 0);
  private static final Duration LONG = Duration.ofSeconds(10);
  private static final int RECORDS = 100;

  private final FakeBroker leader = new FakeBroker(1);
  private final FakeBroker follower = new FakeBroker(1);
  private final MillraceClient client =
      MillraceClient.connect(
          leader.config().retryBackoff(Duration.ofMillis(10), Duration.ofMillis(20)).build());

  @BeforeEach
  void records() {
    leader.sendsReadersTo(follower);
    follower.partitions.clear();
    follower.partitions.addAll(leader.partitions);
    try (Producer producer = client.producer(ProducerConfig.builder().batchBytes(300).build())) {
      for (int i = 0; i < RECORDS; i++) {
        byte[] value = ("v" + i).getBytes(StandardCharsets.UTF_8);
        producer.send(ProducerRecord.of(FakeBroker.TOPIC, value).toPartition(0));
      }
    }
  }

  @AfterEach
  void close() {
    client.close();
    leader.close();
    follower.close();
  }

  private static ConsumerConfig.Builder near() {
    return ConsumerConfig.builder().rack("near").maxPollRecords(7);
  }

  private Consumer from(int offset, ConsumerConfig.Builder config) {
    Consumer consumer = client.consumer(config.build());
    consumer.assign(PARTITION, OffsetSpec.offset(offset));
    return consumer;
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

  private static List<String> values(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "v" + i).toList();
  }

  private static boolean readsFromFollower(Consumer consumer) {
    return consumer.metrics().partitions().get(PARTITION).fromFollower();
  }

  private static Error error(ErrorCode code) {
    return Error.newBuilder().setCode(code).setMessage("of the follower").build();
  }

  @Test
  void S18_readsFromWhereTheLeaderSendsIt() {
    try (Consumer consumer = from(30, near())) {
      assertThat(read(consumer, 70)).isEqualTo(values(30, 100));
      assertThat(readsFromFollower(consumer)).isTrue();
    }
    assertThat(leader.served).isEmpty();
    assertThat(follower.served).containsExactly(30L);
    assertThat(follower.racks).containsExactly("near");
  }

  @Test
  void withoutARackItIsNotSentAway() {
    try (Consumer consumer = from(0, ConsumerConfig.builder())) {
      assertThat(read(consumer, RECORDS)).isEqualTo(values(0, RECORDS));
      assertThat(readsFromFollower(consumer)).isFalse();
    }
    assertThat(leader.racks).containsExactly("");
    assertThat(follower.served).isEmpty();
  }

  /** Whatever a follower says, the leader knows better; nothing of it reaches the application. */
  @ParameterizedTest
  @EnumSource(
      value = ErrorCode.class,
      names = {
        "ERROR_CODE_OFFSET_NOT_AVAILABLE",
        "ERROR_CODE_OFFSET_OUT_OF_RANGE",
        "ERROR_CODE_NOT_LEADER",
        "ERROR_CODE_UNKNOWN_LEADER_EPOCH",
        "ERROR_CODE_UNKNOWN_TOPIC_ID",
        "ERROR_CODE_CORRUPT_BATCH"
      })
  void S18_whatAFollowerRefusesIsReadFromTheLeader(ErrorCode code) {
    follower.onSubscribe = partition -> Optional.of(error(code));
    try (Consumer consumer = from(20, near())) {
      assertThat(read(consumer, 80)).isEqualTo(values(20, 100));
      assertThat(consumer.trouble()).isEmpty();
    }
    assertThat(leader.served).contains(20L);
  }

  @Test
  void S18_goesBackToTheFollowerOnceThatServesAgain() {
    follower.onSubscribe = partition -> Optional.of(error(ErrorCode.ERROR_CODE_NOT_LEADER));
    try (Consumer consumer = from(0, near())) {
      assertThat(read(consumer, 7)).isEqualTo(values(0, 7));
      assertThat(readsFromFollower(consumer)).isFalse();
      Awaitility.await()
          .until(
              () -> {
                consumer.poll(Duration.ofMillis(5));
                return leader.redirects.get() > 3;
              });
      follower.onSubscribe = partition -> Optional.empty();
      Awaitility.await()
          .until(
              () -> {
                consumer.poll(Duration.ofMillis(5));
                return readsFromFollower(consumer) && !follower.served.isEmpty();
              });
    }
  }

  @Test
  void S18_aLostFollowerCostsNoRecordAndDoublesNone() {
    try (Consumer consumer = from(0, near().creditBytes(100))) {
      List<String> values = new ArrayList<>();
      while (values.size() < RECORDS) {
        consumer.poll(LONG).forEach(r -> values.add(new String(r.value())));
        follower.cutFetches();
      }
      assertThat(values).isEqualTo(values(0, RECORDS));
      assertThat(consumer.trouble()).isEmpty();
    }
    assertThat(leader.served).isNotEmpty();
  }

  @Test
  void S18_aFollowerThatIsGoneIsLeftForTheLeader() {
    try (Consumer consumer = from(0, near())) {
      assertThat(read(consumer, 7)).isEqualTo(values(0, 7));
      follower.stop();
      assertThat(read(consumer, 93)).isEqualTo(values(7, 100));
      follower.start();
      consumer.seek(PARTITION, 50);
      assertThat(read(consumer, 50)).isEqualTo(values(50, 100));
    }
  }

  /** What ended the follower's stream may be that it leads now. */
  @Test
  void S18_theFormerLeaderIsNotReadWhenTheFollowerLeadsNow() {
    try (Consumer consumer = from(0, near().creditBytes(100))) {
      assertThat(read(consumer, 7)).isEqualTo(values(0, 7));
      UnaryOperator<GetMetadataResponse> before = leader.onTold;
      leader.onTold = answer -> ledByTheFollower(before.apply(answer));
      follower.cutFetches();

      assertThat(read(consumer, 93)).isEqualTo(values(7, 100));
    }
    assertThat(leader.served).isEmpty();
  }

  private static GetMetadataResponse ledByTheFollower(GetMetadataResponse told) {
    GetMetadataResponse.Builder answer = told.toBuilder();
    answer.getTopicsBuilderList().stream()
        .flatMap(topic -> topic.getPartitionsBuilderList().stream())
        .forEach(partition -> partition.setLeaderId(2).setLeaderEpoch(1));
    return answer.build();
  }

  /** As when the rack's only broker stops. */
  @Test
  void S18_theLeadersOfManyTopicsAreAskedForTogetherWhenTheirFollowerIsGone() {
    int topics = LeaderLookUps.TOPICS_MAX + 100;
    try (Consumer consumer = client.consumer(near().build())) {
      for (int i = 0; i < topics; i++) {
        consumer.assign(new TopicPartition(FakeBroker.MANY + i, 0), OffsetSpec.offset(RECORDS));
      }
      pollUntil(consumer, () -> follower.served.size() >= topics);
      int before = leader.metadataCalls.get() + follower.metadataCalls.get();
      leader.nearReplica = 0;
      follower.cutFetches();
      pollUntil(consumer, () -> leader.served.size() >= topics);

      // Each may be asked at both.
      int lookUps = leader.metadataCalls.get() + follower.metadataCalls.get() - before;
      assertThat(lookUps).isBetween(2, 4);
      assertThat(leader.mostTopicsAsked.get()).isEqualTo(LeaderLookUps.TOPICS_MAX);
    }
  }

  private static void pollUntil(Consumer consumer, BooleanSupplier condition) {
    Awaitility.await()
        .until(
            () -> {
              assertThat(consumer.poll(Duration.ofMillis(5))).isEmpty();
              return condition.getAsBoolean();
            });
  }

  @Test
  void S18_aReplicaWhoseAddressIsNotKnownIsNotWaitedFor() {
    leader.nearReplica = 9;
    try (Consumer consumer = from(0, near())) {
      assertThat(read(consumer, RECORDS)).isEqualTo(values(0, RECORDS));
    }
  }

  @Test
  void S18_S25_whatIsDamagedOnTheWayFromAFollowerIsReadFromTheLeader() {
    follower.onFetch =
        bytes -> {
          bytes[bytes.length - 1] ^= 1;
          return bytes;
        };
    try (Consumer consumer = from(0, near())) {
      assertThat(read(consumer, RECORDS)).isEqualTo(values(0, RECORDS));
      assertThat(consumer.metrics().crcFailures()).isPositive();
    }
  }

  @Test
  void S18_theLeaderIsAskedAgainAfterAWhile() {
    try (Consumer consumer = from(0, near().readReplicaMaxAge(Duration.ofMillis(20)))) {
      assertThat(read(consumer, RECORDS)).isEqualTo(values(0, RECORDS));
      Awaitility.await()
          .until(
              () -> {
                consumer.poll(Duration.ofMillis(5));
                return leader.redirects.get() >= 3;
              });
      leader.nearReplica = 0;
      Awaitility.await()
          .until(
              () -> {
                consumer.poll(Duration.ofMillis(5));
                return !leader.served.isEmpty();
              });
      assertThat(readsFromFollower(consumer)).isFalse();
      consumer.seek(PARTITION, 90);
      assertThat(read(consumer, 10)).isEqualTo(values(90, 100));
    }
  }

  @Test
  void S18_aPausedPartitionKeepsItsPlaceWhenItIsSentElsewhere() {
    try (Consumer consumer = from(0, near().readReplicaMaxAge(Duration.ofMillis(20)))) {
      assertThat(read(consumer, 7)).isEqualTo(values(0, 7));
      consumer.pause(PARTITION);
      int before = leader.redirects.get();
      consumer.poll(Duration.ofMillis(100));
      assertThat(leader.redirects.get()).as("nobody reads it").isEqualTo(before);
      consumer.resume(PARTITION);
      assertThat(read(consumer, 93)).isEqualTo(values(7, 100));
    }
  }
}
