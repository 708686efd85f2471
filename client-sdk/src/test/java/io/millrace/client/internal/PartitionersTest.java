package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.Partitioner;
import io.millrace.client.api.Partitioners;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.record.KeyPartitioner;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PartitionersTest {
  private static final String TOPIC = "orders";
  private static final ProducerRecord KEYLESS = ProducerRecord.of(TOPIC, new byte[1]);

  private static StickyPartitions seeded(long seed) {
    return new StickyPartitions(new SplittableRandom(seed));
  }

  private static ProducerRecord keyed(String key) {
    return ProducerRecord.of(TOPIC, key.getBytes(StandardCharsets.UTF_8), new byte[1]);
  }

  @Test
  void stickyProducersOfOneRecordSpreadOverThePartitions() {
    long[] shares = new long[4];
    LongStream.range(0, 400).forEach(seed -> shares[seeded(seed).choose(KEYLESS, 4)]++);
    for (long share : shares) {
      assertThat(share).isBetween(60L, 140L);
    }
  }

  @Test
  void stickyStaysUntilABatchIsOverAndThenTakesEachInTurnWhateverTheKey() {
    Partitioner sticky = seeded(1);
    int first = sticky.choose(KEYLESS, 3);
    assertThat(sticky.choose(keyed("a"), 3)).isEqualTo(first);
    assertThat(sticky.choose(keyed("b"), 3)).isEqualTo(first);
    sticky.batchOver(TOPIC, (first + 1) % 3, 3);
    assertThat(sticky.choose(KEYLESS, 3)).isEqualTo(first);
    for (int turn = 1; turn <= 6; turn++) {
      sticky.batchOver(TOPIC, sticky.choose(KEYLESS, 3), 3);
      assertThat(sticky.choose(KEYLESS, 3)).isEqualTo((first + turn) % 3);
    }
  }

  @Test
  void keysGoByTheirHashAndRecordsWithoutOneStick() {
    Partitioner partitioner = Partitioners.keyHash();
    for (int i = 0; i < 100; i++) {
      ProducerRecord record = keyed("key " + i);
      assertThat(partitioner.choose(record, 7))
          .isEqualTo(KeyPartitioner.partitionFor(ByteBuffer.wrap(record.key()), 7));
    }
    int first = partitioner.choose(KEYLESS, 7);
    assertThat(partitioner.choose(KEYLESS, 7)).isEqualTo(first);
    partitioner.batchOver(TOPIC, first, 7);
    assertThat(partitioner.choose(KEYLESS, 7)).isEqualTo((first + 1) % 7);
  }

  @Test
  void roundRobinTakesEachPartitionInTurnForEachTopicWhateverTheKeyAndTheBatch() {
    Partitioner partitioner = Partitioners.roundRobin();
    int first = partitioner.choose(KEYLESS, 5);
    for (int i = 1; i < 20; i++) {
      partitioner.batchOver(TOPIC, (first + i) % 5, 5);
      ProducerRecord other = ProducerRecord.of("other", new byte[1]);
      partitioner.choose(other, 3);
      assertThat(partitioner.choose(i % 2 == 0 ? KEYLESS : keyed("a"), 5))
          .isEqualTo((first + i) % 5);
    }
  }

  @Test
  void roundRobinGoesOnWhenItsCounterOverflowsOrTheTopicGrows() {
    Partitioner partitioner = new RoundRobinPartitions(() -> Long.MAX_VALUE);
    List<Integer> chosen = new ArrayList<>();
    IntStream.range(0, 8).forEach(i -> chosen.add(partitioner.choose(KEYLESS, 4)));
    assertThat(chosen).containsExactly(3, 0, 1, 2, 3, 0, 1, 2);
    IntStream.range(0, 100)
        .forEach(i -> assertThat(partitioner.choose(KEYLESS, 9)).isBetween(0, 8));
  }

  @Test
  void randomReachesEveryPartition() {
    Partitioner partitioner = Partitioners.random();
    long[] shares = new long[3];
    for (int i = 0; i < 3_000; i++) {
      shares[partitioner.choose(keyed("the same"), 3)]++;
    }
    for (long share : shares) {
      assertThat(share).isBetween(800L, 1_200L);
    }
  }
}
