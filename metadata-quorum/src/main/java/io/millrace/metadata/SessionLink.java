package io.millrace.metadata;

import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * A broker's link to one node's controller, open for as long as the session lasts there.
 * Thread-safe.
 */
public interface SessionLink extends AutoCloseable {
  /**
   * Asks the controller, only after the answer before. The future completes with a value: with
   * NOT_CONTROLLER from a node whose controller is not the active one, with UNAVAILABLE once the
   * link is lost. It may not complete at all while the other side is silent.
   *
   * @param command a registration or a heartbeat
   * @param timeout how long the broker waits
   */
  CompletableFuture<CommandResult> ask(Command command, Duration timeout);

  /** Ends the link; the controller finds out whether the broker's process lives on. */
  @Override
  void close();
}
