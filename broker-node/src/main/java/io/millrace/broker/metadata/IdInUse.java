package io.millrace.broker.metadata;

import io.millrace.common.MillraceError;
import java.util.Optional;

/**
 * How long one controller has said that another process lives under this broker's id. One that has
 * ended without a word counts as alive until its session is over; only one that is still there long
 * after that is alive. Confined to the session's scheduler.
 */
final class IdInUse {
  /** The controller tells it with its refusal. */
  private static final String SESSION_TIMEOUT = "session_timeout_ms";

  /** How much longer than a session is waited. */
  private static final long MORE_PATIENCE_MS = 10_000;

  private Optional<Long> sinceMs = Optional.empty();

  /** Whether the other process is alive, as the controller has refused for so long. */
  boolean lasts(MillraceError refusal, long nowMs) {
    String timeout = refusal.details().get(SESSION_TIMEOUT);
    if (timeout == null) {
      ends();
      return false;
    }
    long since = sinceMs.orElse(nowMs);
    sinceMs = Optional.of(since);
    return nowMs - since >= Long.parseLong(timeout) + MORE_PATIENCE_MS;
  }

  /** The controller says something else, or another one is asked: it has sessions of its own. */
  void ends() {
    sinceMs = Optional.empty();
  }
}
