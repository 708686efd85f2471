package io.millrace.broker.replica;

/**
 * What the checkpoints of a log directory say of a partition. Thread-safe.
 *
 * @param recoveryPoint up to where its log is surely on disk
 * @param highWatermark its high watermark
 */
record NotedOffsets(NotedOffset recoveryPoint, NotedOffset highWatermark) {
  static NotedOffsets of(long recoveryPoint, long highWatermark) {
    return new NotedOffsets(new NotedOffset(recoveryPoint), new NotedOffset(highWatermark));
  }

  /** Nothing above the offset is to be noted; whether nothing is. */
  boolean lower(long offset) {
    boolean lowRecoveryPoint = recoveryPoint.lower(offset);
    return highWatermark.lower(offset) && lowRecoveryPoint;
  }

  /** The log was cut. */
  void lift() {
    recoveryPoint.lift();
    highWatermark.lift();
  }
}
