package io.millrace.broker.replica;

import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.replica.core.PartitionSettings;
import io.millrace.common.FlushMode;

/**
 * Says when a log's synced mark (see {@link io.millrace.broker.log.PartitionFiles}) is to stand,
 * and holds the partition to it (S14). Confined to the partition's thread.
 *
 * <p>While the mark is on disk, or may be, the partition acknowledges under {@code commit},
 * whatever the setting is: under {@code os} the mark goes first. It comes back under {@code commit}
 * once all that was acknowledged under {@code os} is durable. Neither happens before the controller
 * knows what a boot of the machine may have cost: until then the mark says what the last boot left.
 */
final class SyncedMark {
  private static final long NOT_BEGUN = -1;

  private final PartitionLog log;
  private boolean lossKnown;

  /** Durable up to here, the next round begins; there are two. */
  private long roundEnd = NOT_BEGUN;

  private boolean secondRound;

  SyncedMark(PartitionLog log) {
    this.log = log;
  }

  /** What a boot may have cost is known to the controller. */
  void lossKnown() {
    lossKnown = true;
  }

  /** The settings as the mark allows them. */
  PartitionSettings inForce(PartitionSettings wanted) {
    return log.syncedMark() ? wanted.withFlushMode(FlushMode.COMMIT) : wanted;
  }

  /** The settings were changed: what was acknowledged until now may not be durable. */
  void settingsChanged() {
    roundEnd = NOT_BEGUN;
    secondRound = false;
  }

  /** Whether the mark is to stand, under these settings and with the log as it is. */
  boolean wanted(FlushMode flushMode) {
    if (flushMode == FlushMode.OS) {
      return log.syncedMark() && !lossKnown;
    }
    return log.syncedMark() || (lossKnown && allAcknowledgedIsDurable());
  }

  /**
   * After a change to {@code commit} appended records are acknowledged until all that were there at
   * the change are durable (S02), and some that came meanwhile are not then.
   */
  private boolean allAcknowledgedIsDurable() {
    if (roundEnd == NOT_BEGUN) {
      roundEnd = log.logEndOffset();
    }
    if (!secondRound && log.durableOffset() >= roundEnd) {
      secondRound = true;
      roundEnd = log.logEndOffset();
    }
    return secondRound && log.durableOffset() >= roundEnd;
  }
}
