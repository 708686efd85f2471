package io.millrace.common.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class BackoffTest {
  @Test
  void doublesUpToTheLongestAndBeginsAnew() {
    Backoff backoff = new Backoff(100, 1_000, () -> 0.5);
    assertThat(LongStream.generate(backoff::nextMs).limit(6))
        .containsExactly(100L, 200L, 400L, 800L, 1_000L, 1_000L);
    backoff.reset();
    assertThat(backoff.nextMs()).isEqualTo(100);
  }

  @Test
  void isSpreadByAFifthEitherWayAndNeverLongerThanTheLongest() {
    assertThat(new Backoff(100, 1_000, () -> 0).nextMs()).isEqualTo(80);
    assertThat(new Backoff(100, 1_000, () -> 0.999).nextMs()).isBetween(118L, 120L);
    assertThat(new Backoff(1_000, 1_000, () -> 0.999).nextMs()).isEqualTo(1_000);
  }

  @Test
  void goesOnForEver() {
    Backoff backoff = new Backoff(1, Long.MAX_VALUE / 4, () -> 0.5);
    assertThat(LongStream.generate(backoff::nextMs).limit(200)).allMatch(wait -> wait > 0);
  }

  @Test
  void refusesBoundsThatAreNone() {
    assertThatThrownBy(() -> new Backoff(0, 1, () -> 0)).hasMessageContaining("firstMs: 0");
    assertThatThrownBy(() -> new Backoff(2, 1, () -> 0)).hasMessageContaining("longestMs: 1");
  }
}
