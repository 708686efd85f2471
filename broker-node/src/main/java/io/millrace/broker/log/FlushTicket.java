package io.millrace.broker.log;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * One flush of a log: made on the shard by {@link PartitionLog#prepareFlush}, {@link #run} on the
 * flush thread, handed back to {@link PartitionLog#flushed} on the shard. Tickets of a log run in
 * the order in which they were made.
 */
public final class FlushTicket {
  private final PartitionLog.FlushGuard guard;
  private final LogDisk disk;
  private final ProducerSnapshots snapshots;
  private final Work work;

  /**
   * What there is to flush.
   *
   * @param generation the log's generation, which moves when the log is cut or closed
   * @param endOffset everything below it is durable afterwards
   * @param rolled finished segments, whose indexes and checksums are written too
   * @param active the last segment
   * @param producers producer snapshots to write
   * @param namesChanged whether files were created or renamed
   */
  record Work(
      int generation,
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

  FlushTicket(PartitionLog.FlushGuard guard, LogDisk disk, ProducerSnapshots snapshots, Work work) {
    this.guard = guard;
    this.disk = disk;
    this.snapshots = snapshots;
    this.work = work;
  }

  /** Everything below it is durable once the ticket is {@link PartitionLog#flushed}. */
  public long endOffset() {
    return work.endOffset();
  }

  Work work() {
    return work;
  }

  /**
   * Does it. Nothing happens if the log was cut or closed meanwhile.
   *
   * @throws LogDirException if the disk fails, now or before; never try again
   */
  public void run() {
    synchronized (guard) {
      if (guard.generation() != work.generation()) {
        return;
      }
      disk.requireUsable();
      for (SegmentWriter writer : work.rolled()) {
        writer.persist();
      }
      work.active().force();
      for (PendingSnapshot snapshot : work.producers()) {
        snapshots.write(snapshot.offset(), snapshot.encoded());
      }
      if (work.namesChanged()) {
        disk.forceDirectory();
      }
    }
  }
}
