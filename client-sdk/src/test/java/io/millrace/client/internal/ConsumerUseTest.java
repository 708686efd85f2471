package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.LIST;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerMetrics;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.TopicPartition;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Places, numbers, threads and ends. */
class ConsumerUseTest extends ReadingTest {
  private final ConsumerConfig fewAtATime = ConsumerConfig.builder().maxPollRecords(4).build();

  @Test
  void seeksToPlaces() {
    try (Consumer consumer = ofOne(fewAtATime)) {
      consumer.poll(LONG);
      consumer.seekToEnd(PARTITION);
      assertThatThrownBy(() -> consumer.position(PARTITION))
          .hasMessage("the start of orders-0 is not known yet");
      Awaitility.await()
          .ignoreExceptionsInstanceOf(IllegalStateException.class)
          .until(() -> consumer.poll(SHORT).isEmpty() && consumer.position(PARTITION) == 100);
      consumer.seekToBeginning(PARTITION);
      assertThat(consumer.poll(LONG)).first().matches(r -> r.offset() == 0);
      consumer.seek(PARTITION, OffsetSpec.time(1));
      assertThat(of(PARTITION, readUntil(consumer, PARTITION, 100))).isEqualTo(values(0, 0));
      assertThatThrownBy(() -> consumer.seek(PARTITION, -1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("offset: -1 (expected: >= 0)");
      assertThatThrownBy(() -> consumer.pause(OTHER))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("orders-1 is not assigned");
    }
  }

  @Test
  void dropsWhatCameInAheadWhenItSeeksBack() {
    try (Consumer consumer = ofOne(fewAtATime)) {
      readUntil(consumer, PARTITION, 20);
      int batch = broker.partitions.get(0).get(0).sizeInBytes();
      Awaitility.await().until(() -> consumer.metrics().bufferedBytes() > 5L * batch);
      consumer.seek(PARTITION, 5);
      List<ConsumerRecord> again = readUntil(consumer, PARTITION, 95);
      assertThat(of(PARTITION, again)).isEqualTo(values(0, 5));
      assertThat(again).extracting(ConsumerRecord::offset).startsWith(5L, 6L, 7L).endsWith(99L);
      assertThat(consumer.poll(SHORT)).isEmpty();
      assertThat(consumer.metrics().bufferedBytes()).isZero();
    }
  }

  @Test
  void tellsHowFarBehindItIs() {
    try (Consumer consumer = ofOne(fewAtATime)) {
      assertThat(consumer.lag(PARTITION)).isEmpty();
      int at = consumer.poll(LONG).size();
      assertThat(consumer.lag(PARTITION)).hasValue(100 - at);
      readUntil(consumer, PARTITION, 100 - at);
      assertThat(consumer.lag(PARTITION)).hasValue(0);
      broker.appendFirstAgain(0);
      long end = broker.values(0).size();
      Awaitility.await().until(() -> !consumer.poll(SHORT).isEmpty());
      assertThat(consumer.lag(PARTITION)).hasValue(end - consumer.position(PARTITION));
      consumer.seekToEnd(PARTITION);
      assertThat(consumer.lag(PARTITION)).isEmpty();
    }
  }

  @Test
  void countsWhatItDid() {
    try (Consumer consumer = ofBoth(fewAtATime)) {
      consumer.pause(OTHER);
      readUntil(consumer, PARTITION, 100);
      Awaitility.await().until(() -> consumer.poll(SHORT).isEmpty());
      broker.cutFetches();
      Awaitility.await()
          .until(
              () -> {
                consumer.poll(SHORT);
                return consumer.metrics().reconnects() == 1 && consumer.metrics().streams() == 1;
              });

      ConsumerMetrics metrics = consumer.metrics();
      assertThat(metrics.records()).isEqualTo(100);
      assertThat(metrics.batches()).isEqualTo(broker.partitions.get(0).size());
      assertThat(metrics.bytes())
          .isEqualTo(broker.partitions.get(0).stream().mapToLong(b -> b.sizeInBytes()).sum());
      assertThat(metrics.polls()).isGreaterThan(25);
      assertThat(metrics.crcFailures()).isZero();
      assertThat(metrics.creditBytes()).isEqualTo(fewAtATime.creditBytes());
      assertThat(metrics.partitions())
          .containsEntry(
              PARTITION,
              new ConsumerMetrics.Partition(OptionalLong.of(100), OptionalLong.of(0), false, false))
          .containsEntry(
              OTHER,
              new ConsumerMetrics.Partition(OptionalLong.of(0), OptionalLong.empty(), true, false));
    }
  }

  /** The credits bound what a consumer holds that nobody polls. */
  @Test
  void holdsNoMoreThanItsCreditsWhileNobodyPolls() {
    ConsumerConfig config = ConsumerConfig.builder().creditBytes(4_000).build();
    try (Consumer consumer = ofOne(config)) {
      Awaitility.await().until(() -> !consumer.poll(SHORT).isEmpty());
      for (int i = 0; i < 200; i++) {
        broker.appendFirstAgain(0);
      }
      int batch = broker.partitions.get(0).get(0).sizeInBytes();
      Awaitility.await().until(() -> consumer.metrics().creditBytes() <= 0);
      // A quarter may be owed to the broker still: credits go back in steps.
      assertThat(consumer.metrics().bufferedBytes()).isBetween(3_000L - batch, 4_000L + batch);

      int all = broker.values(0).size();
      Awaitility.await()
          .until(
              () -> {
                consumer.poll(SHORT);
                return consumer.position(PARTITION) == all;
              });
      assertThat(consumer.metrics().bufferedBytes()).isZero();
    }
  }

  @Test
  void refusesASecondThreadAndNamesTheFirst() throws Exception {
    try (Consumer consumer = ofOne(fewAtATime)) {
      consumer.seekToEnd(PARTITION);
      Thread poller = new Thread(() -> consumer.poll(LONG), "the-poller");
      poller.start();
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> consumer.seek(PARTITION, 0))
                      .isInstanceOf(ConcurrentModificationException.class)
                      .hasMessageContaining("in use by the thread the-poller"));
      consumer.wakeup();
      poller.join();
      assertThat(consumer.assignment()).containsExactly(PARTITION);
    }
  }

  @Test
  void isClosedByAnotherThreadWhileItPolls() {
    Consumer consumer = ofOne(fewAtATime);
    readUntil(consumer, PARTITION, 100);
    CompletableFuture<List<ConsumerRecord>> poll =
        CompletableFuture.supplyAsync(() -> consumer.poll(LONG));
    Awaitility.await()
        .until(
            () -> {
              try {
                consumer.assignment();
                return false;
              } catch (ConcurrentModificationException inside) {
                return true;
              }
            });

    consumer.close();
    consumer.close();

    assertThat(poll).succeedsWithin(LONG.dividedBy(2)).asInstanceOf(LIST).isEmpty();
    assertThatThrownBy(() -> consumer.poll(LONG))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the consumer is closed");
    Awaitility.await().until(() -> consumer.metrics().streams() == 0);
    consumer.wakeup();
  }

  @Test
  void isClosedWithItsClient() {
    Consumer consumer = ofOne(fewAtATime);
    consumer.poll(LONG);
    client.close();
    assertThatThrownBy(() -> consumer.poll(LONG)).hasMessage("the consumer is closed");
  }

  @Test
  void endsOnePollForSeveralWakeUps() {
    try (Consumer consumer = ofOne(fewAtATime)) {
      consumer.wakeup();
      consumer.wakeup();
      consumer.wakeup();
      assertThat(consumer.poll(LONG)).isEmpty();
      assertThat(consumer.poll(LONG)).isNotEmpty();
    }
  }

  @Test
  void readsAThousandPartitions() {
    int count = 1_000;
    try (FakeBroker wide = new FakeBroker(count);
        MillraceClient other = MillraceClient.connect(wide.config().build());
        Consumer consumer = other.consumer(ConsumerConfig.defaults())) {
      for (int i = 0; i < count; i++) {
        wide.partitions.get(i).add(broker.partitions.get(0).get(0));
        consumer.assign(new TopicPartition(FakeBroker.TOPIC, i), OffsetSpec.earliest());
      }
      int inEach = broker.partitions.get(0).get(0).recordCount();
      Awaitility.await()
          .atMost(LONG.multipliedBy(6))
          .until(
              () -> {
                consumer.poll(SHORT);
                return consumer.metrics().records() == (long) count * inEach;
              });
      assertThat(consumer.metrics().partitions().values())
          .allMatch(p -> p.lag().equals(OptionalLong.of(0)));
    }
  }
}
