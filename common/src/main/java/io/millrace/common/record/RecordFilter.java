package io.millrace.common.record;

import io.millrace.common.MillraceException;
import io.millrace.common.TimestampType;
import java.nio.ByteBuffer;

/**
 * Takes records out of batches, as compaction does. What stays keeps its offset, timestamp, key,
 * value and headers, and the batch its offsets, leader epoch, producer, sequence and codec; its
 * largest timestamp is that of what stays. Confined to one thread; keeps its buffers for the next
 * batch.
 */
public final class RecordFilter {
  private static final int RETAINED_BYTES_MAX = 4 << 20;

  private final long maxDecompressedBytes;
  private final GrowableBytes unpacked = new GrowableBytes(0);

  /** The records that stay, uncompressed; room for a header before them. */
  private final GrowableBytes kept = new GrowableBytes(RecordBatch.HEADER_BYTES);

  private final GrowableBytes compressed = new GrowableBytes(0);
  private int keptRecords;
  private boolean keepsTombstone;
  private long largestTimestamp;
  private ByteBuffer rewritten = ByteBuffer.allocate(0);

  /** What became of a batch. */
  public enum Outcome {
    /** All records stay and nothing else changes: the batch as it was is right. */
    UNCHANGED,
    /** Some records stay: {@link #rewritten}. */
    REWRITTEN,
    /** No record stays. */
    EMPTY
  }

  /** Says which records stay. */
  public interface Judge {
    /**
     * Judges a record.
     *
     * @param offset its offset
     * @param bytes what holds its key
     * @param keyStart the index of the key's first byte
     * @param keyLength -1 for a null key
     * @param tombstone whether its value is null
     * @return whether it stays
     */
    boolean keeps(long offset, byte[] bytes, int keyStart, int keyLength, boolean tombstone);
  }

  /**
   * A filter.
   *
   * @param maxDecompressedBytes the most bytes that a batch's records may unpack to
   */
  public RecordFilter(long maxDecompressedBytes) {
    this.maxDecompressedBytes = maxDecompressedBytes;
  }

  /**
   * Filters a batch, which is whole within its buffer and left as it is.
   *
   * @param newHorizonMs the delete horizon for a batch in which tombstones stay and that has none,
   *     in milliseconds since 1970 UTC
   * @throws MillraceException CORRUPT_BATCH, DECOMPRESSED_TOO_LARGE or UNSUPPORTED_BATCH_FORMAT if
   *     the batch can't be read
   */
  public Outcome apply(RecordBatch batch, Judge judge, long newHorizonMs) {
    HeapBytes records = unpack(batch);
    boolean all = select(batch, records, judge);
    if (keptRecords == 0) {
      return Outcome.EMPTY;
    }
    boolean needsHorizon = keepsTombstone && batch.deleteHorizonMs().isEmpty();
    if (all && !needsHorizon) {
      return Outcome.UNCHANGED;
    }
    if (all) {
      keep(records.array, records.from, records.length);
    }
    if (needsHorizon) {
      rebase(batch.baseTimestamp(), newHorizonMs);
    }
    finish(batch, needsHorizon ? newHorizonMs : batch.baseTimestamp(), needsHorizon);
    return Outcome.REWRITTEN;
  }

  /** The batch with what stays, from position 0 to the limit; good until the next batch. */
  public ByteBuffer rewritten() {
    return rewritten.duplicate();
  }

  private HeapBytes unpack(RecordBatch batch) {
    unpacked.clear(RETAINED_BYTES_MAX);
    kept.clear(RETAINED_BYTES_MAX);
    compressed.clear(RETAINED_BYTES_MAX);
    kept.size = RecordBatch.HEADER_BYTES;
    int position = batch.position() + RecordBatch.HEADER_BYTES;
    int bytes = batch.sizeInBytes() - RecordBatch.HEADER_BYTES;
    HeapBytes stored = HeapBytes.of(batch.buffer(), position, bytes);
    if (batch.compression() == Compression.NONE) {
      return stored;
    }
    batch
        .compression()
        .decompress(stored.array, stored.from, stored.length, unpacked, maxDecompressedBytes);
    return new HeapBytes(unpacked.array, 0, unpacked.size);
  }

  /**
   * Collects what stays, run by run.
   *
   * @return whether that is everything; then nothing was collected
   */
  private boolean select(RecordBatch batch, HeapBytes records, Judge judge) {
    keptRecords = 0;
    keepsTombstone = false;
    largestTimestamp = Long.MIN_VALUE;
    RecordCursor cursor = new RecordCursor(records);
    int count = batch.recordCount();
    int runStart = records.from;
    int lastDelta = -1;
    for (int i = 0; i < count; i++) {
      int start = cursor.position();
      cursor.next();
      requireInOrder(batch, cursor.offsetDelta, lastDelta);
      lastDelta = cursor.offsetDelta;
      boolean tombstone = cursor.valueLength < 0;
      long offset = batch.baseOffset() + cursor.offsetDelta;
      if (judge.keeps(offset, records.array, cursor.keyStart, cursor.keyLength, tombstone)) {
        keptRecords++;
        keepsTombstone |= tombstone;
        long timestamp = batch.baseTimestamp() + cursor.timestampDelta;
        largestTimestamp = Math.max(largestTimestamp, timestamp);
      } else {
        keep(records.array, runStart, start - runStart);
        runStart = cursor.position();
      }
    }
    if (cursor.hasBytes()) {
      throw BatchErrors.corrupt("records: more than " + count + " (expected: " + count + ")");
    }
    boolean all = keptRecords == count;
    if (!all) {
      keep(records.array, runStart, cursor.position() - runStart);
    }
    return all;
  }

  private static void requireInOrder(RecordBatch batch, int offsetDelta, int lastDelta) {
    if (offsetDelta <= lastDelta || offsetDelta > batch.lastOffsetDelta()) {
      throw BatchErrors.corrupt(
          "offset delta: %d (expected: [%d, %d])"
              .formatted(offsetDelta, lastDelta + 1, batch.lastOffsetDelta()));
    }
  }

  private void keep(byte[] from, int start, int length) {
    kept.reserve(length);
    System.arraycopy(from, start, kept.array, kept.size, length);
    kept.size += length;
  }

  /** Writes what stays once more, with its timestamps counted from another base. */
  private void rebase(long oldBase, long newBase) {
    unpacked.clear(RETAINED_BYTES_MAX);
    unpacked.size = 0;
    unpacked.reserve(kept.size);
    System.arraycopy(kept.array, RecordBatch.HEADER_BYTES, unpacked.array, 0, recordBytes());
    RecordCursor cursor = new RecordCursor(new HeapBytes(unpacked.array, 0, recordBytes()));
    kept.size = RecordBatch.HEADER_BYTES;
    for (int i = 0; i < keptRecords; i++) {
      cursor.next();
      long delta = oldBase + cursor.timestampDelta - newBase;
      int rest = cursor.position() - cursor.keyStart;
      int bytes =
          1
              + Varints.sizeOfLong(delta)
              + Varints.sizeOfInt(cursor.offsetDelta)
              + Varints.sizeOfInt(cursor.keyLength)
              + rest;
      kept.reserve(bytes + Varints.sizeOfInt(bytes));
      int at = Varints.putInt(kept.array, kept.size, bytes);
      kept.array[at++] = 0;
      at = Varints.putLong(kept.array, at, delta);
      at = Varints.putInt(kept.array, at, cursor.offsetDelta);
      kept.size = Varints.putInt(kept.array, at, cursor.keyLength);
      keep(unpacked.array, cursor.keyStart, rest);
    }
  }

  private int recordBytes() {
    return kept.size - RecordBatch.HEADER_BYTES;
  }

  private void finish(RecordBatch of, long baseTimestamp, boolean newHorizon) {
    GrowableBytes whole = kept;
    if (of.compression() != Compression.NONE) {
      whole = compressed;
      whole.reserve(RecordBatch.HEADER_BYTES);
      whole.size = RecordBatch.HEADER_BYTES;
      of.compression().compress(kept.array, RecordBatch.HEADER_BYTES, recordBytes(), whole);
    }
    ByteBuffer batch = ByteBuffer.wrap(whole.array, 0, whole.size).slice();
    batch.put(0, of.buffer(), of.position(), RecordBatch.HEADER_BYTES);
    batch.putInt(RecordBatch.LENGTH_AT, whole.size - RecordBatch.LENGTH_OVERHEAD_BYTES);
    int horizonBit = newHorizon ? RecordBatch.DELETE_HORIZON_BIT : 0;
    batch.putShort(RecordBatch.ATTRIBUTES_AT, (short) (of.attributes() | horizonBit));
    batch.putLong(RecordBatch.BASE_TIMESTAMP_AT, baseTimestamp);
    if (of.timestampType() == TimestampType.CREATE_TIME) {
      batch.putLong(RecordBatch.MAX_TIMESTAMP_AT, largestTimestamp);
    }
    batch.putInt(RecordBatch.RECORD_COUNT_AT, keptRecords);
    RecordBatch.stampCrc(batch, 0);
    rewritten = batch;
  }
}
