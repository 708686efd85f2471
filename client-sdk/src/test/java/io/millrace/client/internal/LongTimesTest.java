package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The longest times that can be written down mean for ever. */
@Timeout(60)
class LongTimesTest {
  private static final Duration LONGEST = Duration.ofSeconds(Long.MAX_VALUE);
  private static final Duration LONGEST_MS = Duration.ofMillis(Long.MAX_VALUE);

  private final FakeBroker broker = new FakeBroker(1);
  private final MillraceClient client =
      MillraceClient.connect(
          broker
              .config()
              .requestTimeout(LONGEST)
              .connectTimeout(LONGEST)
              .bootstrapPatience(LONGEST)
              .build());

  @AfterEach
  void close() {
    client.close();
    broker.close();
  }

  private static ProducerRecord record() {
    return ProducerRecord.of(FakeBroker.TOPIC, new byte[10]);
  }

  private Producer patient(Duration time) {
    return client.producer(
        ProducerConfig.builder().maxBlock(time).deliveryTimeout(time).ackTimeout(time).build());
  }

  @Test
  void aProducerSendsWithThem() {
    assertThat(patient(LONGEST).sendAndWait(record()).offset()).isZero();
    assertThat(patient(LONGEST_MS).sendAndWait(record()).offset()).isEqualTo(1);
  }

  @Test
  void aProducerFlushesAndClosesWithThem() {
    Producer producer = patient(Duration.ofDays(1));
    producer.sendAndForget(record());
    assertThat(producer.flush(LONGEST)).isTrue();
    producer.close(LONGEST);
    producer.close(LONGEST_MS);
    assertThat(broker.values(0)).hasSize(1);
  }

  @Test
  void aPollWaitsForTheFirstRecord() {
    patient(Duration.ofDays(1)).sendAndWait(record());
    Consumer consumer = client.consumer(ConsumerConfig.defaults());
    consumer.assign(new TopicPartition(FakeBroker.TOPIC, 0), OffsetSpec.earliest());
    assertThat(consumer.poll(LONGEST_MS)).hasSize(1);
    consumer.seek(new TopicPartition(FakeBroker.TOPIC, 0), OffsetSpec.earliest());
    assertThat(consumer.poll(LONGEST)).hasSize(1);
  }
}
