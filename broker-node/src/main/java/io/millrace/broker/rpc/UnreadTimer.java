package io.millrace.broker.rpc;

import io.millrace.common.time.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * Finds that a client has not read for some time. Confined to the runs of its session, but for the
 * flag.
 */
final class UnreadTimer {
  private final Scheduler scheduler;
  private final long patienceMs;
  private final Runnable session;

  private volatile boolean timeIsUp;

  /** Which message was unread when the time began. */
  private long message;

  private Scheduler.@Nullable Cancellable timer;

  /**
   * Makes one that does not run yet.
   *
   * @param session called when the time is up, to ask again; must not block
   */
  UnreadTimer(Scheduler scheduler, long patienceMs, Runnable session) {
    this.scheduler = scheduler;
    this.patienceMs = patienceMs;
    this.session = session;
  }

  /**
   * Whether the newest message has been unread for so long; else the time begins or goes on.
   *
   * @param sent how many messages were sent: the client is not ready for more
   */
  boolean unreadTooLong(long sent) {
    if (timer != null && !timeIsUp) {
      return false;
    }
    if (timeIsUp && sent == message) {
      stop();
      return true;
    }
    message = sent;
    timeIsUp = false;
    timer = scheduler.schedule(patienceMs, this::timeIsUp);
    return false;
  }

  void stop() {
    timeIsUp = false;
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void timeIsUp() {
    timeIsUp = true;
    session.run();
  }
}
