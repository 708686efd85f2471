package io.millrace.metadata.ratis;

/**
 * Bounds the heartbeats that are sent early to a follower, so that its answers, each of which may
 * ask for another one, make no endless exchange. Thread-safe.
 */
final class EarlyHeartbeats {
  /** A follower that does not learn it from as many learns it with the regular heartbeats. */
  static final int MOST = 3;

  /** What was told last. Guarded by this. */
  private long index = -1;

  /** How often it was told. Guarded by this. */
  private int sent;

  /** Whether a heartbeat is being asked for, by the thread that holds the lock. */
  private boolean asking;

  /**
   * Asks for a heartbeat, unless the follower had as many of this index.
   *
   * @param committed what it would tell
   * @param trigger asks for it. Ratis notifies the appender on the same thread if it makes one, and
   *     does not if one is due anyway: so the call that comes back here from within it is what says
   *     that there is one more
   */
  synchronized void tell(long committed, Runnable trigger) {
    if (asking) {
      sent++;
      return;
    }
    if (committed != index) {
      index = committed;
      sent = 0;
    }
    if (sent < MOST) {
      asking = true;
      try {
        trigger.run();
      } finally {
        asking = false;
      }
    }
  }
}
