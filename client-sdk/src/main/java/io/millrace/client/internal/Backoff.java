package io.millrace.client.internal;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Growing pauses between retries: each twice the last up to a bound, and a random part of a fifth,
 * so that clients that lost the same broker do not come back in step. Confined to its user.
 */
final class Backoff {
  private final long firstMs;
  private final long longestMs;
  private final RandomGenerator random;
  private long nextMs;

  Backoff(Duration first, Duration longest, RandomGenerator random) {
    this.firstMs = Math.max(1, first.toMillis());
    this.longestMs = Math.max(firstMs, longest.toMillis());
    this.random = random;
    this.nextMs = firstMs;
  }

  /** The next pause in milliseconds. */
  long nextMs() {
    long base = nextMs;
    nextMs = Math.min(longestMs, base * 2);
    return base - base / 5 + random.nextLong(base * 2 / 5 + 1);
  }

  /** After a success the next pause is the first one again. */
  void reset() {
    nextMs = firstMs;
  }
}
