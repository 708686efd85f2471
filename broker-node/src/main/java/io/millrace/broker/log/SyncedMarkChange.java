package io.millrace.broker.log;

/**
 * Makes or takes away, durably, the mark that whatever was acknowledged had been synced before (see
 * {@link PartitionFiles}); handed back to {@link PartitionLog#syncedMarkChanged}.
 */
public final class SyncedMarkChange extends LogTask {
  private final boolean stands;

  /**
   * Makes the task.
   *
   * @param stands whether the mark is there afterwards
   */
  SyncedMarkChange(Guard guard, LogDisk disk, boolean stands) {
    super(guard, disk);
    this.stands = stands;
  }

  /** Whether the mark is there now that the task was handed back. */
  boolean stands() {
    return isDone() == stands;
  }

  @Override
  void work(LogDisk files) {
    PartitionCheckpoints checkpoints = new PartitionCheckpoints(files);
    if (stands) {
      checkpoints.writeSyncedMark();
    } else {
      checkpoints.removeSyncedMark();
    }
  }
}
