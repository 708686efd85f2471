package io.millrace.client.internal;

import java.time.Duration;

/** Times to wait, as an application gives them: one that is very long means for ever. */
final class Timeouts {
  /** Can be added to any clock's time. */
  private static final Duration FOR_EVER = Duration.ofDays(36_500);

  private Timeouts() {}

  /** In milliseconds, at most a hundred years; 0 for a negative one. */
  static long millis(Duration timeout) {
    if (timeout.isNegative()) {
      return 0;
    }
    return timeout.compareTo(FOR_EVER) < 0 ? timeout.toMillis() : FOR_EVER.toMillis();
  }
}
