package io.millrace.broker.log;

/** A cleaning was told to end before it was done; what it has made counts for nothing. */
public final class CleaningEndedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The same for every reason. */
  public CleaningEndedException(String why) {
    super(why, null, false, false);
  }
}
