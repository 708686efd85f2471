package io.millrace.broker.log;

/**
 * Notes durably which leader epoch writes at the log end; handed back to {@link
 * PartitionLog#epochStarted}, before which nothing may be appended.
 */
public final class EpochStart extends LogTask {
  private final LeaderEpochCache epochs;
  private final long startOffset;

  EpochStart(Guard guard, LogDisk disk, LeaderEpochCache epochs, long startOffset) {
    super(guard, disk);
    this.epochs = epochs;
    this.startOffset = startOffset;
  }

  /** The log end for which it was made. */
  long startOffset() {
    return startOffset;
  }

  LeaderEpochCache epochs() {
    return epochs;
  }

  @Override
  void work(LogDisk files) {
    new PartitionCheckpoints(files).writeLeaderEpochs(epochs);
  }
}
