package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.OffsetReset;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** KIP-320: a consumer that has read records which the next leader lacks. */
class TruncatedLogTest extends FakeBrokerTest {
  private static final TopicPartition PARTITION = new TopicPartition(FakeBroker.TOPIC, 0);
  private static final Duration LONG = Duration.ofSeconds(10);

  TruncatedLogTest() {
    super(1);
  }

  @BeforeEach
  void sendHundred() {
    try (Producer producer = client.producer(ProducerConfig.builder().batchBytes(300).build())) {
      for (int i = 0; i < 100; i++) {
        producer.send(ProducerRecord.of(FakeBroker.TOPIC, new byte[10]).toPartition(0));
      }
    }
  }

  /** Reads it all, and then from another leader. */
  private Consumer moved(OffsetReset policy) {
    return moved(policy, 40);
  }

  private Consumer moved(OffsetReset policy, long divergesFrom) {
    Consumer consumer = client.consumer(ConsumerConfig.builder().offsetReset(policy).build());
    consumer.assign(PARTITION, OffsetSpec.offset(0));
    read(consumer, 100);
    assertThat(broker.lastFetchedEpochs).containsExactly(-1);
    broker.divergesFrom = divergesFrom;
    broker.cutFetches();
    return consumer;
  }

  private static long read(Consumer consumer, long records) {
    AtomicLong first = new AtomicLong(-1);
    for (long left = records; left > 0; ) {
      var read = consumer.poll(LONG);
      assertThat(read).isNotEmpty();
      first.compareAndSet(-1, read.get(0).offset());
      left -= read.size();
    }
    return first.get();
  }

  @Test
  void S12_recordsThatWereReadAndAreLostAreToldOf() {
    try (Consumer consumer = moved(OffsetReset.NONE)) {
      assertThatThrownBy(() -> consumer.poll(LONG))
          .isInstanceOfSatisfying(
              MillraceException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
                assertThat(e.error().details())
                    .containsEntry("offset", "100")
                    .containsEntry("diverging_end_offset", "40");
              });
      assertThat(broker.lastFetchedEpochs).containsExactly(-1, 0);
    }
  }

  @Test
  void S12_whoGoesOnDoesSoWhereTheLogsPart() {
    try (Consumer consumer = moved(OffsetReset.LATEST)) {
      assertThat(read(consumer, 60)).isEqualTo(40);
      assertThat(broker.lastFetchedEpochs).containsExactly(-1, 0, -1);
    }
  }

  /** The next leader lacks the epoch that was read; the one before ends further on. */
  @Test
  void S12_whoGoesOnSkipsNothingThatWasNotRead() {
    try (Consumer consumer = moved(OffsetReset.LATEST, 150)) {
      sendHundred();

      assertThat(read(consumer, 100)).isEqualTo(100);
    }
  }

  @Test
  void whoWasMovedHasNothingToCompare() {
    try (Consumer consumer = moved(OffsetReset.NONE)) {
      consumer.seek(PARTITION, 70);
      assertThat(read(consumer, 30)).isEqualTo(70);
    }
  }
}
