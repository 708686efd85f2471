package io.millrace.common.time;

/** The two clocks of a node. Thread-safe. */
public interface Clock {
  /**
   * Wall-clock time in milliseconds since 1970 UTC; may jump. Only for timestamps that people see.
   */
  long wallMs();

  /** Monotonic time in nanoseconds from an arbitrary origin; for every duration and time-out. */
  long monotonicNanos();

  /** Monotonic time in milliseconds from the same origin. */
  default long monotonicMs() {
    return monotonicNanos() / 1_000_000;
  }
}
