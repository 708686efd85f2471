package io.millrace.broker.log;

/**
 * Notes durably that a leader epoch begins at the log end; handed back to {@link
 * PartitionLog#epochStarted}, before which nothing may be appended.
 */
public final class EpochStart extends LogTask {
  private final LeaderEpochCache epochs;

  EpochStart(Guard guard, LogDisk disk, LeaderEpochCache epochs) {
    super(guard, disk);
    this.epochs = epochs;
  }

  LeaderEpochCache epochs() {
    return epochs;
  }

  @Override
  void work(LogDisk files) {
    new PartitionCheckpoints(files).writeLeaderEpochs(epochs);
  }
}
