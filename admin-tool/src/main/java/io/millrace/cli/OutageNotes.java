package io.millrace.cli;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * Tells on standard error when a consumer has lost its broker and when it has found one again. What
 * is over by the next look is not worth a line. Confined to one thread.
 */
final class OutageNotes {
  private static final Set<ErrorCode> LOST =
      Set.of(ErrorCode.UNAVAILABLE, ErrorCode.REQUEST_TIMED_OUT);

  private final CliContext context;
  private final Duration patience;
  private boolean seen;
  private boolean told;

  /** Of the trouble that was told: whether the broker itself was lost. */
  private boolean lost;

  /**
   * @param patience how long the consumer tries before it gives up
   */
  OutageNotes(CliContext context, Duration patience) {
    this.context = context;
    this.patience = patience;
  }

  /** What the consumer says of itself now. */
  void look(Optional<MillraceException> trouble) {
    if (trouble.isPresent() && seen && !told) {
      tell(trouble.get().error());
    }
    if (trouble.isEmpty() && told) {
      told = false;
      say(lost ? "connected again, going on" : "going on");
    }
    seen = trouble.isPresent();
  }

  /** Trouble that lasts for certain. */
  void tell(MillraceError trouble) {
    told = true;
    lost = LOST.contains(trouble.code());
    say(
        (lost ? "connection lost: " : "can't read: ")
            + trouble.message()
            + "; trying again, for "
            + Durations.text(patience)
            + " (--timeout)");
  }

  private void say(String line) {
    context.err().println("millrace: " + line);
    context.err().flush();
  }
}
