package io.millrace.broker.rpc;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;

/** What every service checks in requests. */
final class Requests {
  private Requests() {}

  /** A request that breaks a rule; names the value and what was expected. */
  static MillraceException invalid(String what) {
    return new MillraceException(ErrorCode.INVALID_REQUEST, what);
  }

  /**
   * The value of a field that has no negative values.
   *
   * @throws MillraceException with INVALID_REQUEST if it is negative
   */
  static int notNegative(String field, int value) {
    notNegative(field, (long) value);
    return value;
  }

  /** The same of a 64-bit field. */
  static long notNegative(String field, long value) {
    if (value < 0) {
      throw invalid(field + ": " + value + " (expected: >= 0)");
    }
    return value;
  }
}
