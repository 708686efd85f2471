package io.millrace.common.record;

import io.millrace.common.MillraceException;
import io.millrace.common.TimestampType;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Steps through the records of one batch after the other without an object for each: for readers
 * that copy out what they keep. Confined to one thread.
 *
 * <p>Looks at lengths and offsets only, not at the CRC ({@link RecordBatch#crcValid}). The memory
 * for unpacking is used again for the next batch, if it is not large.
 */
public final class RecordWalk {
  private static final int RETAINED_BYTES_MAX = 1 << 20;
  private static final HeapBytes NOTHING = new HeapBytes(new byte[0], 0, 0);

  private final GrowableBytes unpacked = new GrowableBytes(0);
  private HeapBytes records = NOTHING;
  private RecordCursor cursor = new RecordCursor(NOTHING);
  private int count;
  private long baseOffset;
  private int lastOffsetDelta;
  private long baseTimestamp;
  private long maxTimestamp;
  private boolean logAppendTime;

  /** The offset delta of the record that was stepped over last; only ever larger in a batch. */
  private int offsetDelta;

  /** A walk over nothing. */
  public RecordWalk() {}

  /**
   * Goes on with another batch, before its first record.
   *
   * @param batch whole within its buffer, which must not change during the walk
   * @param maxDecompressedBytes the most bytes that its records may unpack to
   * @throws MillraceException CORRUPT_BATCH, DECOMPRESSED_TOO_LARGE or UNSUPPORTED_BATCH_FORMAT;
   *     the walk is over nothing then
   */
  public void begin(RecordBatch batch, long maxDecompressedBytes) {
    end();
    records = bytesOf(batch, maxDecompressedBytes);
    cursor = new RecordCursor(records);
    baseOffset = batch.baseOffset();
    lastOffsetDelta = batch.lastOffsetDelta();
    baseTimestamp = batch.baseTimestamp();
    maxTimestamp = batch.maxTimestamp();
    logAppendTime = batch.timestampType() == TimestampType.LOG_APPEND_TIME;
    offsetDelta = -1;
    count = batch.recordCount();
  }

  /** Forgets the batch. */
  public void end() {
    records = NOTHING;
    cursor = new RecordCursor(NOTHING);
    count = 0;
    unpacked.clear(RETAINED_BYTES_MAX);
  }

  private HeapBytes bytesOf(RecordBatch batch, long maxDecompressedBytes) {
    int bytes = batch.sizeInBytes() - RecordBatch.HEADER_BYTES;
    int position = batch.position() + RecordBatch.HEADER_BYTES;
    if (bytes < 0 || bytes > batch.buffer().limit() - position) {
      throw BatchErrors.corrupt(
          "bytes: " + batch.buffer().limit() + " (expected: a whole batch of " + bytes + ")");
    }
    Compression compression = batch.compression();
    HeapBytes stored = HeapBytes.of(batch.buffer(), position, bytes);
    if (compression == Compression.NONE) {
      return stored;
    }
    compression.decompress(
        stored.array, stored.from, stored.length, unpacked, maxDecompressedBytes);
    return new HeapBytes(unpacked.array, 0, unpacked.size);
  }

  /**
   * Steps over the next record; false behind the last one.
   *
   * @throws MillraceException CORRUPT_BATCH where the records are not well-formed, not as many as
   *     the batch says, or not in the order of their offsets
   */
  public boolean next() {
    if (cursor.index >= count) {
      if (cursor.hasBytes()) {
        throw BatchErrors.corrupt("records: more than " + count + " (expected: " + count + ")");
      }
      return false;
    }
    cursor.next();
    if (cursor.offsetDelta <= offsetDelta || cursor.offsetDelta > lastOffsetDelta) {
      throw BatchErrors.corrupt(
          "offset delta: "
              + cursor.offsetDelta
              + " (expected: ["
              + (offsetDelta + 1)
              + ", "
              + lastOffsetDelta
              + "])");
    }
    offsetDelta = cursor.offsetDelta;
    return true;
  }

  /** The offset of the record that was stepped over last. */
  public long offset() {
    return baseOffset + offsetDelta;
  }

  /** Its timestamp, in milliseconds since 1970 UTC; -1 when the producer gave none. */
  public long timestamp() {
    return logAppendTime ? maxTimestamp : baseTimestamp + cursor.timestampDelta;
  }

  /** Whether it has a key. */
  public boolean hasKey() {
    return cursor.keyLength >= 0;
  }

  /**
   * Adds its key to a digest, without a copy.
   *
   * @throws IllegalStateException if it has none
   */
  public void digestKey(MessageDigest digest) {
    if (!hasKey()) {
      throw new IllegalStateException("key: null (expected: a key)");
    }
    digest.update(records.array, cursor.keyStart, cursor.keyLength);
  }

  /** A copy of its key, or null. */
  public byte @Nullable [] key() {
    return copy(cursor.keyStart, cursor.keyLength);
  }

  /** A copy of its value, or null. */
  public byte @Nullable [] value() {
    return copy(cursor.valueStart, cursor.valueLength);
  }

  /** Its headers; their values lie in memory that is good until the next batch begins. */
  public List<RecordHeader> headers() {
    return cursor.headers();
  }

  private byte @Nullable [] copy(int start, int length) {
    return length < 0 ? null : Arrays.copyOfRange(records.array, start, start + length);
  }
}
