package io.millrace.broker.log;

/**
 * A segment that has left its log and still has its files, under the names of files to be deleted.
 * Whoever gets it deletes it after {@code file.delete.delay.ms}; readers of older snapshots go on
 * until then. Any thread.
 */
public final class DetachedSegment {
  private final SegmentView view;

  DetachedSegment(SegmentView view) {
    this.view = view;
  }

  /** The offset of its first record. */
  public long baseOffset() {
    return view.baseOffset();
  }

  /** The bytes of its batches. */
  public long sizeInBytes() {
    return view.size();
  }

  /**
   * Deletes the files.
   *
   * @throws LogDirException if the disk fails
   */
  public void delete() {
    view.segment().delete();
  }
}
