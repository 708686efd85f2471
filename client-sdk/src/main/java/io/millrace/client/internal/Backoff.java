package io.millrace.client.internal;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Growing pauses between retries: each twice the last up to a bound, and a random part of a fifth,
 * so that clients that lost the same broker do not come back in step. There may be a lower bound to
 * begin with, for what is soon over as a rule. Confined to its user.
 */
final class Backoff {
  private final long firstMs;
  private final long longestMs;
  private final RandomGenerator random;

  /** The bound until {@link #pausedMs} is {@link #hopefulForMs}; at most {@link #longestMs}. */
  private final long longestAtFirstMs;

  private final long hopefulForMs;
  private long nextMs;

  /** All pauses since the last success, but for their random parts. */
  private long pausedMs;

  Backoff(Duration first, Duration longest, RandomGenerator random) {
    this(first, longest, longest, Duration.ZERO, random);
  }

  /**
   * Pauses with two bounds.
   *
   * @param longestAtFirst the bound at first
   * @param hopefulFor after so much pausing it is the other one
   */
  Backoff(
      Duration first,
      Duration longest,
      Duration longestAtFirst,
      Duration hopefulFor,
      RandomGenerator random) {
    this.firstMs = Math.max(1, first.toMillis());
    this.longestMs = Math.max(firstMs, longest.toMillis());
    this.longestAtFirstMs = Math.min(longestMs, Math.max(firstMs, longestAtFirst.toMillis()));
    this.hopefulForMs = hopefulFor.toMillis();
    this.random = random;
    this.nextMs = firstMs;
  }

  /** The next pause in milliseconds. */
  long nextMs() {
    long base = nextMs;
    pausedMs += base;
    nextMs = Math.min(pausedMs < hopefulForMs ? longestAtFirstMs : longestMs, base * 2);
    return base - base / 5 + random.nextLong(base * 2 / 5 + 1);
  }

  /** After a success the next pause is the first one again. */
  void reset() {
    nextMs = firstMs;
    pausedMs = 0;
  }
}
