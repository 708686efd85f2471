package io.millrace.bench;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The measure for the codec: one method that writes the bytes of a batch and one that walks them,
 * for records with a value and nothing else. They check nothing that the CRC and the walk do not,
 * and allocate nothing. Confined to one thread.
 */
final class HandLoop {
  private static final int HEADER_BYTES = 61;
  private static final int CRC_AT = 17;
  private static final int CRC_FROM = 21;
  private static final int MAGIC = 2;

  private final CRC32C crc = new CRC32C();
  private final byte[] bytes;
  private final ByteBuffer view;
  private int at;

  HandLoop(int capacity) {
    bytes = new byte[capacity];
    view = ByteBuffer.wrap(bytes);
  }

  /** Encodes values with rising timestamps, as {@code RecordBatchBuilder} does. */
  ByteBuffer encode(List<ByteBuffer> values, long timestampMs) {
    at = HEADER_BYTES;
    int count = values.size();
    for (int i = 0; i < count; i++) {
      record(values.get(i).array(), i);
    }
    view.putLong(0, 0).putInt(8, at - 12).putInt(12, -1).put(16, (byte) MAGIC);
    view.putShort(21, (short) 0).putInt(23, count - 1);
    view.putLong(27, timestampMs).putLong(35, timestampMs + count - 1);
    view.putLong(43, -1).putShort(51, (short) -1).putInt(53, -1).putInt(57, count);
    crc.reset();
    crc.update(bytes, CRC_FROM, at - CRC_FROM);
    view.putInt(CRC_AT, (int) crc.getValue());
    return view.limit(at).position(0);
  }

  private void record(byte[] value, int delta) {
    int zigzag = delta << 1;
    int body = 1 + 2 * size(zigzag) + 1 + size(value.length << 1) + value.length + 1;
    write(body << 1);
    bytes[at++] = 0;
    write(zigzag);
    write(zigzag);
    bytes[at++] = 1;
    write(value.length << 1);
    System.arraycopy(value, 0, bytes, at, value.length);
    at += value.length;
    bytes[at++] = 0;
  }

  private static int size(int unsigned) {
    return unsigned < 1 << 7 ? 1 : unsigned < 1 << 14 ? 2 : unsigned < 1 << 21 ? 3 : 5;
  }

  private void write(int unsigned) {
    int rest = unsigned;
    while (rest >= 0x80) {
      bytes[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[at++] = (byte) rest;
  }

  /** Checks the CRC and walks the records: true if all are whole and numbered in order. */
  boolean validate(ByteBuffer batch) {
    byte[] in = batch.array();
    int start = batch.arrayOffset() + batch.position();
    int end = batch.arrayOffset() + batch.limit();
    crc.reset();
    crc.update(in, start + CRC_FROM, end - start - CRC_FROM);
    if ((int) crc.getValue() != batch.getInt(batch.position() + CRC_AT)) {
      return false;
    }
    at = start + HEADER_BYTES;
    int count = 0;
    while (at < end) {
      int body = read(in);
      int next = at + body;
      at++;
      read(in);
      int delta = read(in);
      int keyBytes = read(in);
      at += Math.max(0, keyBytes);
      int valueBytes = read(in);
      at += Math.max(0, valueBytes);
      if (delta != count++ || read(in) != 0 || at != next) {
        return false;
      }
    }
    return at == end;
  }

  private int read(byte[] in) {
    int raw = 0;
    for (int shift = 0; ; shift += 7) {
      int next = in[at++];
      raw |= (next & 0x7F) << shift;
      if (next >= 0) {
        return raw >>> 1 ^ -(raw & 1);
      }
    }
  }
}
