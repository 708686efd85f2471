package io.millrace.it.simulation;

import java.util.SplittableRandom;

/**
 * How fast a machine's monotonic clock runs, and with it its timers, against the simulation's time.
 *
 * @param gainPerMillion microseconds that it gains in a second
 */
record ClockRate(int gainPerMillion) {
  /** As the simulation's time. */
  static final ClockRate EVEN = new ClockRate(0);

  /** One in a hundred: no clock that works is as wrong. */
  static final int MOST = 10_000;

  private static final long MILLION = 1_000_000;

  ClockRate {
    if (Math.abs(gainPerMillion) > MOST) {
      throw new IllegalArgumentException(
          "gainPerMillion: %d (expected: [%d, %d])".formatted(gainPerMillion, -MOST, MOST));
    }
  }

  /** Any of them. */
  static ClockRate draw(SplittableRandom random) {
    return new ClockRate(random.nextInt(2 * MOST + 1) - MOST);
  }

  /** What the clock shows after so many microseconds of the simulation's time. */
  long shownMicros(long micros) {
    return micros + Math.floorDiv(micros * gainPerMillion, MILLION);
  }

  /**
   * How many microseconds of the simulation's time it takes until the clock shows so many more; a
   * timer is never too early.
   */
  long untilMicros(long shownMicros) {
    if (gainPerMillion == 0 || shownMicros <= 0) {
      return shownMicros;
    }
    // One for what the division cuts off, one for what the clock does not show of a microsecond.
    return shownMicros * MILLION / (MILLION + gainPerMillion) + 2;
  }
}
