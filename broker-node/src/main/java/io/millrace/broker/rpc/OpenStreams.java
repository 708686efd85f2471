package io.millrace.broker.rpc;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The calls that go on until someone ends them: told when the server shuts down, so that each ends
 * with UNAVAILABLE at a place where its client can go on elsewhere, not in the middle. Thread-safe.
 */
final class OpenStreams {
  private static final Logger LOG = LoggerFactory.getLogger(OpenStreams.class);

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

  /** Ends all, and those that are added from now on; one that can't be ended holds up no other. */
  void endAll() {
    ending = true;
    List.copyOf(open).stream().filter(open::remove).forEach(OpenStreams::end);
  }

  private static void end(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException thrown) {
      LOG.error("a stream could not be told that the server ends", thrown);
    }
  }

  /** What a call is ended with. */
  static MillraceError shuttingDown() {
    return new MillraceError(
        ErrorCode.UNAVAILABLE, "the server is shutting down; connect to another or again soon");
  }
}
