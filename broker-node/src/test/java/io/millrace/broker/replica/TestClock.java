package io.millrace.broker.replica;

import io.millrace.common.time.Clock;

/** A clock that stands until it is moved. */
final class TestClock implements Clock {
  private volatile long monotonicMs = 1_000;
  private volatile long wallMs = 1_700_000_000_000L;

  void advance(long ms) {
    monotonicMs += ms;
    wallMs += ms;
  }

  @Override
  public long wallMs() {
    return wallMs;
  }

  @Override
  public long monotonicNanos() {
    return monotonicMs * 1_000_000;
  }
}
