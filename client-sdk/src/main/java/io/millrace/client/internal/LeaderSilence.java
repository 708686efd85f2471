package io.millrace.client.internal;

import java.time.Duration;

/**
 * How long nothing was heard from a leader, and when to ask others who leads: a machine that goes
 * silent breaks no connection. Who has asked and was told of no other leader asks again after a
 * pause. Confined to its user.
 */
final class LeaderSilence {
  private final long firstPatienceMs;
  private final Backoff pauses;

  /** When something was heard, or others were asked, whichever was later. */
  private long sinceMs;

  private long patienceMs;

  /**
   * A silence that has not begun.
   *
   * @param patience until others are asked first
   * @param pauses until they are asked again
   */
  LeaderSilence(Duration patience, Backoff pauses) {
    this.firstPatienceMs = patience.toMillis();
    this.pauses = pauses;
    this.patienceMs = firstPatienceMs;
  }

  /** The leader was heard of, or something is expected of it from now on. */
  void heard(long nowMs) {
    sinceMs = nowMs;
    patienceMs = firstPatienceMs;
    pauses.reset();
  }

  /** Others are asked who leads, or have told: this one is waited for again, longer. */
  void confirmed(long nowMs) {
    sinceMs = nowMs;
    patienceMs = pauses.nextMs();
  }

  /**
   * Whether others are to be asked so soon that they may as well be asked now, together with what
   * they are asked about others: so the times at which they are asked stay few.
   */
  boolean isAlmostDue(long nowMs) {
    return nowMs - sinceMs >= almost(patienceMs);
  }

  /** How much of a patience has to be over for that. */
  static long almost(long patienceMs) {
    return patienceMs - patienceMs / 4;
  }

  /** When others are to be asked. */
  long dueMs() {
    return sinceMs + patienceMs;
  }
}
