package io.millrace.it.simulation;

import io.millrace.common.time.Clock;
import io.millrace.common.time.VirtualTime;

/**
 * A machine's clocks: the monotonic one follows the simulation's time at its own rate, the wall
 * clock drifts from that time and may be set. Confined to the simulation's thread.
 */
final class SimulatedClock implements Clock {
  private static final long START_WALL_MS = 1_800_000_000_000L;

  private final VirtualTime time;
  private final long originNanos;
  private final ClockRate rate;
  private final int driftPerMillion;
  private long jumpedMs;

  /**
   * A clock whose monotonic time is the simulation's, and which is right at the start.
   *
   * @param originNanos what the monotonic clock shows at the start
   * @param driftPerMillion microseconds that the wall clock gains in a second
   */
  SimulatedClock(VirtualTime time, long originNanos, int driftPerMillion) {
    this(time, originNanos, driftPerMillion, ClockRate.EVEN);
  }

  /**
   * The same with a monotonic clock that runs at a rate of its own.
   *
   * @param rate that of the monotonic clock
   */
  SimulatedClock(VirtualTime time, long originNanos, int driftPerMillion, ClockRate rate) {
    this.time = time;
    this.originNanos = originNanos;
    this.driftPerMillion = driftPerMillion;
    this.rate = rate;
  }

  /** The rate of the monotonic clock, and of the timers. */
  ClockRate rate() {
    return rate;
  }

  /** Somebody sets the wall clock. */
  void jump(long byMs) {
    jumpedMs += byMs;
  }

  @Override
  public long wallMs() {
    long gainedMicros = time.nowMicros() * driftPerMillion / 1_000_000;
    return START_WALL_MS + (time.nowMicros() + gainedMicros) / 1_000 + jumpedMs;
  }

  @Override
  public long monotonicNanos() {
    return originNanos + rate.shownMicros(time.nowMicros()) * 1_000;
  }
}
