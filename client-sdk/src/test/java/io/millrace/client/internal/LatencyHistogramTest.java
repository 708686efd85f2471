package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.ProducerMetrics.Latency;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LatencyHistogramTest {
  private final LatencyHistogram histogram = new LatencyHistogram();

  @Test
  void isAllZeroBeforeTheFirst() {
    Duration zero = Duration.ZERO;
    assertThat(histogram.snapshot()).isEqualTo(new Latency(0, zero, zero, zero, zero, zero));
  }

  @Test
  void tellsPercentilesToAnEighthAndMeanAndMaximumExactly() {
    for (int i = 1; i <= 10_000; i++) {
      histogram.record(i * 1_000L);
    }
    Latency latency = histogram.snapshot();
    assertThat(latency.count()).isEqualTo(10_000);
    assertThat(latency.mean()).isEqualTo(Duration.ofNanos(5_000_500));
    assertThat(latency.max()).isEqualTo(Duration.ofMillis(10));
    assertThat(latency.p50().toNanos()).isBetween(5_000_000L, 5_625_000L);
    assertThat(latency.p99().toNanos()).isBetween(9_900_000L, 10_000_000L);
    assertThat(latency.p999()).isLessThanOrEqualTo(latency.max());
  }

  @Test
  void takesEveryTimeThereIs() {
    for (int power = 0; power < 63; power++) {
      LatencyHistogram one = new LatencyHistogram();
      long nanos = 1L << power;
      one.record(nanos);
      one.record(nanos - 1);
      one.record(Long.MAX_VALUE);
      assertThat(one.snapshot().p50().toNanos()).isBetween(nanos, nanos + nanos / 8);
    }
    histogram.record(-5);
    assertThat(histogram.snapshot().max()).isZero();
  }
}
