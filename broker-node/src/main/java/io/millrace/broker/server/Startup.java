package io.millrace.broker.server;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has been opened, to be closed in the opposite order: at the orderly end, or when a later
 * step of the start fails. Used by one thread at a time.
 */
final class Startup {
  private static final Logger log = LoggerFactory.getLogger(Startup.class);

  private final Deque<Step> steps = new ArrayDeque<>();

  /** Undoes a step. */
  interface Undo {
    void run() throws Exception;
  }

  private record Step(String name, Undo undo) {}

  /** Remembers how to undo what was just done. */
  void opened(String name, Undo undo) {
    steps.push(new Step(name, undo));
  }

  /**
   * Undoes everything, also when one of it fails.
   *
   * @return whether nothing failed
   */
  boolean closeAll() {
    boolean well = true;
    while (!steps.isEmpty()) {
      Step step = steps.pop();
      try {
        step.undo().run();
      } catch (Exception e) {
        if (e instanceof InterruptedException) {
          Thread.currentThread().interrupt();
        }
        well = false;
        log.error("could not close {}", step.name(), e);
      }
    }
    return well;
  }
}
