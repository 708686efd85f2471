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
   * Refused; nothing changed.
   *
   * @param error why
   */
  record Refused(MillraceError error) implements DeleteRecordsOutcome {}
}
