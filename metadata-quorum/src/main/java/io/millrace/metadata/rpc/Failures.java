package io.millrace.metadata.rpc;

import io.grpc.Status;

/** Failed calls in a line for a person. Stateless. */
public final class Failures {
  private Failures() {}

  /** The code, what was said about it, and where it comes from, such as a refused connection. */
  public static String text(Throwable thrown) {
    Status status = Status.fromThrowable(thrown);
    String text = status.getCode().toString();
    if (status.getDescription() != null) {
      text += " " + status.getDescription();
    }
    Throwable cause = status.getCause();
    while (cause != null && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause == null ? text : text + " (" + cause.getMessage() + ")";
  }
}
