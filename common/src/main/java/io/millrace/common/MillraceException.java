package io.millrace.common;

/**
 * A {@link MillraceError} on its way to the client. No stack trace: it tells of a request, not of
 * this code.
 */
public final class MillraceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient MillraceError error;

  public MillraceException(MillraceError error) {
    super(error.toString(), null, false, false);
    this.error = error;
  }

  public MillraceException(ErrorCode code, String message) {
    this(new MillraceError(code, message));
  }

  /** What was wrong. */
  public MillraceError error() {
    return error;
  }

  /** What kind of error it is. */
  public ErrorCode code() {
    return error.code();
  }
}
