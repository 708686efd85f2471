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

  private final byte[] bytes;
  private final int end;

  /** {@code from <= position <= end}. */
  private int position;

  /** The record's end; nothing of a record is read at or behind it. */
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

  /** Where the first header starts. */
  int headersStart;

  RecordCursor(HeapBytes records) {
    this.bytes = records.array;
    this.position = records.from;
    this.end = records.from + records.length;
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
    index++;
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
    int at = position;
    if (at < limit) {
      int first = bytes[at];
      if (first >= 0) {
        position = at + 1;
        return (first >>> 1) ^ -(first & 1);
      }
    }
    return readLongInt();
  }

  private int readLongInt() {
    int raw = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      int next = nextByte();
      raw |= (next & 0x7f) << shift;
      if (next >= 0) {
        return (raw >>> 1) ^ -(raw & 1);
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
