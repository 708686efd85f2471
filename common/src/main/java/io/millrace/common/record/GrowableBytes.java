package io.millrace.common.record;

import java.util.Arrays;

/**
 * A byte array that grows. Confined to its user's thread. The array is open to the package: the
 * codecs write into it by index.
 */
final class GrowableBytes {
  /** The largest array that every JVM can allocate. */
  static final int CAPACITY_MAX = Integer.MAX_VALUE - 8;

  /** Bytes from 0 to {@link #size} are written; {@code size <= array.length}. */
  byte[] array;

  int size;

  GrowableBytes(int initialCapacity) {
    array = new byte[initialCapacity];
  }

  /** Makes room for so many bytes behind {@link #size}. */
  void reserve(int bytes) {
    if (bytes > array.length - size) {
      grow(bytes);
    }
  }

  /** Forgets the bytes, and the array too if it is larger than what should be kept. */
  void clear(int retainedCapacityMax) {
    size = 0;
    if (array.length > retainedCapacityMax) {
      array = new byte[retainedCapacityMax];
    }
  }

  private void grow(int bytes) {
    long needed = (long) size + bytes;
    if (needed > CAPACITY_MAX) {
      throw new IllegalArgumentException(
          "capacity: " + needed + " (expected: at most " + CAPACITY_MAX + ")");
    }
    long doubled = Math.min(2L * array.length, CAPACITY_MAX);
    array = Arrays.copyOf(array, (int) Math.max(needed, doubled));
  }
}
