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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * S18: a follower that a consumer reads at says nothing, be it gone or idle; its connection lives.
 */
@Timeout(60)
class SilentFollowerTest {
  private static final TopicPartition PARTITION = new TopicPartition(FakeBroker.TOPIC, 0);
  private static final TopicPartition OTHER = new TopicPartition(FakeBroker.TOPIC, 1);
  private static final Duration STEP = Duration.ofMillis(100);

  private final FakeBroker leader = new FakeBroker(2);
  private final FakeBroker follower = new FakeBroker(2);
  private final ShiftedClock clock = new ShiftedClock();
  private final ClusterClient cluster = new ClusterClient(leader.config().build(), clock);
  private final MetadataCache metadata = new MetadataCache(cluster);

  /** Questions end before the call that begins them. */
  private final Consumer consumer =
      new StreamConsumer(
          ConsumerConfig.builder().rack("near").build(),
          cluster,
          metadata,
          new OffsetLookup(cluster, metadata),
          TestThreads.withHelper(Runnable::run),
          closed -> {});

  @BeforeEach
  void theConsumerReadsAtTheFollower() {
    leader.sendsReadersTo(follower);
    write(leader, "one");
    write(follower, "one");
    consumer.assign(PARTITION, OffsetSpec.earliest());
    assertThat(next()).isEqualTo("one");
    assertThat(readsFromFollower()).isTrue();
  }

  @AfterEach
  void close() {
    consumer.close();
    cluster.close();
    leader.close();
    follower.close();
  }

  private static void write(FakeBroker broker, String value) {
    write(broker, PARTITION, value);
  }

  private static void write(FakeBroker broker, TopicPartition partition, String value) {
    try (MillraceClient client = MillraceClient.connect(broker.config().build());
        Producer producer = client.producer(ProducerConfig.defaults())) {
      byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
      producer.sendAndWait(
          ProducerRecord.of(partition.topic(), bytes).toPartition(partition.partition()));
    }
  }

  private String next() {
    List<ConsumerRecord> records = consumer.poll(Duration.ofSeconds(20));
    assertThat(records).hasSize(1);
    return new String(records.get(0).value(), StandardCharsets.UTF_8);
  }

  private boolean readsFromFollower() {
    return readsFromFollower(PARTITION);
  }

  private boolean readsFromFollower(TopicPartition partition) {
    return consumer.metrics().partitions().get(partition).fromFollower();
  }

  private void pass(Duration time) {
    for (long i = 0; i < time.dividedBy(STEP); i++) {
      clock.advance(STEP);
      assertThat(consumer.poll(Duration.ZERO)).isEmpty();
    }
  }

  @Test
  void S18_aFollowerThatWentSilentIsLeftForTheLeader() {
    follower.onSend = message -> List.of();
    follower.hidesLimits = true;
    follower.silent = true;
    pass(Duration.ofSeconds(2));
    assertThat(readsFromFollower()).isFalse();

    write(leader, "two");
    assertThat(next()).isEqualTo("two");
    assertThat(leader.served).contains(1L);
    assertThat(consumer.trouble()).isEmpty();
  }

  /** It is due together with the first, though the stream was heard of later. */
  @Test
  void S18_aFollowerThatWentSilentIsLeftAsSoonThoughItServedTwoPartitions() {
    write(leader, OTHER, "one");
    write(follower, OTHER, "one");
    consumer.assign(OTHER, OffsetSpec.earliest());
    assertThat(next()).isEqualTo("one");
    assertThat(readsFromFollower(OTHER)).isTrue();
    heard(PARTITION);
    pass(Duration.ofMillis(300));
    heard(OTHER);

    follower.onSend = message -> List.of();
    follower.hidesLimits = true;
    follower.silent = true;
    pass(Duration.ofSeconds(2));
    assertThat(readsFromFollower(PARTITION)).isFalse();
    assertThat(readsFromFollower(OTHER)).isFalse();
  }

  private void heard(TopicPartition partition) {
    leader.appendFirstAgain(partition.partition());
    follower.appendFirstAgain(partition.partition());
    Awaitility.await().until(() -> consumer.poll(Duration.ofMillis(100)).size() == 1);
  }

  @Test
  void S18_aFollowerThatHasNothingToSendIsReadOn() {
    int infoCalls = follower.infoCalls.get();
    pass(Duration.ofMinutes(2));

    assertThat(readsFromFollower()).isTrue();
    assertThat(follower.infoCalls.get() - infoCalls).isBetween(10, 22);
    assertThat(leader.redirects.get()).isEqualTo(1);
    write(follower, "two");
    assertThat(next()).isEqualTo("two");
  }

  @Test
  void S18_aFollowerThatSendsIsNotAskedWhetherItIsThere() {
    int infoCalls = follower.infoCalls.get();
    for (int i = 0; i < 5; i++) {
      pass(Duration.ofMillis(1_500));
      follower.appendFirstAgain(0);
      Awaitility.await().until(() -> consumer.poll(Duration.ofMillis(100)).size() == 1);
    }

    assertThat(follower.infoCalls.get()).isEqualTo(infoCalls);
  }
}
