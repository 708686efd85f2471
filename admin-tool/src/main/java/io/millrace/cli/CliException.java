package io.millrace.cli;

import java.util.List;

/** A failure that the command explains itself: one line, and what to do about it. Exit code 1. */
final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> hints;

  CliException(String message, String... hints) {
    super(message);
    this.hints = List.of(hints);
  }

  /** What to do, a line each. */
  List<String> hints() {
    return hints;
  }
}
