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
  private static final int LENGTH_BYTES_MAX = 5;

  /** Length, two deltas, two field lengths and a header count at their longest; attributes. */
  private static final int RECORD_OVERHEAD_BYTES_MAX = 5 + 1 + 10 + 5 + 5 + 5 + 5;

  private final Compression compression;

  /** The batch before compression: room for the header, then the records. */
  private final GrowableBytes plain;

  /** Count and headers of the record that is appended; empty if there are none. */
  private final GrowableBytes encodedHeaders = new GrowableBytes(0);

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
    int keyBytes = key == null ? -1 : key.remaining();
    int valueBytes = value == null ? -1 : value.remaining();
    int at = begin(timestamp, keyBytes, valueBytes, headers);
    at = putField(plain.array, at, key, keyBytes);
    at = putField(plain.array, at, value, valueBytes);
    return end(at, timestamp);
  }

  /** The same for arrays that are a record's as a whole. */
  public RecordBatchBuilder appendArrays(
      long timestamp, byte @Nullable [] key, byte @Nullable [] value, List<RecordHeader> headers) {
    int at = begin(timestamp, length(key), length(value), headers);
    at = putField(plain.array, at, key);
    at = putField(plain.array, at, value);
    return end(at, timestamp);
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
    return recordBytesMax(
        key == null ? 0 : key.remaining(), value == null ? 0 : value.remaining(), headers);
  }

  /** The most bytes that a record takes before compression, its key and value being so long. */
  public static long recordBytesMax(int keyBytes, int valueBytes, List<RecordHeader> headers) {
    long bytes = (long) RECORD_OVERHEAD_BYTES_MAX + keyBytes + valueBytes;
    for (RecordHeader header : headers) {
      ByteBuffer headerValue = header.value();
      bytes +=
          10 + 3L * header.key().length() + (headerValue == null ? 0 : headerValue.remaining());
    }
    return bytes;
  }

  /** The memory that this builder holds, in bytes. */
  public long capacityBytes() {
    return (long) plain.array.length + compressed.array.length + encodedHeaders.array.length;
  }

  /**
   * Finishes the batch, with base offset 0 and no leader epoch.
   *
   * @return the batch from position 0 to the limit, in this builder's memory
   * @throws IllegalStateException if there is no record
   */
  public ByteBuffer build() {
    ByteBuffer batch = buildUnstamped();
    RecordBatch.stampCrc(batch, 0);
    return batch;
  }

  /**
   * The same without a CRC, for a batch that {@link RecordBatch#stampProducer} finishes, once its
   * sequence is known: that works out the CRC anyway.
   */
  public ByteBuffer buildUnstamped() {
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
  }

  /** Writes a record up to its key; returns where the key's length goes. */
  private int begin(long timestamp, int keyBytes, int valueBytes, List<RecordHeader> headers) {
    if (built) {
      throw new IllegalStateException("the batch is built (expected: reset() before append)");
    }
    if (timestamp < RecordBatch.NO_TIMESTAMP) {
      throw new IllegalArgumentException("timestamp: " + timestamp + " (expected: at least -1)");
    }
    long timestampDelta = recordCount == 0 ? 0 : timestamp - baseTimestamp;
    encodeHeaders(headers);
    long bodyBytes =
        1L
            + Varints.sizeOfLong(timestampDelta)
            + Varints.sizeOfInt(recordCount)
            + Varints.sizeOfInt(keyBytes)
            + Math.max(keyBytes, 0)
            + Varints.sizeOfInt(valueBytes)
            + Math.max(valueBytes, 0)
            + Math.max(encodedHeaders.size, 1);
    byte[] target = reserve(bodyBytes);
    int at = Varints.putInt(target, plain.size, (int) bodyBytes);
    target[at++] = 0;
    at = Varints.putLong(target, at, timestampDelta);
    return Varints.putInt(target, at, recordCount);
  }

  /** Writes a record's headers and counts it. */
  private RecordBatchBuilder end(int at, long timestamp) {
    plain.size = putHeaders(plain.array, at);
    maxTimestamp = recordCount == 0 ? timestamp : Math.max(maxTimestamp, timestamp);
    baseTimestamp = recordCount == 0 ? timestamp : baseTimestamp;
    recordCount++;
    return this;
  }

  private byte[] reserve(long bodyBytes) {
    long room = (long) GrowableBytes.CAPACITY_MAX - plain.size - LENGTH_BYTES_MAX;
    if (bodyBytes > room) {
      throw new IllegalArgumentException(
          "record: " + bodyBytes + " bytes (expected: at most " + room + ")");
    }
    plain.reserve((int) bodyBytes + LENGTH_BYTES_MAX);
    return plain.array;
  }

  private int putHeaders(byte[] target, int at) {
    int bytes = encodedHeaders.size;
    if (bytes == 0) {
      target[at] = 0;
      return at + 1;
    }
    System.arraycopy(encodedHeaders.array, 0, target, at, bytes);
    return at + bytes;
  }

  private void encodeHeaders(List<RecordHeader> headers) {
    GrowableBytes out = encodedHeaders;
    out.size = 0;
    if (headers.isEmpty()) {
      return;
    }
    out.reserve(LENGTH_BYTES_MAX);
    out.size = Varints.putInt(out.array, 0, headers.size());
    for (RecordHeader header : headers) {
      encodeHeaderField(ByteBuffer.wrap(header.key().getBytes(StandardCharsets.UTF_8)));
      encodeHeaderField(header.value());
    }
  }

  private void encodeHeaderField(@Nullable ByteBuffer field) {
    GrowableBytes out = encodedHeaders;
    int bytes = field == null ? -1 : field.remaining();
    out.reserve(Math.addExact(Math.max(bytes, 0), LENGTH_BYTES_MAX));
    out.size = putField(out.array, out.size, field, bytes);
  }

  private static int length(byte @Nullable [] field) {
    return field == null ? -1 : field.length;
  }

  private static int putField(byte[] target, int at, byte @Nullable [] field) {
    int start = Varints.putInt(target, at, length(field));
    if (field == null) {
      return start;
    }
    System.arraycopy(field, 0, target, start, field.length);
    return start + field.length;
  }

  private static int putField(byte[] target, int at, @Nullable ByteBuffer field, int bytes) {
    int start = Varints.putInt(target, at, bytes);
    if (field == null) {
      return start;
    }
    if (field.hasArray()) {
      int from = field.arrayOffset() + field.position();
      System.arraycopy(field.array(), from, target, start, bytes);
    } else {
      field.get(field.position(), target, start, bytes);
    }
    return start + bytes;
  }
}
