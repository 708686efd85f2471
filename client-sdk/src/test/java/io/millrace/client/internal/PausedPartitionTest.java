package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class PausedPartitionTest extends ReadingTest {
  private static final int CREDITS = 2_000;

  private final ConsumerConfig fewAtATime = ConsumerConfig.builder().maxPollRecords(4).build();
  private final ConsumerConfig fewCredits =
      ConsumerConfig.builder().maxPollRecords(4).creditBytes(CREDITS).build();

  @Test
  void goesOnInTheMiddleOfTheMessageWhereItWasPaused() {
    try (Consumer consumer = ofOne(ConsumerConfig.builder().maxPollRecords(1).build())) {
      List<ConsumerRecord> records = new ArrayList<>(consumer.poll(LONG));
      assertThat(records).hasSizeLessThan(broker.partitions.get(0).get(0).recordCount());
      consumer.pause(PARTITION);
      consumer.pause(PARTITION);

      assertThat(consumer.poll(SHORT)).isEmpty();
      assertThat(consumer.paused()).containsExactly(PARTITION);
      assertThat(consumer.position(PARTITION)).isEqualTo(records.size());

      consumer.resume(PARTITION);
      assertThat(consumer.paused()).isEmpty();
      records.addAll(readUntil(consumer, PARTITION, 100 - records.size()));
      assertThat(of(PARTITION, records)).isEqualTo(values(0, 0));
    }
  }

  @Test
  void readsNothingOfAPartitionThatWasPausedBeforeTheFirstPoll() {
    try (Consumer consumer = ofBoth(fewAtATime)) {
      consumer.pause(PARTITION);

      List<ConsumerRecord> records = readUntil(consumer, OTHER, 100);
      assertThat(of(PARTITION, records)).isEmpty();

      consumer.resume(PARTITION);
      assertThat(of(PARTITION, readUntil(consumer, PARTITION, 100))).isEqualTo(values(0, 0));
    }
  }

  /** What was read ahead of the paused partition must not use up what the other one needs. */
  @Test
  void leavesTheOtherPartitionsTheirCredits() {
    try (Consumer consumer = ofBoth(fewCredits)) {
      consumer.poll(LONG);
      consumer.pause(PARTITION);
      long at = consumer.position(OTHER);

      List<ConsumerRecord> records = readUntil(consumer, OTHER, 100 - (int) at);
      assertThat(of(OTHER, records)).isEqualTo(values(1, (int) at));
      assertThat(of(PARTITION, records)).isEmpty();
      assertThat(consumer.metrics().bufferedBytes()).isLessThanOrEqualTo(CREDITS / 2);
    }
  }

  @Test
  void dropsWhatWasReadAheadWithASeekAndStaysPaused() {
    try (Consumer consumer = ofOne(fewAtATime)) {
      consumer.poll(LONG);
      consumer.pause(PARTITION);
      consumer.seek(PARTITION, 60);

      assertThat(consumer.poll(SHORT)).isEmpty();
      assertThat(consumer.metrics().bufferedBytes()).isZero();

      consumer.resume(PARTITION);
      assertThat(of(PARTITION, readUntil(consumer, PARTITION, 40))).isEqualTo(values(0, 60));
    }
  }

  @Test
  void goesOnAfterAStreamThatWasLostMeanwhile() {
    try (Consumer consumer = ofOne(fewAtATime)) {
      int at = consumer.poll(LONG).size();
      consumer.pause(PARTITION);
      consumer.poll(SHORT);
      broker.cutFetches();
      Awaitility.await()
          .until(
              () -> {
                consumer.poll(SHORT);
                return consumer.trouble().isPresent();
              });

      consumer.resume(PARTITION);
      assertThat(of(PARTITION, readUntil(consumer, PARTITION, 100 - at))).isEqualTo(values(0, at));
    }
  }

  @Test
  void losesNothingDoublesNothingAndGivesAllCreditsBackWhateverIsPausedWhen() {
    for (long seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      ConsumerConfig config =
          ConsumerConfig.builder()
              .maxPollRecords(1 + random.nextInt(9))
              .creditBytes(400 + random.nextInt(3_000))
              .build();
      try (Consumer consumer = ofBoth(config)) {
        List<ConsumerRecord> records = new ArrayList<>();
        for (int step = 0; step < 200; step++) {
          TopicPartition partition = random.nextBoolean() ? PARTITION : OTHER;
          if (random.nextInt(3) == 0) {
            consumer.pause(partition);
          } else if (random.nextInt(3) == 0) {
            consumer.resume(partition);
          }
          List<ConsumerRecord> polled = consumer.poll(Duration.ZERO);
          for (TopicPartition paused : consumer.paused()) {
            assertThat(of(paused, polled)).as("seed %s", seed).isEmpty();
          }
          records.addAll(polled);
        }
        consumer.resume(PARTITION);
        consumer.resume(OTHER);
        while (records.size() < 200) {
          List<ConsumerRecord> polled = consumer.poll(LONG);
          assertThat(polled).as("seed %s, %s read", seed, records.size()).isNotEmpty();
          records.addAll(polled);
        }
        assertThat(of(PARTITION, records)).as("seed %s", seed).isEqualTo(values(0, 0));
        assertThat(of(OTHER, records)).as("seed %s", seed).isEqualTo(values(1, 0));
        consumer.poll(Duration.ZERO);
        assertThat(consumer.metrics().bufferedBytes()).as("seed %s", seed).isZero();
        assertThat(consumer.metrics().creditBytes())
            .as("seed %s", seed)
            .isGreaterThan(config.creditBytes() - config.creditBytes() / 4 - 1);
      }
    }
  }
}
