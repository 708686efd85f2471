package io.millrace.cli.perf;

import io.millrace.common.time.Clock;

/** When each record is to be sent. Confined to the sender's thread. */
interface Pace {
  /**
   * Waits until record {@code number}, from 0, may be sent, and returns when that was to be: from
   * then on its latency counts.
   */
  long await(long number);

  /** Every record at once. */
  static Pace unlimited(Clock clock) {
    return number -> clock.monotonicNanos();
  }
}
