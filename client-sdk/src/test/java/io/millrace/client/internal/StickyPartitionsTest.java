package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class StickyPartitionsTest {
  private static StickyPartitions seeded(long seed) {
    return new StickyPartitions(new SplittableRandom(seed));
  }

  @Test
  void producersOfOneRecordSpreadOverThePartitions() {
    long[] shares = new long[4];
    LongStream.range(0, 400).forEach(seed -> shares[seeded(seed).current("orders", 4)]++);
    for (long share : shares) {
      assertThat(share).isBetween(60L, 140L);
    }
  }

  @Test
  void staysUntilABatchIsOverAndThenTakesEachInTurn() {
    StickyPartitions sticky = seeded(1);
    int first = sticky.current("orders", 3);
    assertThat(sticky.current("orders", 3)).isEqualTo(first);
    sticky.batchOver("orders", (first + 1) % 3, 3);
    assertThat(sticky.current("orders", 3)).isEqualTo(first);
    for (int turn = 1; turn <= 6; turn++) {
      sticky.batchOver("orders", sticky.current("orders", 3), 3);
      assertThat(sticky.current("orders", 3)).isEqualTo((first + turn) % 3);
    }
  }
}
