package io.millrace.broker.replica.link;

import io.millrace.broker.replica.link.LeaderLogs.LeaderLog;
import io.millrace.broker.replica.link.LeaderLogs.ReadOutcome;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import java.util.Optional;
import java.util.UUID;

/** A leader's log of batches of one record each, all of one size. */
final class FakeLog implements LeaderLog {
  private final int batchBytes;

  /** What a batch counts for where only the size of the log is looked at. */
  int storedBytes;

  long logStart;
  long highWatermark;
  long logEnd;
  boolean corrupt;
  boolean inSync = true;

  /** Reading meets a defect of the program. */
  boolean breaks;

  UUID directory = new UUID(1, 1);
  Optional<Integer> leaderEpoch = Optional.of(1);

  FakeLog(int batchBytes) {
    this.batchBytes = batchBytes;
    this.storedBytes = batchBytes;
  }

  FakeLog append(int batches) {
    logEnd += batches;
    return this;
  }

  @Override
  public UUID directory() {
    return directory;
  }

  @Override
  public long logStart() {
    return logStart;
  }

  @Override
  public long highWatermark() {
    return highWatermark;
  }

  @Override
  public long logEnd() {
    return logEnd;
  }

  @Override
  public long sizeInBytes() {
    return (logEnd - logStart) * storedBytes;
  }

  @Override
  public boolean inSync(int followerId) {
    return inSync;
  }

  @Override
  public ReadOutcome read(long offset, int maxBytes, boolean atLeastOne) {
    if (breaks) {
      throw new IllegalStateException("a defect");
    }
    if (corrupt) {
      return new ReadOutcome.Failed(new MillraceError(ErrorCode.CORRUPT_BATCH, "CRC is wrong"));
    }
    if (maxBytes < batchBytes && !atLeastOne) {
      return new ReadOutcome.TooLarge();
    }
    long batches = Math.min(logEnd - offset, Math.max(1, maxBytes / batchBytes));
    return new ReadOutcome.Batches(
        new FakeRecords(offset, offset + batches, (int) (batches * batchBytes)), offset + batches);
  }
}
