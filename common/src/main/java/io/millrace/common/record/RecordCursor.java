package io.millrace.common.record;

import io.millrace.common.MillraceException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks the encoded records of one batch in an array without allocating. Confined to one thread.
 * The fields tell of the record that {@link #next} stepped over last; the format is drawn at {@link
 * RecordBatch}.
 */
final class RecordCursor {
  /** A length byte, attributes, two deltas, null key, null value, no headers. */
  static final int RECORD_BYTES_MIN = 7;

  private static final int BODY_BYTES_MIN = RECORD_BYTES_MIN - 1;
  private static final int HEADER_BYTES_MIN = 2;

  /** Length, attributes, timestamp delta, offset delta and key length, two bytes a varint. */
  private static final int PLAIN_PREFIX_BYTES = 9;

  /** Value length and header count at their shortest. */
  private static final int PLAIN_SUFFIX_BYTES = 2;

  private final byte[] bytes;
  private final int end;

  /** {@code from <= position <= end}. */
  private int position;

  /** The end of a record on the slow path; nothing of it is read at or behind it. */
  private int limit;

  /** The records that were stepped over. */
  int index;

  long timestampDelta;
  int offsetDelta;
  int keyStart;

  /** -1 for a null key. */
  int keyLength;

  int valueStart;

  /** -1 for a null value. */
  int valueLength;

  int headerCount;

  /** Where the first header starts, if there is one. */
  int headersStart;

  RecordCursor(HeapBytes records) {
    this.bytes = records.array;
    this.position = records.from;
    this.end = records.from + records.length;
  }

  /** The index after the record that was stepped over last. */
  int position() {
    return position;
  }

  /** Whether bytes are left. */
  boolean hasBytes() {
    return position < end;
  }

  /**
   * Steps over one record.
   *
   * @throws MillraceException CORRUPT_BATCH if it is not well-formed
   */
  void next() {
    if (!nextPlain()) {
      nextOfAnyKind();
    }
    index++;
  }

  /**
   * Steps over a record without headers whose varints take one or two bytes: nearly all records are
   * so, and local variables make it twice as fast. Any other record, an ill-formed one too, gives
   * false and stays for {@link #nextOfAnyKind}. A varint of more than two bytes comes out negative.
   */
  private boolean nextPlain() {
    byte[] b = bytes;
    int p = position;
    if (end - p < PLAIN_PREFIX_BYTES) {
      return false;
    }
    int rawLength = b[p++];
    rawLength = rawLength >= 0 ? rawLength : (rawLength & 0x7f) | (b[p++] << 7);
    int recordEnd = p + (rawLength >> 1);
    int rawTimestamp = b[++p];
    rawTimestamp = rawTimestamp >= 0 ? rawTimestamp : (rawTimestamp & 0x7f) | (b[++p] << 7);
    int rawOffset = b[++p];
    rawOffset = rawOffset >= 0 ? rawOffset : (rawOffset & 0x7f) | (b[++p] << 7);
    int rawKey = b[++p];
    rawKey = rawKey >= 0 ? rawKey : (rawKey & 0x7f) | (b[++p] << 7);
    int key = unzigzag(rawKey);
    int valueAt = p + 1 + Math.max(key, 0);
    if ((rawLength | rawTimestamp | rawOffset | rawKey) < 0
        || (rawLength & 1) != 0
        || key < -1
        || recordEnd > end
        || recordEnd - valueAt < PLAIN_SUFFIX_BYTES) {
      return false;
    }
    int rawValue = b[valueAt++];
    rawValue = rawValue >= 0 ? rawValue : (rawValue & 0x7f) | (b[valueAt++] << 7);
    int value = unzigzag(rawValue);
    if (rawValue < 0
        || value < -1
        || valueAt + Math.max(value, 0) != recordEnd - 1
        || b[recordEnd - 1] != 0) {
      return false;
    }
    timestampDelta = unzigzag(rawTimestamp);
    offsetDelta = unzigzag(rawOffset);
    keyStart = p + 1;
    keyLength = key;
    valueStart = valueAt;
    valueLength = value;
    headerCount = 0;
    position = recordEnd;
    return true;
  }

  private static int unzigzag(int raw) {
    return (raw >>> 1) ^ -(raw & 1);
  }

  private void nextOfAnyKind() {
    limit = end;
    int length = readInt();
    if (length < BODY_BYTES_MIN || length > end - position) {
      throw malformed("length: " + length + " (expected: [6, " + (end - position) + "])");
    }
    limit = position + length;
    position++;
    timestampDelta = readLong();
    offsetDelta = readInt();
    keyLength = readInt();
    keyStart = position;
    skip(keyLength);
    valueLength = readInt();
    valueStart = position;
    skip(valueLength);
    headerCount = readInt();
    headersStart = position;
    if (headerCount != 0) {
      skipHeaders();
    }
    if (position != limit) {
      throw malformed((limit - position) + " bytes more than its fields");
    }
  }

  private void skipHeaders() {
    if (headerCount < 0 || headerCount > (limit - position) / HEADER_BYTES_MIN) {
      throw malformed("header count: " + headerCount);
    }
    for (int i = 0; i < headerCount; i++) {
      int nameLength = readInt();
      if (nameLength < 0) {
        throw malformed("header name length: " + nameLength + " (expected: at least 0)");
      }
      skip(nameLength);
      skip(readInt());
    }
  }

  private void skip(int length) {
    if (length > limit - position || length < -1) {
      throw malformed("field length: " + length + " (expected: [-1, " + (limit - position) + "])");
    }
    position += Math.max(length, 0);
  }

  private int readInt() {
    int raw = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      int next = nextByte();
      raw |= (next & 0x7f) << shift;
      if (next >= 0) {
        return unzigzag(raw);
      }
    }
    throw malformed("a varint of more than 5 bytes");
  }

  private long readLong() {
    long raw = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      int next = nextByte();
      raw |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return (raw >>> 1) ^ -(raw & 1);
      }
    }
    throw malformed("a varlong of more than 10 bytes");
  }

  private int nextByte() {
    if (position >= limit) {
      throw malformed("a field reaches over its end");
    }
    return bytes[position++];
  }

  /** The headers of the record that was stepped over last; their values share the array. */
  List<RecordHeader> headers() {
    if (headerCount == 0) {
      return List.of();
    }
    int recordEnd = position;
    position = headersStart;
    RecordHeader[] headers = new RecordHeader[headerCount];
    for (int i = 0; i < headers.length; i++) {
      int nameLength = readInt();
      String name = new String(bytes, position, nameLength, StandardCharsets.UTF_8);
      position += nameLength;
      int length = readInt();
      headers[i] = new RecordHeader(name, field(position, length));
      position += Math.max(length, 0);
    }
    position = recordEnd;
    return List.of(headers);
  }

  /** The key of the record that was stepped over last, sharing the array. */
  @Nullable ByteBuffer key() {
    return field(keyStart, keyLength);
  }

  /** The value of the record that was stepped over last, sharing the array. */
  @Nullable ByteBuffer value() {
    return field(valueStart, valueLength);
  }

  private @Nullable ByteBuffer field(int start, int length) {
    return length < 0 ? null : ByteBuffer.wrap(bytes, start, length).slice();
  }

  private MillraceException malformed(String what) {
    return BatchErrors.corrupt("record " + index + ": " + what);
  }
}
