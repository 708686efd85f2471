package io.millrace.broker.replica.core;

import io.millrace.common.OffsetAndEpoch;
import java.util.Optional;

/**
 * The core's look at what the log remembers: of idempotent producers, and of the leader epochs that
 * wrote it. The log takes a batch into its memory while it carries out the effect that appends it,
 * before the core sees the next event.
 */
public interface LogMemory extends ProducerSequences {
  /** The newest leader epoch that the log has noted, be it without a batch; -1 if none. */
  int latestEpoch();

  /** The leader epoch of the last batch; -1 if the log is empty. */
  int lastBatchEpoch();

  /**
   * The largest noted epoch that is not above the asked one, and the offset where it ends.
   *
   * @return empty if the asked epoch is newer than all noted ones, or there are none; for one that
   *     is older than all, itself and the offset where the oldest begins
   */
  Optional<OffsetAndEpoch> endOffsetFor(int epoch);
}
