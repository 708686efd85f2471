package io.millrace.common.record;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes one batch: records are encoded straight into the batch's buffer as they come. Confined to
 * one thread at a time.
 *
 * <p>A builder keeps its buffers: {@link #reset} starts the next batch in them, so what {@link
 * #build} returned is good until then. Whoever wants to keep batches drops the builder instead.
 */
public final class RecordBatchBuilder {
  private static final int INITIAL_BYTES = 512;
  private static final byte[][] NO_NAMES = {};

  /** Length, two deltas, two field lengths and a header count at their longest; attributes. */
  private static final int RECORD_OVERHEAD_BYTES_MAX = 5 + 1 + 10 + 5 + 5 + 5 + 5;

  private final Compression compression;

  /** The batch before compression: room for the header, then the records. */
  private final GrowableBytes plain;

  /** The batch after compression; unused with {@link Compression#NONE}. */
  private final GrowableBytes compressed;

  private long producerId;
  private short producerEpoch;
  private int baseSequence;
  private int recordCount;
  private long baseTimestamp;
  private long maxTimestamp;
  private boolean built;

  public RecordBatchBuilder(Compression compression) {
    this(compression, INITIAL_BYTES);
  }

  /**
   * Makes a builder with room.
   *
   * @param initialBytes the bytes before compression that fit without growing, header included
   */
  public RecordBatchBuilder(Compression compression, int initialBytes) {
    this.compression = compression;
    this.plain = new GrowableBytes(Math.max(initialBytes, RecordBatch.HEADER_BYTES));
    this.compressed = new GrowableBytes(0);
    reset();
  }

  /** Starts the next batch, without producer, in the same buffers. */
  public void reset() {
    plain.size = RecordBatch.HEADER_BYTES;
    producerId = RecordBatch.NO_PRODUCER_ID;
    producerEpoch = RecordBatch.NO_PRODUCER_EPOCH;
    baseSequence = RecordBatch.NO_SEQUENCE;
    recordCount = 0;
    built = false;
  }

  /** Makes it the batch of an idempotent producer. May be called any time before {@link #build}. */
  public RecordBatchBuilder producer(long producerId, short producerEpoch, int baseSequence) {
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
    this.baseSequence = baseSequence;
    return this;
  }

  /**
   * Appends a record. Buffers are read from position to limit and left as they are.
   *
   * @param timestamp milliseconds since 1970 UTC, or -1 for none
   * @throws IllegalArgumentException at a smaller timestamp, or if the batch would be over 2 GB
   */
  public RecordBatchBuilder append(
      long timestamp,
      @Nullable ByteBuffer key,
      @Nullable ByteBuffer value,
      List<RecordHeader> headers) {
    if (built) {
      throw new IllegalStateException("the batch is built (expected: reset() before append)");
    }
    if (timestamp < RecordBatch.NO_TIMESTAMP) {
      throw new IllegalArgumentException("timestamp: " + timestamp + " (expected: at least -1)");
    }
    long base = recordCount == 0 ? timestamp : baseTimestamp;
    byte[][] names = headers.isEmpty() ? NO_NAMES : encodeNames(headers);
    writeRecord(timestamp - base, key, value, headers, names);
    maxTimestamp = recordCount == 0 ? timestamp : Math.max(maxTimestamp, timestamp);
    baseTimestamp = base;
    recordCount++;
    return this;
  }

  /** The records appended so far. */
  public int recordCount() {
    return recordCount;
  }

  /** The bytes of the batch so far, before compression. */
  public int estimatedBytes() {
    return plain.size;
  }

  /** The most bytes that a record takes before compression. */
  public static long recordBytesMax(
      @Nullable ByteBuffer key, @Nullable ByteBuffer value, List<RecordHeader> headers) {
    long bytes = RECORD_OVERHEAD_BYTES_MAX;
    bytes += key == null ? 0 : key.remaining();
    bytes += value == null ? 0 : value.remaining();
    for (RecordHeader header : headers) {
      ByteBuffer headerValue = header.value();
      bytes +=
          10 + 3L * header.key().length() + (headerValue == null ? 0 : headerValue.remaining());
    }
    return bytes;
  }

  /**
   * Finishes the batch, with base offset 0 and no leader epoch.
   *
   * @return the batch from position 0 to the limit, in this builder's memory
   * @throws IllegalStateException if there is no record
   */
  public ByteBuffer build() {
    if (recordCount == 0) {
      throw new IllegalStateException("records: 0 (expected: at least 1)");
    }
    GrowableBytes whole = plain;
    if (compression != Compression.NONE) {
      whole = compressed;
      whole.size = 0;
      whole.reserve(RecordBatch.HEADER_BYTES);
      whole.size = RecordBatch.HEADER_BYTES;
      int recordBytes = plain.size - RecordBatch.HEADER_BYTES;
      compression.compress(plain.array, RecordBatch.HEADER_BYTES, recordBytes, whole);
    }
    built = true;
    ByteBuffer batch = ByteBuffer.wrap(whole.array, 0, whole.size).slice();
    writeHeader(batch);
    return batch;
  }

  private void writeHeader(ByteBuffer batch) {
    int length = batch.limit() - RecordBatch.LENGTH_OVERHEAD_BYTES;
    batch.putLong(RecordBatch.BASE_OFFSET_AT, 0);
    batch.putInt(RecordBatch.LENGTH_AT, length);
    batch.putInt(RecordBatch.LEADER_EPOCH_AT, RecordBatch.NO_LEADER_EPOCH);
    batch.put(RecordBatch.MAGIC_AT, RecordBatch.MAGIC);
    batch.putShort(RecordBatch.ATTRIBUTES_AT, (short) compression.id());
    batch.putInt(RecordBatch.LAST_OFFSET_DELTA_AT, recordCount - 1);
    batch.putLong(RecordBatch.BASE_TIMESTAMP_AT, baseTimestamp);
    batch.putLong(RecordBatch.MAX_TIMESTAMP_AT, maxTimestamp);
    batch.putLong(RecordBatch.PRODUCER_ID_AT, producerId);
    batch.putShort(RecordBatch.PRODUCER_EPOCH_AT, producerEpoch);
    batch.putInt(RecordBatch.BASE_SEQUENCE_AT, baseSequence);
    batch.putInt(RecordBatch.RECORD_COUNT_AT, recordCount);
    RecordBatch.stampCrc(batch, 0);
  }

  private void writeRecord(
      long timestampDelta,
      @Nullable ByteBuffer key,
      @Nullable ByteBuffer value,
      List<RecordHeader> headers,
      byte[][] names) {
    long bodyBytes =
        1L
            + Varints.sizeOfLong(timestampDelta)
            + Varints.sizeOfInt(recordCount)
            + sizeOfField(key)
            + sizeOfField(value)
            + sizeOfHeaders(headers, names);
    int length = checkedLength(bodyBytes);
    plain.reserve(length + Varints.sizeOfInt(length));
    byte[] target = plain.array;
    int at = Varints.putInt(target, plain.size, length);
    target[at++] = 0;
    at = Varints.putLong(target, at, timestampDelta);
    at = Varints.putInt(target, at, recordCount);
    at = putField(target, at, key);
    at = putField(target, at, value);
    at = Varints.putInt(target, at, names.length);
    for (int i = 0; i < names.length; i++) {
      at = Varints.putInt(target, at, names[i].length);
      System.arraycopy(names[i], 0, target, at, names[i].length);
      at = putField(target, at + names[i].length, headers.get(i).value());
    }
    plain.size = at;
  }

  private int checkedLength(long bodyBytes) {
    long room = (long) GrowableBytes.CAPACITY_MAX - plain.size - 5;
    if (bodyBytes > room) {
      throw new IllegalArgumentException(
          "record: " + bodyBytes + " bytes (expected: at most " + room + ")");
    }
    return (int) bodyBytes;
  }

  private static byte[][] encodeNames(List<RecordHeader> headers) {
    byte[][] names = new byte[headers.size()][];
    for (int i = 0; i < names.length; i++) {
      names[i] = headers.get(i).key().getBytes(StandardCharsets.UTF_8);
    }
    return names;
  }

  private static long sizeOfHeaders(List<RecordHeader> headers, byte[][] names) {
    long bytes = Varints.sizeOfInt(names.length);
    for (int i = 0; i < names.length; i++) {
      bytes += Varints.sizeOfInt(names[i].length) + names[i].length;
      bytes += sizeOfField(headers.get(i).value());
    }
    return bytes;
  }

  private static long sizeOfField(@Nullable ByteBuffer field) {
    return field == null ? 1 : (long) Varints.sizeOfInt(field.remaining()) + field.remaining();
  }

  private static int putField(byte[] target, int at, @Nullable ByteBuffer field) {
    if (field == null) {
      return Varints.putInt(target, at, -1);
    }
    int length = field.remaining();
    int start = Varints.putInt(target, at, length);
    if (field.hasArray()) {
      int from = field.arrayOffset() + field.position();
      System.arraycopy(field.array(), from, target, start, length);
    } else {
      field.get(field.position(), target, start, length);
    }
    return start + length;
  }
}
