package io.millrace.client.internal;

import io.millrace.common.time.Clock;
import io.millrace.common.time.SystemClock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** The system's clock, which a test can put forward. Thread-safe. */
final class ShiftedClock implements Clock {
  private final Clock system = new SystemClock();
  private final AtomicLong shiftNanos = new AtomicLong();

  void advance(Duration time) {
    shiftNanos.addAndGet(time.toNanos());
  }

  @Override
  public long wallMs() {
    return system.wallMs();
  }

  @Override
  public long monotonicNanos() {
    return system.monotonicNanos() + shiftNanos.get();
  }
}
