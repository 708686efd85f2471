package io.millrace.broker.server;

/**
 * The server can't start for a reason that its operator can change: the message is one line that
 * says what was found and what to do.
 */
public final class StartException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StartException(String message) {
    super(message);
  }

  public StartException(String message, Throwable cause) {
    super(message, cause);
  }
}
