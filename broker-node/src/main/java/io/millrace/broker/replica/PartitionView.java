package io.millrace.broker.replica;

import io.millrace.broker.log.LogSnapshot;
import io.millrace.broker.replica.core.ReadStanding;
import io.millrace.broker.replica.core.Role;
import io.millrace.common.MillraceError;

/**
 * A partition as readers see it at one moment. Immutable; {@code logStartOffset <= lastStableOffset
 * <= highWatermark <= logEndOffset}.
 *
 * @param role what this broker is to the partition
 * @param refusal what to answer while it does not lead
 * @param leaderEpoch the current leader epoch, -1 before the first
 * @param epochStartOffset where the log ended when that epoch began
 * @param highWatermark one past the last record that consumers may see
 * @param log the log to read from
 * @param standing what its replicas are to readers
 */
public record PartitionView(
    Role role,
    MillraceError refusal,
    int leaderEpoch,
    long epochStartOffset,
    long highWatermark,
    LogSnapshot log,
    ReadStanding standing) {
  /** A partition whose other replicas nobody asks about. */
  public PartitionView(
      Role role,
      MillraceError refusal,
      int leaderEpoch,
      long epochStartOffset,
      long highWatermark,
      LogSnapshot log) {
    this(role, refusal, leaderEpoch, epochStartOffset, highWatermark, log, ReadStanding.ALONE);
  }

  /** Whether this broker leads the partition. */
  public boolean leads() {
    return role == Role.LEADER;
  }

  /** The first offset that may be read. */
  public long logStartOffset() {
    return log.logStartOffset();
  }

  /** One past the last record that a read_committed consumer may see. */
  public long lastStableOffset() {
    return highWatermark;
  }

  /** One past the last record in the log. */
  public long logEndOffset() {
    return log.logEndOffset();
  }

  /**
   * Whether the latest offset can be told (S17): only when the high watermark has reached the start
   * of the leader's epoch is it certain not to be behind what an earlier leader has shown.
   */
  public boolean latestOffsetKnown() {
    return highWatermark >= epochStartOffset;
  }
}
