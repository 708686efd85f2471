package io.millrace.broker.log;

/** Told how the recovery of a log goes on (S31). Called on the recovering thread. */
public interface RecoveryProgress {
  /** For whoever does not want to know. */
  RecoveryProgress NONE = (checkedBytes, totalBytes) -> {};

  /**
   * Some more has been checked; also called once at the end.
   *
   * @param checkedBytes bytes of this log checked so far
   * @param totalBytes bytes of this log to check
   */
  void checked(long checkedBytes, long totalBytes);
}
