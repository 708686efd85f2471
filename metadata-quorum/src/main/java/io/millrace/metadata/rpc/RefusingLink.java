package io.millrace.metadata.rpc;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.metadata.SessionLink;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** A broker's link to a node that has no controller. Immutable. */
record RefusingLink(String why) implements SessionLink {
  @Override
  public CompletableFuture<CommandResult> ask(Command command, Duration timeout) {
    return CompletableFuture.completedFuture(
        new CommandResult.Refused(new MillraceError(ErrorCode.NOT_CONTROLLER, why)));
  }

  @Override
  public void close() {}
}
