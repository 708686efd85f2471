package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.proto.v1.BrokerEndpoint;
import io.millrace.proto.v1.Error;
import io.millrace.proto.v1.ErrorCode;
import io.millrace.proto.v1.GetMetadataResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A leader that leads no more names the next one: that is where the records go, at once. */
@Timeout(60)
class LeaderHintTest {
  private static final String TOPIC = FakeBroker.TOPIC;

  private final FakeBroker first = new FakeBroker(1);
  private final FakeBroker second = new FakeBroker(1);

  LeaderHintTest() {
    second.topicId = first.topicId;
    first.onTold = answer -> ledBy(1, answer, 5);
    second.onTold = answer -> ledBy(1, answer, 5);
  }

  @AfterEach
  void close() {
    first.close();
    second.close();
  }

  /** The first is broker 1, the second broker 2. */
  private GetMetadataResponse ledBy(int leader, GetMetadataResponse answer, int leaderEpoch) {
    GetMetadataResponse.Builder told = answer.toBuilder();
    told.getBrokersBuilder(0).setPort(first.port());
    told.addBrokers(
        BrokerEndpoint.newBuilder().setNodeId(2).setHost("127.0.0.1").setPort(second.port()));
    told.getTopicsBuilderList().stream()
        .flatMap(topic -> topic.getPartitionsBuilderList().stream())
        .forEach(partition -> partition.setLeaderId(leader).setLeaderEpoch(leaderEpoch));
    return told.build();
  }

  private void refuseNext(String leaderId, String leaderEpoch) {
    synchronized (first) {
      first.refusals.add(
          Error.newBuilder()
              .setCode(ErrorCode.ERROR_CODE_NOT_LEADER)
              .setMessage("another broker leads")
              .putDetails("leader_id", leaderId)
              .putDetails("current_leader_epoch", leaderEpoch)
              .build());
    }
  }

  private MillraceClient client() {
    String both = "127.0.0.1:" + first.port() + ",127.0.0.1:" + second.port();
    return MillraceClient.connect(
        ClientConfig.builder()
            .bootstrap(BrokerAddress.parseList(both))
            .retryBackoff(Duration.ofMillis(5), Duration.ofMillis(40))
            .build());
  }

  private static ProducerRecord record(int number) {
    byte[] value = Integer.toString(number).getBytes(StandardCharsets.UTF_8);
    return ProducerRecord.of(TOPIC, value).toPartition(0);
  }

  private int lookUps() {
    return first.metadataCalls.get() + second.metadataCalls.get();
  }

  @Test
  void nobodyNeedBeAsked() {
    try (MillraceClient client = client();
        Producer producer = client.producer(ProducerConfig.defaults())) {
      producer.sendAndWait(record(0));
      first.silent = true;
      second.silent = true;
      refuseNext("2", "6");

      producer.sendAndWait(record(1));
      assertThat(second.values(0)).containsExactly("1");
    }
  }

  @Test
  void whatWasInFlightFollowsInItsOrderAndOnce() {
    try (MillraceClient client = client();
        Producer producer =
            client.producer(ProducerConfig.builder().linger(Duration.ZERO).build())) {
      producer.sendAndWait(record(0));
      first.silent = true;
      second.silent = true;
      refuseNext("2", "6");

      List<CompletableFuture<RecordMetadata>> sent =
          IntStream.rangeClosed(1, 50).mapToObj(i -> producer.send(record(i))).toList();
      sent.forEach(CompletableFuture::join);
      assertThat(second.values(0))
          .containsExactlyElementsOf(
              IntStream.rangeClosed(1, 50).mapToObj(Integer::toString).toList());
      assertThat(first.values(0)).containsExactly("0");
    }
  }

  /** KIP-320. */
  @Test
  void whoIsBehindIsNotBelieved() {
    try (MillraceClient client = client();
        Producer producer = client.producer(ProducerConfig.defaults())) {
      producer.sendAndWait(record(0));
      refuseNext("2", "4");

      assertThat(producer.sendAndWait(record(1)).offset()).isEqualTo(1);
      assertThat(second.frames).hasValue(0);
    }
  }

  @Test
  void aBrokerThatIsNotKnownIsLookedUp() {
    try (MillraceClient client = client();
        Producer producer = client.producer(ProducerConfig.defaults())) {
      producer.sendAndWait(record(0));
      int before = lookUps();
      first.onTold = answer -> ledBy(2, answer, 6);
      second.onTold = first.onTold;
      for (int i = 0; i < 1_000; i++) {
        refuseNext("7", "6");
      }

      producer.sendAndWait(record(1));
      assertThat(second.values(0)).containsExactly("1");
      assertThat(lookUps()).isGreaterThan(before);
    }
  }

  @Test
  void aHintThatIsNoneIsNone() {
    try (MillraceClient client = client();
        Producer producer = client.producer(ProducerConfig.defaults())) {
      producer.sendAndWait(record(0));
      refuseNext("the second", "6");

      assertThat(producer.sendAndWait(record(1)).offset()).isEqualTo(1);
    }
  }
}
