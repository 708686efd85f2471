package io.millrace.broker.rpc;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A session's wait for memory: it asks for room, does nothing that needs any, and is told when
 * there may be some again. Begun and ended by the session's runs; told on any thread.
 */
final class RoomWait {
  private final InFlightBytes budget;
  private final Runnable session;
  private final AtomicBoolean waiting = new AtomicBoolean();
  private final Runnable roomCame = this::roomCame;

  /**
   * Makes one that does not wait yet.
   *
   * @param session told of room; must not block
   */
  RoomWait(InFlightBytes budget, Runnable session) {
    this.budget = budget;
    this.session = session;
  }

  /** Waits from now on, unless there is room by now. */
  void begin() {
    waiting.set(true);
    budget.whenFree(roomCame);
  }

  boolean waiting() {
    return waiting.get();
  }

  /** Nobody is told any more. */
  void end() {
    budget.forget(roomCame);
  }

  private void roomCame() {
    waiting.set(false);
    session.run();
  }
}
