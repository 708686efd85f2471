package io.millrace.it.soak;

import io.millrace.common.time.Clock;
import java.time.Duration;

/** A steady rate: how many records are due. Confined to one thread. */
final class Pulse {
  private static final Duration TICK = Duration.ofMillis(10);

  /** A stall is not made up for by more than so much at once. */
  private static final double MOST_SECONDS = 0.5;

  private final Clock clock;
  private final double perSecond;
  private long lastNanos;
  private double due;

  Pulse(Clock clock, double perSecond) {
    this.clock = clock;
    this.perSecond = perSecond;
    this.lastNanos = clock.monotonicNanos();
  }

  /** Waits a moment and returns how many records are to be sent now. */
  int next(SoakStop stop) {
    stop.await(TICK);
    long now = clock.monotonicNanos();
    due = Math.min(due + (now - lastNanos) / 1e9 * perSecond, perSecond * MOST_SECONDS);
    lastNanos = now;
    int whole = (int) due;
    due -= whole;
    return whole;
  }
}
