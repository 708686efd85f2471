package io.millrace.broker.rpc;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The calls that go on until someone ends them: told when the server shuts down, so that each ends
 * with UNAVAILABLE at a place where its client can go on elsewhere, not in the middle. Thread-safe.
 */
final class OpenStreams {
  private final Set<Runnable> open = ConcurrentHashMap.newKeySet();
  private volatile boolean ending;

  /**
   * Adds a call.
   *
   * @param end ends it soon; called at most once, must not block
   */
  void add(Runnable end) {
    open.add(end);
    if (ending && open.remove(end)) {
      end.run();
    }
  }

  /** The call has ended. */
  void remove(Runnable end) {
    open.remove(end);
  }

  /** Ends all, and those that are added from now on. */
  void endAll() {
    ending = true;
    List.copyOf(open).stream().filter(open::remove).forEach(Runnable::run);
  }

  /** What a call is ended with. */
  static MillraceError shuttingDown() {
    return new MillraceError(
        ErrorCode.UNAVAILABLE, "the server is shutting down; connect to another or again soon");
  }
}
