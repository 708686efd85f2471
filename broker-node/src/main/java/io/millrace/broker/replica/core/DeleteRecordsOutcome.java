package io.millrace.broker.replica.core;

import io.millrace.common.MillraceError;

/** What became of a request to delete records. */
public sealed interface DeleteRecordsOutcome {
  /**
   * Done, or nothing was left to do.
   *
   * @param logStartOffset the partition's first offset now
   */
  record Deleted(long logStartOffset) implements DeleteRecordsOutcome {}

  /**
   * Refused. Nothing changed, unless the leadership or the disk went while the log start moved:
   * then it may have moved.
   *
   * @param error why
   */
  record Refused(MillraceError error) implements DeleteRecordsOutcome {}
}
