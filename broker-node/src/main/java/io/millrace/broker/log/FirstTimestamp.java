package io.millrace.broker.log;

import io.millrace.common.record.RecordBatch;

/**
 * The timestamp from which the age of a segment counts: the largest of its first batch that has
 * records. What compaction removed at the leader may come before as an empty batch, which has none.
 * Confined to one thread.
 */
final class FirstTimestamp {
  private boolean found;
  private long timestampMs = RecordBatch.NO_TIMESTAMP;

  /** The next batch of the segment. */
  void add(RecordBatch batch) {
    if (!found && batch.recordCount() > 0) {
      found = true;
      timestampMs = batch.maxTimestamp();
    }
  }

  /** In ms since 1970 UTC; -1 if there is no such batch yet, or its records have no timestamp. */
  long timestampMs() {
    return timestampMs;
  }
}
