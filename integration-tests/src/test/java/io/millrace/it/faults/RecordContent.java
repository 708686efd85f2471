package io.millrace.it.faults;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What a record of a recorded load holds: which producer sent it, its number, and a filling that
 * both determine, so that a changed byte is seen. As one number: the producer in the upper bits,
 * the record's number in the lower {@value #NUMBER_BITS}; below 0 what no producer can have sent.
 */
final class RecordContent {
  private static final int NUMBER_BITS = 40;

  private RecordContent() {}

  static long of(int producer, long number) {
    return ((long) producer << NUMBER_BITS) | number;
  }

  static int producer(long content) {
    return (int) (content >> NUMBER_BITS);
  }

  static long number(long content) {
    return content & ((1L << NUMBER_BITS) - 1);
  }

  /** For people. */
  static String text(long content) {
    return content < 0
        ? "something strange (" + Long.toHexString(content) + ")"
        : "record " + number(content) + " of producer " + producer(content);
  }

  /**
   * As bytes.
   *
   * @param bytes how many, at least 8
   */
  static byte[] bytes(long content, int bytes) {
    ByteBuffer value = ByteBuffer.allocate(bytes).putLong(content);
    long filling = content;
    while (value.hasRemaining()) {
      filling = filling * 6364136223846793005L + 1442695040888963407L;
      value.put((byte) (filling >>> 56));
    }
    return value.array();
  }

  /** Of what was read; below 0 if it is not what {@link #bytes} made. */
  static long read(byte @Nullable [] value) {
    byte[] bytes = value == null ? "nothing".getBytes(StandardCharsets.UTF_8) : value;
    if (bytes.length >= Long.BYTES) {
      long content = ByteBuffer.wrap(bytes).getLong();
      if (content >= 0 && Arrays.equals(bytes, bytes(content, bytes.length))) {
        return content;
      }
    }
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return Long.MIN_VALUE | crc.getValue();
  }
}
