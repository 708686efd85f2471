package io.millrace.bench.kafka.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class LatenciesTest {
  private final Latencies latencies = new Latencies();

  @Test
  void tellsQuantilesOfAWideRangeWithinTwoPerCent() {
    for (long micros = 1; micros <= 100_000; micros++) {
      latencies.add(micros * 1_000);
    }

    Latencies.Copy copy = latencies.copy();
    assertThat(copy.count()).isEqualTo(100_000);
    assertThat(copy.quantileMs(0.5)).isCloseTo(50, Percentage.withPercentage(2));
    assertThat(copy.quantileMs(0.99)).isCloseTo(99, Percentage.withPercentage(2));
  }

  @Test
  void aWindowHasOnlyWhatCameAfterItsOpening() {
    latencies.add(5_000_000_000L);
    Latencies.Copy open = latencies.copy();
    latencies.add(1_000_000);

    Latencies.Copy window = latencies.copy().since(open);
    assertThat(window.count()).isEqualTo(1);
    assertThat(window.quantileMs(0.99)).isCloseTo(1, within(0.02));
  }

  @Test
  void holdsTheShortestAndTheLongestTime() {
    latencies.add(-1);
    latencies.add(0);
    latencies.add(Long.MAX_VALUE);

    assertThat(latencies.copy().count()).isEqualTo(3);
    assertThat(latencies.copy().quantileMs(0.5)).isZero();
    assertThat(latencies.copy().quantileMs(1))
        .isCloseTo(Long.MAX_VALUE / 1e6, Percentage.withPercentage(2));
  }

  @Test
  void noTimesHaveNoQuantiles() {
    assertThat(latencies.copy().quantileMs(0.99)).isZero();
  }
}
