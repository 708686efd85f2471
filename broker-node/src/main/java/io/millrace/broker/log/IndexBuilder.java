package io.millrace.broker.log;

import io.millrace.common.record.RecordBatch;
import java.nio.ByteBuffer;

/**
 * The indexes of a segment that grows, on the heap in the form they have on disk. Confined to the
 * partition's shard; the views it hands out are safe on any thread, since what they show is never
 * changed again.
 */
final class IndexBuilder {
  private static final int INITIAL_ENTRIES = 16;

  private final long baseOffset;
  private ByteBuffer offsetBytes = ByteBuffer.allocate(INITIAL_ENTRIES * OffsetIndex.ENTRY_BYTES);
  private ByteBuffer timeBytes = ByteBuffer.allocate(INITIAL_ENTRIES * TimeIndex.ENTRY_BYTES);
  private OffsetIndex offsets;
  private TimeIndex times;
  private long bytesSinceEntry;
  private long largestTimestampMs = Long.MIN_VALUE;

  IndexBuilder(long baseOffset) {
    this.baseOffset = baseOffset;
    this.offsets = new OffsetIndex(offsetBytes, 0, baseOffset);
    this.times = new TimeIndex(timeBytes, 0, baseOffset);
  }

  /**
   * Takes up the indexes of a segment that was closed in order.
   *
   * @param offsetFile the offset index as it stands on disk
   * @param timeFile the time index as it stands on disk
   * @param size bytes of the segment
   */
  IndexBuilder(long baseOffset, ByteBuffer offsetFile, ByteBuffer timeFile, int size) {
    this.baseOffset = baseOffset;
    this.offsetBytes = offsetFile;
    this.timeBytes = timeFile;
    this.offsets =
        new OffsetIndex(offsetBytes, offsetBytes.capacity() / OffsetIndex.ENTRY_BYTES, baseOffset);
    this.times = new TimeIndex(timeBytes, timeBytes.capacity() / TimeIndex.ENTRY_BYTES, baseOffset);
    if (times.entries() > 0) {
      largestTimestampMs = times.timestampMs(times.entries() - 1);
    }
    int indexed = offsets.entries() == 0 ? 0 : offsets.position(offsets.entries() - 1);
    bytesSinceEntry = (long) size - indexed;
  }

  /**
   * Counts a batch in and indexes it if it is time to.
   *
   * @param position the byte of the file where it begins
   * @param interval bytes of batches between two entries
   */
  void add(RecordBatch batch, int position, int interval) {
    if (position > 0 && bytesSinceEntry > interval) {
      addOffset(batch.baseOffset(), position);
      addTime(batch.baseOffset());
      bytesSinceEntry = 0;
    }
    bytesSinceEntry += batch.sizeInBytes();
    largestTimestampMs = Math.max(largestTimestampMs, largestTimestampMs(batch));
  }

  /** The largest timestamp of a batch's records; one that compaction has emptied has none. */
  static long largestTimestampMs(RecordBatch batch) {
    return batch.recordCount() == 0 ? RecordBatch.NO_TIMESTAMP : batch.maxTimestamp();
  }

  /** Whether a further batch might find no room, one entry being kept for the end. */
  boolean isFull(int maxIndexBytes) {
    return offsets.entries() >= maxIndexBytes / OffsetIndex.ENTRY_BYTES
        || times.entries() >= maxIndexBytes / TimeIndex.ENTRY_BYTES - 1;
  }

  /** States the largest timestamp of all: the entry that ends the time index. */
  void finish(long endOffset) {
    if (endOffset > baseOffset) {
      addTime(endOffset);
    }
  }

  OffsetIndex offsets() {
    return offsets;
  }

  TimeIndex times() {
    return times;
  }

  /** The offset index as it stands on disk. */
  ByteBuffer offsetFile() {
    return offsetBytes.slice(0, offsets.entries() * OffsetIndex.ENTRY_BYTES);
  }

  /** The time index as it stands on disk. */
  ByteBuffer timeFile() {
    return timeBytes.slice(0, times.entries() * TimeIndex.ENTRY_BYTES);
  }

  private void addOffset(long offset, int position) {
    int at = offsets.entries() * OffsetIndex.ENTRY_BYTES;
    offsetBytes = withRoom(offsetBytes, at, OffsetIndex.ENTRY_BYTES);
    offsetBytes.putInt(at, Math.toIntExact(offset - baseOffset));
    offsetBytes.putInt(at + 4, position);
    offsets = new OffsetIndex(offsetBytes, offsets.entries() + 1, baseOffset);
  }

  /** The entry is there already if the segment was closed at this offset and taken up again. */
  private void addTime(long offset) {
    if (times.entries() > 0 && times.offset(times.entries() - 1) == offset) {
      return;
    }
    int at = times.entries() * TimeIndex.ENTRY_BYTES;
    timeBytes = withRoom(timeBytes, at, TimeIndex.ENTRY_BYTES);
    timeBytes.putLong(at, largestTimestampMs);
    timeBytes.putInt(at + 8, Math.toIntExact(offset - baseOffset));
    times = new TimeIndex(timeBytes, times.entries() + 1, baseOffset);
  }

  /** Grows by copying: whoever reads the old buffer goes on reading it. */
  private static ByteBuffer withRoom(ByteBuffer buffer, int used, int needed) {
    return used + needed <= buffer.capacity()
        ? buffer
        : ByteBuffer.allocate(used * 2 + needed).put(0, buffer, 0, used);
  }
}
