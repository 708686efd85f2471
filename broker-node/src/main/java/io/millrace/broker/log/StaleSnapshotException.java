package io.millrace.broker.log;

/**
 * What a {@link LogSnapshot} shows was cut off or deleted since it was taken. Take a new one: it
 * says what is there now.
 */
public final class StaleSnapshotException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  StaleSnapshotException(String what) {
    super(what, null, false, false);
  }
}
