package io.millrace.broker.replica.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.config.ReplicationConfigs;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ThrottleTest {
  private static final long MB = 1 << 20;
  private static final long BEGIN_MS = -50_000;

  private long rate = 1_000;
  private final Throttle throttle = new Throttle(() -> rate);

  @Test
  void whatWasMovedIsPaidByTime() {
    assertThat(throttle.waitMs(BEGIN_MS)).isZero();
    throttle.spend(500);
    assertThat(throttle.waitMs(BEGIN_MS)).isEqualTo(500);
    assertThat(throttle.waitMs(BEGIN_MS + 200)).isEqualTo(300);
    assertThat(throttle.waitMs(BEGIN_MS + 500)).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MAX_VALUE, Long.MAX_VALUE - 1, 1L << 50})
  void rateThatNobodyReachesHoldsNobodyUp(long huge) {
    rate = huge;
    assertThat(throttle.waitMs(BEGIN_MS)).isZero();
    for (int i = 0; i < 1_000; i++) {
      throttle.spend(MB);
      assertThat(throttle.waitMs(BEGIN_MS)).isZero();
    }
  }

  /** Pieces that take less than a millisecond each are not a millisecond apart. */
  @Test
  void fastRateIsReachedWithSmallPieces() {
    rate = 1_000 * MB;
    long moved = 0;
    for (long nowMs = 0; nowMs < 1_000; nowMs++) {
      while (throttle.waitMs(nowMs) == 0) {
        throttle.spend(64 << 10);
        moved += 64 << 10;
      }
    }
    assertThat(moved).isBetween(990 * MB, 1_010 * MB);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 0, -1, Long.MIN_VALUE})
  void leastRateIsAByteASecond(long least) {
    rate = least;
    assertThat(throttle.waitMs(BEGIN_MS)).isZero();
    throttle.spend(10);
    assertThat(throttle.waitMs(BEGIN_MS)).as("looked at again").isEqualTo(1_000);
    assertThat(throttle.waitMs(BEGIN_MS + 9_900)).isBetween(99L, 100L);
    assertThat(throttle.waitMs(BEGIN_MS + 10_000)).isZero();
  }

  @Test
  void rateOfNothingIsRefusedWhereItIsSet() {
    assertThatThrownBy(() -> ReplicationConfigs.LEADER_THROTTLED_RATE.parse("0"))
        .hasMessageContaining("leader.replication.throttled.rate");
  }

  @ParameterizedTest
  @ValueSource(longs = {60_000, Integer.MAX_VALUE, Long.MAX_VALUE / 2})
  void longPauseSavesNothingUp(long pauseMs) {
    throttle.waitMs(BEGIN_MS);
    long nowMs = BEGIN_MS + pauseMs;
    assertThat(throttle.waitMs(nowMs)).isZero();
    throttle.spend(700);
    assertThat(throttle.waitMs(nowMs)).isEqualTo(700);
  }

  @Test
  void noTimePaysTwiceThoughThreadsComeOutOfOrder() {
    throttle.waitMs(BEGIN_MS);
    throttle.spend(1_000);
    assertThat(throttle.waitMs(BEGIN_MS + 400)).isEqualTo(600);
    assertThat(throttle.waitMs(BEGIN_MS)).isEqualTo(600);
    assertThat(throttle.waitMs(BEGIN_MS + 400)).isEqualTo(600);
  }

  @Test
  void whatWasMovedWithoutARateDoesNotHoldUpOnceThereIsOne() {
    rate = Long.MAX_VALUE;
    throttle.waitMs(BEGIN_MS);
    throttle.spend(TimeUnit.DAYS.toMillis(1));
    assertThat(throttle.waitMs(BEGIN_MS)).isZero();
    rate = 1_000;
    assertThat(throttle.waitMs(BEGIN_MS)).isZero();
  }

  @Test
  void mostThatCanBeMovedIsNoOverflow() {
    throttle.waitMs(BEGIN_MS);
    throttle.spend(Long.MAX_VALUE);
    throttle.spend(Long.MAX_VALUE);
    assertThat(throttle.waitMs(BEGIN_MS)).isEqualTo(1_000);
    rate = Long.MAX_VALUE;
    assertThat(throttle.waitMs(BEGIN_MS + 10_000)).isZero();
  }
}
