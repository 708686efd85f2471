package io.millrace.common.record;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TimestampType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalLong;
import java.util.zip.CRC32C;

/**
 * A view of one record batch in a buffer. Immutable itself, and safe on any thread while nobody
 * writes to the buffer: it reads by absolute index and leaves position and limit alone.
 *
 * <p>The format is version 2 (magic 2) as Apache Kafka publishes it ("Record Batch" in its
 * implementation notes; KIP-98, KIP-101). All integers are big-endian:
 *
 * <pre>
 * byte
 *    0  baseOffset            int64   offset of the first record          leader writes it
 *    8  batchLength           int32   bytes after this field
 *   12  partitionLeaderEpoch  int32   epoch of the leader that appended   leader writes it
 *   16  magic                 int8    2
 *   17  crc                   uint32  CRC32C of everything from byte 21 to the end
 *   21  attributes            int16   bits 0-2   codec: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd
 *                                     bit  3     0 CreateTime, 1 LogAppendTime
 *                                     bit  4     transactional
 *                                     bit  5     control batch
 *                                     bit  6     baseTimestamp is a delete horizon (compaction)
 *                                     bits 7-15  zero
 *   23  lastOffsetDelta       int32   offset of the last record - baseOffset
 *   27  baseTimestamp         int64   ms since 1970 UTC that the records' deltas are added to
 *   35  maxTimestamp          int64   largest timestamp of the records; LogAppendTime: of them all
 *   43  producerId            int64   -1 for none
 *   51  producerEpoch         int16   -1 for none
 *   53  baseSequence          int32   sequence of the first record, -1 for none
 *   57  recordCount           int32
 *   61  records                       one after the other; compressed as one block unless codec 0
 *
 * record, varint and varlong zigzag-encoded, 7 bits a byte, least significant first:
 *       length                varint  bytes after this field
 *       attributes            int8    unused
 *       timestampDelta        varlong timestamp - baseTimestamp, may be negative
 *       offsetDelta           varint  offset - baseOffset
 *       keyLength             varint  -1 for a null key
 *       key
 *       valueLength           varint  -1 for a null value
 *       value
 *       headerCount           varint
 *       headers, each         varint keyLength, key (UTF-8), varint valueLength (-1 null), value
 * </pre>
 *
 * <p>baseOffset and partitionLeaderEpoch are outside the CRC, so that the leader sets them without
 * reading the batch.
 *
 * <p>The accessors trust the header. Of bytes that come from outside, ask {@link
 * RecordBatches#defectAt} or {@link BatchValidator} first.
 */
public final class RecordBatch {
  /** Bytes of the header: the smallest batch. */
  public static final int HEADER_BYTES = 61;

  /** Bytes of base offset and length field, which the length field does not count. */
  public static final int LENGTH_OVERHEAD_BYTES = 12;

  /** The only format version that is read and written. */
  public static final byte MAGIC = 2;

  /** The producer id of a batch whose producer is not idempotent. */
  public static final long NO_PRODUCER_ID = -1;

  /** The producer epoch of a batch whose producer is not idempotent. */
  public static final short NO_PRODUCER_EPOCH = -1;

  /** The base sequence of a batch whose producer is not idempotent. */
  public static final int NO_SEQUENCE = -1;

  /** The timestamp of a record that has none. */
  public static final long NO_TIMESTAMP = -1;

  /** The leader epoch of a batch that no leader has appended yet. */
  public static final int NO_LEADER_EPOCH = -1;

  static final int BASE_OFFSET_AT = 0;
  static final int LENGTH_AT = 8;
  static final int LEADER_EPOCH_AT = 12;
  static final int MAGIC_AT = 16;
  static final int CRC_AT = 17;
  static final int ATTRIBUTES_AT = 21;
  static final int LAST_OFFSET_DELTA_AT = 23;
  static final int BASE_TIMESTAMP_AT = 27;
  static final int MAX_TIMESTAMP_AT = 35;
  static final int PRODUCER_ID_AT = 43;
  static final int PRODUCER_EPOCH_AT = 51;
  static final int BASE_SEQUENCE_AT = 53;
  static final int RECORD_COUNT_AT = 57;

  static final int CODEC_MASK = 0x07;
  static final int LOG_APPEND_TIME_BIT = 0x08;
  static final int TRANSACTIONAL_BIT = 0x10;
  static final int CONTROL_BIT = 0x20;
  static final int DELETE_HORIZON_BIT = 0x40;
  static final int KNOWN_ATTRIBUTES_OF_CLIENTS = 0x3f;

  private final ByteBuffer buffer;
  private final int position;

  private RecordBatch(ByteBuffer buffer, int position) {
    this.buffer = buffer;
    this.position = position;
  }

  /**
   * Views the batch that starts at an absolute index of the buffer. Only the header must be there.
   *
   * @throws IndexOutOfBoundsException if the 61 header bytes are not within the buffer's limit
   */
  public static RecordBatch at(ByteBuffer buffer, int position) {
    if (position < 0 || position > buffer.limit() - HEADER_BYTES) {
      throw new IndexOutOfBoundsException(
          "position: " + position + " (expected: [0, " + (buffer.limit() - HEADER_BYTES) + "])");
    }
    return new RecordBatch(bigEndian(buffer), position);
  }

  /** The offset of the first record (or, after compaction, where it was). */
  public long baseOffset() {
    return buffer.getLong(position + BASE_OFFSET_AT);
  }

  /** The offset of the last record. */
  public long lastOffset() {
    return baseOffset() + lastOffsetDelta();
  }

  /** The offset after the last record: where the next batch starts. */
  public long nextOffset() {
    return lastOffset() + 1;
  }

  /** The bytes of the whole batch, header included. */
  public int sizeInBytes() {
    return LENGTH_OVERHEAD_BYTES + buffer.getInt(position + LENGTH_AT);
  }

  /** The absolute index of the batch in its buffer. */
  public int position() {
    return position;
  }

  public int leaderEpoch() {
    return buffer.getInt(position + LEADER_EPOCH_AT);
  }

  public byte magic() {
    return buffer.get(position + MAGIC_AT);
  }

  /** The stored CRC32C, from 0 to 2^32 - 1. */
  public long crc() {
    return Integer.toUnsignedLong(buffer.getInt(position + CRC_AT));
  }

  /**
   * How the records are compressed.
   *
   * @throws MillraceException UNSUPPORTED_BATCH_FORMAT if the codec is unknown
   */
  public Compression compression() {
    int id = attributes() & CODEC_MASK;
    return Compression.fromId(id)
        .orElseThrow(
            () ->
                new MillraceException(
                    ErrorCode.UNSUPPORTED_BATCH_FORMAT, "codec: " + id + " (expected: [0, 4])"));
  }

  public TimestampType timestampType() {
    return (attributes() & LOG_APPEND_TIME_BIT) == 0
        ? TimestampType.CREATE_TIME
        : TimestampType.LOG_APPEND_TIME;
  }

  public boolean isTransactional() {
    return (attributes() & TRANSACTIONAL_BIT) != 0;
  }

  public boolean isControl() {
    return (attributes() & CONTROL_BIT) != 0;
  }

  /**
   * When the batch's tombstones may be removed, in milliseconds since 1970 UTC: noted by the first
   * compaction that kept them (KIP-534).
   */
  public OptionalLong deleteHorizonMs() {
    return (attributes() & DELETE_HORIZON_BIT) != 0
        ? OptionalLong.of(baseTimestamp())
        : OptionalLong.empty();
  }

  /**
   * Whether it stands for offsets whose records were removed by compaction, and for nothing else:
   * it is empty and remembers no producer. See {@link EmptyBatches}.
   */
  public boolean isGap() {
    return recordCount() == 0 && !hasProducerId() && !isControl();
  }

  /** What the records' timestamp deltas are added to, in milliseconds since 1970 UTC. */
  public long baseTimestamp() {
    return buffer.getLong(position + BASE_TIMESTAMP_AT);
  }

  /** The largest timestamp of the records, in milliseconds since 1970 UTC; -1 for none. */
  public long maxTimestamp() {
    return buffer.getLong(position + MAX_TIMESTAMP_AT);
  }

  public long producerId() {
    return buffer.getLong(position + PRODUCER_ID_AT);
  }

  public short producerEpoch() {
    return buffer.getShort(position + PRODUCER_EPOCH_AT);
  }

  public int baseSequence() {
    return buffer.getInt(position + BASE_SEQUENCE_AT);
  }

  /** The sequence of the last record, -1 for none. 2^31 - 1 is followed by 0. */
  public int lastSequence() {
    int base = baseSequence();
    return base == NO_SEQUENCE ? NO_SEQUENCE : (base + lastOffsetDelta()) & Integer.MAX_VALUE;
  }

  /** Records in the batch: fewer than {@code lastOffsetDelta + 1} after compaction. */
  public int recordCount() {
    return buffer.getInt(position + RECORD_COUNT_AT);
  }

  public int lastOffsetDelta() {
    return buffer.getInt(position + LAST_OFFSET_DELTA_AT);
  }

  /** Whether the producer is idempotent. */
  public boolean hasProducerId() {
    return producerId() != NO_PRODUCER_ID;
  }

  /** Whether the stored CRC is that of the bytes. The whole batch must be within the buffer. */
  public boolean crcValid() {
    return buffer.getInt(position + CRC_AT) == computeCrc(buffer, position);
  }

  /** The bytes of the batch, shared with the buffer. The whole batch must be within it. */
  public ByteBuffer slice() {
    return buffer.slice(position, sizeInBytes());
  }

  /** Sets what is outside the CRC: where the leader puts the batch, and in which epoch. */
  public static void stamp(ByteBuffer buffer, int position, long baseOffset, int leaderEpoch) {
    ByteBuffer target = bigEndian(buffer);
    target.putLong(position + BASE_OFFSET_AT, baseOffset);
    target.putInt(position + LEADER_EPOCH_AT, leaderEpoch);
  }

  /**
   * Makes it a LogAppendTime batch: every record then has this timestamp. Writes a new CRC, so the
   * producer's must have been checked before.
   */
  public static void stampLogAppendTime(ByteBuffer buffer, int position, long timestampMs) {
    ByteBuffer target = bigEndian(buffer);
    int attributes = target.getShort(position + ATTRIBUTES_AT) | LOG_APPEND_TIME_BIT;
    target.putShort(position + ATTRIBUTES_AT, (short) attributes);
    target.putLong(position + MAX_TIMESTAMP_AT, timestampMs);
    stampCrc(target, position);
  }

  /** Gives a finished batch (another) producer identity and sequence, and a new CRC. */
  public static void stampProducer(
      ByteBuffer buffer, int position, long producerId, short producerEpoch, int baseSequence) {
    ByteBuffer target = bigEndian(buffer);
    target.putLong(position + PRODUCER_ID_AT, producerId);
    target.putShort(position + PRODUCER_EPOCH_AT, producerEpoch);
    target.putInt(position + BASE_SEQUENCE_AT, baseSequence);
    stampCrc(target, position);
  }

  static void stampCrc(ByteBuffer bigEndian, int position) {
    bigEndian.putInt(position + CRC_AT, computeCrc(bigEndian, position));
  }

  int attributes() {
    return buffer.getShort(position + ATTRIBUTES_AT);
  }

  /** The buffer, to be read by absolute index only. */
  ByteBuffer buffer() {
    return buffer;
  }

  private static int computeCrc(ByteBuffer bigEndian, int position) {
    int length = LENGTH_OVERHEAD_BYTES + bigEndian.getInt(position + LENGTH_AT) - ATTRIBUTES_AT;
    CRC32C crc = new CRC32C();
    crc.update(bigEndian.slice(position + ATTRIBUTES_AT, length));
    return (int) crc.getValue();
  }

  private static ByteBuffer bigEndian(ByteBuffer buffer) {
    return buffer.order() == ByteOrder.BIG_ENDIAN
        ? buffer
        : buffer.duplicate().order(ByteOrder.BIG_ENDIAN);
  }

  @Override
  public String toString() {
    return "RecordBatch[offsets "
        + baseOffset()
        + "-"
        + lastOffset()
        + ", epoch "
        + leaderEpoch()
        + ", "
        + recordCount()
        + " records, "
        + sizeInBytes()
        + " bytes, producer "
        + producerId()
        + "/"
        + producerEpoch()
        + " from "
        + baseSequence()
        + "]";
  }
}
