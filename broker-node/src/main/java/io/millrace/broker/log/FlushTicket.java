package io.millrace.broker.log;

import java.nio.ByteBuffer;
import java.util.List;

/** One flush of a log; handed back to {@link PartitionLog#flushed}. */
public final class FlushTicket extends LogTask {
  private final ProducerSnapshots snapshots;
  private final Work work;

  /**
   * What there is to flush.
   *
   * @param endOffset everything below it is durable afterwards
   * @param rolled finished segments, whose indexes and checksums are written too
   * @param active the last segment
   * @param producers producer snapshots to write
   * @param namesChanged whether files were created or renamed
   */
  record Work(
      long endOffset,
      List<SegmentWriter> rolled,
      SegmentWriter active,
      List<PendingSnapshot> producers,
      boolean namesChanged) {}

  /**
   * A producer snapshot that is not on disk yet.
   *
   * @param offset what it is named by
   * @param encoded its bytes
   */
  record PendingSnapshot(long offset, ByteBuffer encoded) {}

  FlushTicket(Guard guard, LogDisk disk, ProducerSnapshots snapshots, Work work) {
    super(guard, disk);
    this.snapshots = snapshots;
    this.work = work;
  }

  /** Everything below it is durable once the ticket is {@link PartitionLog#flushed}. */
  public long endOffset() {
    return work.endOffset();
  }

  Work flushed() {
    return work;
  }

  @Override
  void work(LogDisk files) {
    for (SegmentWriter writer : work.rolled()) {
      writer.persist();
    }
    work.active().force();
    for (PendingSnapshot snapshot : work.producers()) {
      snapshots.write(snapshot.offset(), snapshot.encoded());
    }
    if (work.namesChanged()) {
      files.forceDirectory();
    }
  }
}
