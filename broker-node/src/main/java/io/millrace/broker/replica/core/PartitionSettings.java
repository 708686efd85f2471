package io.millrace.broker.replica.core;

import io.millrace.common.FlushMode;

/**
 * The topic settings that the core acts by.
 *
 * @param flushMode what counts as acknowledged: what is appended, or what is synced
 * @param deleteRecordsAllowed false for a topic that is only compacted
 */
public record PartitionSettings(FlushMode flushMode, boolean deleteRecordsAllowed) {
  /** The same with another flush mode. */
  public PartitionSettings withFlushMode(FlushMode mode) {
    return new PartitionSettings(mode, deleteRecordsAllowed);
  }

  boolean acknowledgeDurable() {
    return flushMode == FlushMode.COMMIT;
  }
}
