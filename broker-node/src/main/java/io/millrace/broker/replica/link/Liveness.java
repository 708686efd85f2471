package io.millrace.broker.replica.link;

/**
 * Whether the other end of a stream lives, and whether it must be told that this one does. Confined
 * to its link.
 *
 * <p>If this end itself was held up (a pause, a collection), the time of that is not held against
 * the other: what it sent may lie here unread.
 */
final class Liveness {
  /** An end that has sent nothing for so long says that it lives. */
  static final long HEARTBEAT_MS = 1_000;

  /** An end that was not heard for so long counts as gone. */
  static final long SILENCE_MS = 3_000;

  /** Looked at so often at least. */
  static final long LOOK_MS = 500;

  private long sentMs;
  private long heardMs;
  private long lookedMs;

  /** The stream begins. */
  Liveness(long nowMs) {
    sentMs = nowMs;
    heardMs = nowMs;
    lookedMs = nowMs;
  }

  void sent(long nowMs) {
    sentMs = nowMs;
  }

  void heard(long nowMs) {
    heardMs = nowMs;
  }

  /** Looks at the clock; to be called about every {@link #LOOK_MS}. */
  void look(long nowMs) {
    long lateMs = nowMs - lookedMs - LOOK_MS;
    if (lateMs > LOOK_MS) {
      heardMs = Math.min(nowMs, heardMs + lateMs);
    }
    lookedMs = nowMs;
  }

  boolean heartbeatDue(long nowMs) {
    return nowMs - sentMs >= HEARTBEAT_MS;
  }

  boolean silent(long nowMs) {
    return nowMs - heardMs >= SILENCE_MS;
  }

  /** When to look next. */
  long dueMs() {
    return lookedMs + LOOK_MS;
  }
}
