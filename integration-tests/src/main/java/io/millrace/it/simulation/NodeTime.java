package io.millrace.it.simulation;

import io.millrace.common.time.Clock;
import io.millrace.common.time.Scheduler;
import io.millrace.common.time.VirtualTime;

/** Time as a node has it whose clock has a rate of its own. Confined to the simulation's thread. */
record NodeTime(VirtualTime time, ClockRate rate) implements Clock, Scheduler {
  private static final long MICROS_PER_MS = 1_000;
  private static final long NANOS_PER_MICRO = 1_000;

  @Override
  public long wallMs() {
    return time.wallMs();
  }

  @Override
  public long monotonicNanos() {
    return rate.shownMicros(time.nowMicros()) * NANOS_PER_MICRO;
  }

  @Override
  public Cancellable schedule(long delayMs, Runnable task) {
    return time.scheduleMicros(rate.untilMicros(delayMs * MICROS_PER_MS), task);
  }
}
