package io.millrace.common.producer;

import java.util.function.DoubleSupplier;

/**
 * The wait before a repeat: doubles with each failure in a row, and is spread by a fifth either
 * way. Owned by one session.
 */
final class RetryPause {
  private static final int MOST_DOUBLINGS = 30;

  private final ProducerSettings settings;
  private final DoubleSupplier jitter;

  /** Pauses since the last success. */
  private int failures;

  /** Whether a refusal since the last pass calls for a wait before the next. */
  private boolean wanted;

  /** When the pause that was begun is over; {@code Long.MAX_VALUE} outside of one. */
  private long untilMs = Long.MAX_VALUE;

  RetryPause(ProducerSettings settings, DoubleSupplier jitter) {
    this.settings = settings;
    this.jitter = jitter;
  }

  void want() {
    wanted = true;
  }

  /** Whether there is to be a pause; it is no longer wanted from here on. */
  boolean takeWanted() {
    boolean was = wanted;
    wanted = false;
    return was;
  }

  void succeeded() {
    failures = 0;
  }

  void begin(long nowMs) {
    untilMs = nowMs + nextMs();
  }

  /** Whether the pause that was begun is over at that time; ends it if so. */
  boolean endsBy(long nowMs) {
    if (nowMs < untilMs) {
      return false;
    }
    end();
    return true;
  }

  void end() {
    untilMs = Long.MAX_VALUE;
  }

  long untilMs() {
    return untilMs;
  }

  private long nextMs() {
    int doublings = Math.min(failures++, MOST_DOUBLINGS);
    long full =
        Math.min(settings.retryBackoffMaxMs(), Math.max(1, settings.retryBackoffMs()) << doublings);
    return Math.min(
        settings.retryBackoffMaxMs(), (long) (full * (0.8 + 0.4 * jitter.getAsDouble())));
  }
}
