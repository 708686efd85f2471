package io.millrace.broker.replica.core;

import io.millrace.common.MillraceError;

/** What became of a request to delete records. */
public sealed interface DeleteRecordsOutcome {
  /**
   * Done, or nothing was left to do.
   *
   * @param lowWatermark the first offset that any of the replicas has that the request waited for;
   *     at least what was asked for
   */
  record Deleted(long lowWatermark) implements DeleteRecordsOutcome {}

  /**
   * Refused. Nothing changed, unless the time, the leadership or the disk went while log starts
   * moved: then some or all may have moved, and what has begun goes on.
   *
   * @param error why
   */
  record Refused(MillraceError error) implements DeleteRecordsOutcome {}
}
