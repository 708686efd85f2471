package io.millrace.client.internal;

/**
 * Since when a consumer has not polled. Written by the consumer's thread, read by that of the
 * groups.
 */
final class PollClock {
  /** It is polling. */
  static final long POLLING = Long.MAX_VALUE;

  private volatile long idleSinceMs = POLLING;

  /** The application is at work, on what a poll returned or in a listener. */
  void idle(long nowMs) {
    idleSinceMs = nowMs;
  }

  /** It polls. */
  void polling() {
    idleSinceMs = POLLING;
  }

  /** When it polled last, on the monotonic clock, or {@link #POLLING}. */
  long idleSinceMs() {
    return idleSinceMs;
  }
}
