package io.millrace.broker.log;

/**
 * A segment as of one moment.
 *
 * @param segment the segment
 * @param size its bytes then
 * @param endOffset the offset after its last record then
 * @param cuts how often it had been cut then
 */
record SegmentView(Segment segment, int size, long endOffset, int cuts) {
  static SegmentView of(Segment segment, int size, long endOffset) {
    return new SegmentView(segment, size, endOffset, segment.cuts());
  }

  long baseOffset() {
    return segment.baseOffset();
  }

  /** Whether the segment is complete on disk and was not cut since. */
  boolean isWhole() {
    return segment.isSealed() && segment.cuts() == cuts;
  }

  SegmentHandle borrow() {
    SegmentHandle handle = segment.borrow(size, endOffset);
    if (segment.cuts() != cuts) {
      segment.giveBack(handle);
      throw stale();
    }
    return handle;
  }

  /**
   * To be called between reading bytes and believing them.
   *
   * @throws StaleSnapshotException if the segment was cut meanwhile
   */
  void requireUncut() {
    if (segment.cuts() != cuts) {
      throw stale();
    }
  }

  private StaleSnapshotException stale() {
    return new StaleSnapshotException("segment " + baseOffset() + " was cut or deleted");
  }

  CorruptBatchException corrupt(long position, long offset, String defect) {
    return new CorruptBatchException(segment.files().log(), position, offset, defect);
  }
}
