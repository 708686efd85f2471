package io.millrace.common.record;

import io.millrace.common.MillraceException;
import io.millrace.common.TimestampType;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Consumer;

/**
 * Reads the records of a batch. The bytes of a heap batch that is not compressed are shared with
 * the records; those of a direct, mapped or read-only buffer are copied first, so that the records
 * may outlive it.
 *
 * <p>Looks at lengths only, not at the CRC ({@link RecordBatch#crcValid}). All methods throw {@link
 * MillraceException}: CORRUPT_BATCH where the records are not well-formed, DECOMPRESSED_TOO_LARGE,
 * UNSUPPORTED_BATCH_FORMAT for an unknown codec.
 */
public final class RecordReader {
  private RecordReader() {}

  /** Hands each record to the action, in offset order. */
  public static void forEach(
      RecordBatch batch, long maxDecompressedBytes, Consumer<Record> action) {
    iterator(batch, maxDecompressedBytes).forEachRemaining(action);
  }

  /** All records, in offset order. */
  public static List<Record> readAll(RecordBatch batch, long maxDecompressedBytes) {
    List<Record> records = new ArrayList<>();
    forEach(batch, maxDecompressedBytes, records::add);
    return records;
  }

  /** The records in offset order; decompresses the whole batch at once, reads one at a time. */
  public static Iterator<Record> iterator(RecordBatch batch, long maxDecompressedBytes) {
    return unpack(batch, maxDecompressedBytes).records();
  }

  /**
   * The records of a batch that was decompressed.
   *
   * @param records in offset order, read one at a time
   * @param bytes what they keep in memory besides the batch itself
   */
  public record Unpacked(Iterator<Record> records, int bytes) {}

  /** Decompresses a whole batch at once. */
  public static Unpacked unpack(RecordBatch batch, long maxDecompressedBytes) {
    HeapBytes bytes = records(batch, maxDecompressedBytes);
    boolean shared = batch.buffer().hasArray() && batch.buffer().array() == bytes.array;
    return new Unpacked(new RecordIterator(batch, bytes), shared ? 0 : bytes.array.length);
  }

  private static HeapBytes records(RecordBatch batch, long maxDecompressedBytes) {
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
    GrowableBytes target = new GrowableBytes(0);
    compression.decompress(stored.array, stored.from, stored.length, target, maxDecompressedBytes);
    return new HeapBytes(target.array, 0, target.size);
  }

  /** Confined to the iterating thread. */
  private static final class RecordIterator implements Iterator<Record> {
    private final RecordCursor cursor;
    private final long baseOffset;
    private final long baseTimestamp;
    private final long maxTimestamp;
    private final boolean logAppendTime;
    private final int count;

    RecordIterator(RecordBatch batch, HeapBytes records) {
      cursor = new RecordCursor(records);
      baseOffset = batch.baseOffset();
      baseTimestamp = batch.baseTimestamp();
      maxTimestamp = batch.maxTimestamp();
      logAppendTime = batch.timestampType() == TimestampType.LOG_APPEND_TIME;
      count = batch.recordCount();
    }

    @Override
    public boolean hasNext() {
      boolean more = cursor.index < count;
      if (!more && cursor.hasBytes()) {
        throw BatchErrors.corrupt("records: more than " + count + " (expected: " + count + ")");
      }
      return more;
    }

    @Override
    public Record next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      cursor.next();
      return new Record(
          baseOffset + cursor.offsetDelta,
          logAppendTime ? maxTimestamp : baseTimestamp + cursor.timestampDelta,
          cursor.key(),
          cursor.value(),
          cursor.headers());
    }
  }
}
