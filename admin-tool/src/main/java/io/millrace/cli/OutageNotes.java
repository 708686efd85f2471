package io.millrace.cli;

import io.millrace.common.MillraceException;
import java.time.Duration;
import java.util.Optional;

/**
 * Tells on standard error when a consumer has lost its broker and when it has found one again. What
 * is over by the next look is not worth a line. Confined to one thread.
 */
final class OutageNotes {
  private final CliContext context;
  private final Duration patience;
  private boolean seen;
  private boolean told;

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
      told = true;
      say(
          "connection lost: "
              + trouble.get().error().message()
              + "; trying again, for "
              + Durations.text(patience)
              + " (--timeout)");
    }
    if (trouble.isEmpty() && told) {
      told = false;
      say("connected again, going on");
    }
    seen = trouble.isPresent();
  }

  private void say(String line) {
    context.err().println("millrace: " + line);
    context.err().flush();
  }
}
