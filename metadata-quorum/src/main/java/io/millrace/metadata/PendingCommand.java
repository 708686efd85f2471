package io.millrace.metadata;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.time.Scheduler.Cancellable;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A command that is not answered yet. Confined to the runtime's mailbox, but for its future. */
final class PendingCommand {
  private final Command command;
  private final CompletableFuture<CommandResult> answer = new CompletableFuture<>();
  private @Nullable Cancellable timer;

  /** Whether any of its records may have been proposed. */
  private boolean begun;

  /** Whether a part of it has taken effect, and more is to follow. */
  private boolean halfDone;

  PendingCommand(Command command) {
    this.command = command;
  }

  Command command() {
    return command;
  }

  CompletableFuture<CommandResult> answer() {
    return answer;
  }

  boolean answered() {
    return answer.isDone();
  }

  void expireBy(Cancellable expiry) {
    timer = expiry;
  }

  void begin() {
    begun = true;
  }

  void goOn() {
    halfDone = true;
  }

  boolean halfDone() {
    return halfDone;
  }

  void complete(CommandResult result) {
    if (timer != null) {
      timer.cancel();
    }
    answer.complete(result);
  }

  void refuse(ErrorCode code, String message) {
    complete(new CommandResult.Refused(new MillraceError(code, message)));
  }

  /** Refuses it for another controller to carry out, unless a part of it may be carried out. */
  void passOn(MillraceError notController) {
    if (begun) {
      giveUp(ErrorCode.NOT_CONTROLLER, "another node's controller took over");
    } else {
      complete(new CommandResult.Refused(notController));
    }
  }

  /** Ends it without an outcome: nothing happened, or (once begun) nobody can tell. */
  void giveUp(ErrorCode whenNotBegun, String why) {
    if (begun) {
      refuse(
          ErrorCode.OUTCOME_UNKNOWN,
          why + "; the change may or may not have been made, look before trying again");
    } else {
      refuse(whenNotBegun, why + "; nothing was changed");
    }
  }
}
