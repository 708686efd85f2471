package io.millrace.it.simulation;

import com.google.errorprone.annotations.FormatMethod;

/** Something happened that must not. Ends the run of a seed. */
final class InvariantViolation extends AssertionError {
  private static final long serialVersionUID = 1L;

  InvariantViolation(String message) {
    super(message);
  }

  /** Throws unless the condition holds. */
  @FormatMethod
  static void require(boolean holds, String format, Object... values) {
    if (!holds) {
      throw new InvariantViolation(String.format(format, values));
    }
  }
}
