package io.millrace.it.soak;

import java.time.Duration;

/**
 * When to look, counted from when the load is steady. Of 30 minutes, minutes 5 to 7 are compared
 * with the last two, a sample every 15 seconds; a shorter run is cut in the same proportions, and
 * its memory may grow by more: compilers and pools are still at work.
 *
 * @param total how long the load lasts
 */
record SoakPlan(Duration total) {
  private static final Duration FULL = Duration.ofMinutes(30);
  private static final Duration WARM = Duration.ofMinutes(20);

  SoakPlan {
    if (total.compareTo(Duration.ofSeconds(30)) < 0) {
      throw new IllegalArgumentException("minutes: too short (expected: 0.5 or more)");
    }
  }

  /** When the first window begins. */
  Duration baselineStart() {
    return share(5);
  }

  Duration window() {
    return share(2);
  }

  Duration finalStart() {
    return total.minus(window());
  }

  Duration sampleInterval() {
    return window().dividedBy(8);
  }

  SoakVerdict.Tolerance tolerance() {
    boolean warm = total.compareTo(WARM) >= 0;
    return new SoakVerdict.Tolerance(warm ? 10 : 30, 16 << 10, 5, 5, 10);
  }

  private Duration share(int minutesOfFull) {
    Duration shorter = total.multipliedBy(minutesOfFull).dividedBy(FULL.toMinutes());
    Duration most = Duration.ofMinutes(minutesOfFull);
    return shorter.compareTo(most) < 0 ? shorter : most;
  }
}
