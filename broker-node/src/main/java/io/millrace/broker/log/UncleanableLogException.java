package io.millrace.broker.log;

/** A log can't be cleaned as it is; it stays as it was. */
public final class UncleanableLogException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UncleanableLogException(String why) {
    super(why);
  }
}
