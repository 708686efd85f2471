package io.millrace.broker.rpc;

import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Has administrators' commands carried out by the active controller, wherever it is. Thread-safe.
 *
 * @param timeoutMs how long a change may take at most
 */
record AdminCommands(MetadataQuorum quorum, long timeoutMs) {
  /**
   * Carries out a command.
   *
   * @return what came of it; fails with the refusal. Completes on the metadata thread, when this
   *     node's image shows the effect
   */
  CompletableFuture<CommandResult> carryOut(Command command) {
    return quorum.submit(command, timeout()).thenApply(AdminCommands::unlessRefused);
  }

  /** What is left for the call that this thread serves. */
  Duration timeout() {
    return Duration.ofMillis(Deadlines.capMs(timeoutMs));
  }

  private static CommandResult unlessRefused(CommandResult result) {
    if (result instanceof CommandResult.Refused refused) {
      throw refused.error().exception();
    }
    return result;
  }
}
