package io.millrace.broker.log;

import io.millrace.common.time.Clock;

/** Both clocks stand still until a test moves them. */
final class ManualClock implements Clock {
  long wallMs = 1_700_000_000_000L;
  long monotonicNanos;

  @Override
  public long wallMs() {
    return wallMs;
  }

  @Override
  public long monotonicNanos() {
    return monotonicNanos;
  }

  void advanceMs(long ms) {
    wallMs += ms;
    monotonicNanos += ms * 1_000_000;
  }
}
