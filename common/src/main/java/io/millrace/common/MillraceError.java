package io.millrace.common;

import java.util.Map;

/**
 * A client's error as a value: what kind, one sentence for a person, the same values for a program.
 *
 * @param code what kind of error it is
 * @param message one sentence that names the wrong value and what was expected
 * @param details the values by name, in snake_case; empty when there are none
 */
public record MillraceError(ErrorCode code, String message, Map<String, String> details) {
  public MillraceError {
    details = Map.copyOf(details);
  }

  public MillraceError(ErrorCode code, String message) {
    this(code, message, Map.of());
  }

  /** The same error to throw, where a value can't be returned. */
  public MillraceException exception() {
    return new MillraceException(this);
  }

  @Override
  public String toString() {
    return code + ": " + message;
  }
}
