package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** S27: when the wall clock may decide what is too old. */
class TimeGuardTest {
  private static final long HOUR_MS = 3_600_000;

  private final ManualClock clock = new ManualClock();
  private final TimeGuard guard = new TimeGuard(clock);

  @Test
  void S27_aWallClockThatMovesMoreThanTenMinutesIsNotTrustedUntilItIsPutBack() {
    clock.advanceMs(100 * 24 * HOUR_MS);
    assertThat(guard.isTrusted()).isTrue();

    clock.wallMs += TimeGuard.MAX_DIVERGENCE_MS;
    assertThat(guard.isTrusted()).isTrue();
    clock.wallMs += 1;
    assertThat(guard.isTrusted()).isFalse();
    clock.wallMs -= 2 * TimeGuard.MAX_DIVERGENCE_MS + 2;
    assertThat(guard.isTrusted()).isFalse();
    clock.wallMs += 2;
    assertThat(guard.isTrusted()).isTrue();
  }

  @Test
  void S27_aWallClockThatMovedAndRunsEvenlyForADayIsBelieved() {
    clock.wallMs += 26L * 365 * 24 * HOUR_MS;
    assertThat(guard.isTrusted()).isFalse();
    clock.advanceMs(TimeGuard.SETTLING_MS - 1);
    assertThat(guard.isTrusted()).isFalse();
    clock.advanceMs(1);
    assertThat(guard.isTrusted()).isTrue();

    clock.advanceMs(HOUR_MS);
    assertThat(guard.isTrusted()).isTrue();
    clock.wallMs -= HOUR_MS;
    assertThat(guard.isTrusted()).as("another move").isFalse();
  }

  @Test
  void S27_theDayBeginsAnewWithEachMove() {
    clock.wallMs += 2 * HOUR_MS;
    assertThat(guard.isTrusted()).isFalse();
    clock.advanceMs(TimeGuard.SETTLING_MS - HOUR_MS);
    clock.wallMs += 2 * HOUR_MS;
    assertThat(guard.isTrusted()).isFalse();
    clock.advanceMs(HOUR_MS);
    assertThat(guard.isTrusted()).isFalse();
    clock.advanceMs(TimeGuard.SETTLING_MS - HOUR_MS);

    assertThat(guard.isTrusted()).isTrue();
  }
}
