package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.time.SystemClock;
import io.millrace.proto.v1.GetMetadataResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A leader that goes silent, as a machine does that is suspended or cut off: its connections stay.
 */
@Timeout(60)
class SilentLeaderTest {
  private static final String TOPIC = FakeBroker.TOPIC;

  private final FakeBroker first = new FakeBroker(1);
  private final FakeBroker second = new FakeBroker(1);

  SilentLeaderTest() {
    second.topicId = first.topicId;
    // Until the first is silent it is the leader, by both.
    second.onTold = answer -> ledBy(first, answer, 0);
  }

  @AfterEach
  void close() {
    first.close();
    second.close();
  }

  private static GetMetadataResponse ledBy(
      FakeBroker leader, GetMetadataResponse answer, int leaderEpoch) {
    GetMetadataResponse.Builder told = answer.toBuilder();
    told.getBrokersBuilder(0).setPort(leader.port());
    told.getTopicsBuilderList().stream()
        .flatMap(topic -> topic.getPartitionsBuilderList().stream())
        .forEach(partition -> partition.setLeaderEpoch(leaderEpoch));
    return told.build();
  }

  private ClientConfig.Builder config() {
    String both = "127.0.0.1:" + first.port() + ",127.0.0.1:" + second.port();
    return ClientConfig.builder().bootstrap(BrokerAddress.parseList(both));
  }

  /** Well below the time after which an unanswered frame counts as lost: 40 s. */
  private static Producer producer(MillraceClient client) {
    return client.producer(
        ProducerConfig.builder().deliveryTimeout(Duration.ofSeconds(20)).build());
  }

  private static ProducerRecord record() {
    return ProducerRecord.of(TOPIC, new byte[10]).toPartition(0);
  }

  @Test
  void recordsGoToTheNextLeaderThoughTheLastOneNeverAnswers() {
    try (MillraceClient client = MillraceClient.connect(config().build());
        Producer producer = producer(client)) {
      producer.sendAndWait(record());
      first.answersNothing = true;
      first.silent = true;
      second.onTold = answer -> ledBy(second, answer, 1);

      assertThat(producer.sendAndWait(record()).offset()).isZero();
      assertThat(second.values(0)).hasSize(1);
    }
  }

  @Test
  void aLeaderThatIsCutOffAndThinksThatItLeadsIsNotBelieved() {
    try (MillraceClient client = MillraceClient.connect(config().build());
        Producer producer = producer(client)) {
      producer.sendAndWait(record());
      first.answersNothing = true;
      second.onTold = answer -> ledBy(second, answer, 1);

      assertThat(producer.sendAndWait(record()).offset()).isZero();
      assertThat(second.values(0)).hasSize(1);
    }
  }

  @Test
  void aLeaderThatIsSlowKeepsItsRecords() {
    try (MillraceClient client = MillraceClient.connect(config().build());
        Producer producer = producer(client)) {
      producer.sendAndWait(record());
      first.holdsAnswers = true;
      int before = first.metadataCalls.get() + second.metadataCalls.get();
      var sent = producer.send(record());
      org.awaitility.Awaitility.await()
          .until(() -> first.metadataCalls.get() + second.metadataCalls.get() >= before + 2);
      first.releaseAnswers();

      assertThat(sent.join().offset()).isEqualTo(1);
      assertThat(first.frames).hasValue(2);
      assertThat(second.frames).hasValue(0);
    }
  }

  @Test
  void aSilentBrokerDoesNotKeepOthersFromBeingAsked() {
    first.silent = true;
    try (ClusterClient cluster = new ClusterClient(config().build(), new SystemClock())) {
      MetadataCache metadata = new MetadataCache(cluster);
      long begin = cluster.clock().monotonicMs();
      assertThat(metadata.refreshAll(List.of(TOPIC), Duration.ofSeconds(40))).isEmpty();

      // It would be half of the time.
      assertThat(cluster.clock().monotonicMs() - begin).isLessThan(15_000);
    }
  }

  @Test
  void whoWaitsForALeaderDoesNotSleepThroughItsElectionAndAsksMoreRarelyAfterIt() {
    try (ClusterClient cluster = new ClusterClient(config().build(), new SystemClock())) {
      Backoff backoff = cluster.newLeaderBackoff();
      for (int i = 0; i < 30; i++) {
        assertThat(backoff.nextMs()).isLessThanOrEqualTo(240);
      }
      for (int i = 0; i < 10; i++) {
        backoff.nextMs();
      }
      assertThat(backoff.nextMs()).isBetween(800L, 1_200L);
      backoff.reset();
      assertThat(backoff.nextMs()).isLessThanOrEqualTo(60);
    }
  }

  @Test
  void whoHearsNothingOfALeaderAsksOftenForAsLongAsAnElectionMayTakeAndThenMoreRarely() {
    try (ClusterClient cluster = new ClusterClient(config().build(), new SystemClock())) {
      LeaderSilence silence =
          cluster.newLeaderSilence(Duration.ofMillis(500), Duration.ofSeconds(2));
      silence.heard(1_000);
      assertThat(silence.dueMs()).isEqualTo(1_500);
      long nowMs = 1_500;
      while (nowMs < 5_000) {
        long dueMs = confirmed(silence, nowMs);
        assertThat(dueMs - nowMs).isBetween(400L, 600L);
        nowMs = dueMs;
      }
      while (nowMs < 12_000) {
        nowMs = confirmed(silence, nowMs);
      }
      assertThat(confirmed(silence, nowMs) - nowMs).isBetween(1_600L, 2_400L);

      silence.heard(20_000);
      assertThat(silence.dueMs()).isEqualTo(20_500);
    }
  }

  private static long confirmed(LeaderSilence silence, long nowMs) {
    silence.confirmed(nowMs);
    return silence.dueMs();
  }
}
