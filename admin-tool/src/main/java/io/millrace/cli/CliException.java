package io.millrace.cli;

import java.util.List;

/** A failure that the command explains itself: one line, and what to do about it. Exit code 1. */
public final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> hints;

  public CliException(String message, String... hints) {
    super(message);
    this.hints = List.of(hints);
  }

  /** What to do, a line each. */
  public List<String> hints() {
    return hints;
  }
}
