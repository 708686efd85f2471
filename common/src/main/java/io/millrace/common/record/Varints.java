package io.millrace.common.record;

/**
 * Zigzag varints as records use them: the sign goes to bit 0, then 7 bits a byte, least significant
 * first, the high bit set on all bytes but the last. Reading is in {@link RecordCursor}.
 */
final class Varints {
  private Varints() {}

  /** Bytes that {@link #putInt} writes, from 1 to 5. */
  static int sizeOfInt(int value) {
    return sizeOfUnsigned(Integer.toUnsignedLong((value << 1) ^ (value >> 31)));
  }

  /** Bytes that {@link #putLong} writes, from 1 to 10. */
  static int sizeOfLong(long value) {
    return sizeOfUnsigned((value << 1) ^ (value >> 63));
  }

  /** Writes the value at an index and returns the index after it. */
  static int putInt(byte[] target, int at, int value) {
    int rest = (value << 1) ^ (value >> 31);
    int position = at;
    while ((rest & ~0x7f) != 0) {
      target[position++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    target[position++] = (byte) rest;
    return position;
  }

  /** Writes the value at an index and returns the index after it. */
  static int putLong(byte[] target, int at, long value) {
    long rest = (value << 1) ^ (value >> 63);
    int position = at;
    while ((rest & ~0x7fL) != 0) {
      target[position++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    target[position++] = (byte) rest;
    return position;
  }

  private static int sizeOfUnsigned(long value) {
    // Nearly all fields of a record are this short.
    if ((value & ~0x3fffL) == 0) {
      return value < 0x80 ? 1 : 2;
    }
    int bits = Long.SIZE - Long.numberOfLeadingZeros(value | 1);
    return (bits + 6) / 7;
  }
}
