package io.millrace.broker.log;

import java.util.List;

/**
 * Moves a log's start and takes the segments below it away; handed back to {@link
 * PartitionLog#logStartMoved}. The new start is durable before the first segment loses its name,
 * and the names are before anybody may delete a file: whatever a crash leaves is a log without a
 * hole.
 */
public final class LogStartMove extends LogTask {
  private final long logStartOffset;
  private final boolean startMoves;
  private final List<SegmentView> leaving;

  /**
   * Makes the task.
   *
   * @param logStartOffset the smallest offset that can be read afterwards
   * @param startMoves whether that is more than what is durable already
   * @param leaving segments that end at or below it, from the oldest on
   */
  LogStartMove(
      Guard guard,
      LogDisk disk,
      long logStartOffset,
      boolean startMoves,
      List<SegmentView> leaving) {
    super(guard, disk);
    this.logStartOffset = logStartOffset;
    this.startMoves = startMoves;
    this.leaving = List.copyOf(leaving);
  }

  long logStartOffset() {
    return logStartOffset;
  }

  List<SegmentView> leaving() {
    return leaving;
  }

  @Override
  void work(LogDisk files) {
    if (startMoves) {
      new PartitionCheckpoints(files).writeLogStart(logStartOffset);
    }
    if (!leaving.isEmpty()) {
      leaving.forEach(view -> view.segment().detach());
      files.forceDirectory();
    }
  }
}
