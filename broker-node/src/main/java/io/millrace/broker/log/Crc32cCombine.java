package io.millrace.broker.log;

/**
 * The CRC32C of two byte strings put together, from their own. The way of zlib's {@code
 * crc32_combine}: appending n zero bytes to a message is a linear map of its CRC over GF(2), whose
 * matrix is made by squaring.
 */
final class Crc32cCombine {
  /** The Castagnoli polynomial, bits reversed. */
  private static final int POLYNOMIAL = 0x82F63B78;

  private Crc32cCombine() {}

  /**
   * Combines.
   *
   * @param first CRC32C of the first string, from 0 to 2^32 - 1
   * @param second CRC32C of the second
   * @param secondBytes length of the second
   */
  static long combine(long first, long second, long secondBytes) {
    int[] matrix = square(square(square(oneZeroBit())));
    int crc = (int) first;
    long bytes = secondBytes;
    while (bytes != 0) {
      if ((bytes & 1) != 0) {
        crc = times(matrix, crc);
      }
      bytes >>>= 1;
      if (bytes != 0) {
        matrix = square(matrix);
      }
    }
    return Integer.toUnsignedLong(crc ^ (int) second);
  }

  private static int[] oneZeroBit() {
    int[] matrix = new int[Integer.SIZE];
    matrix[0] = POLYNOMIAL;
    for (int i = 1; i < Integer.SIZE; i++) {
      matrix[i] = 1 << (i - 1);
    }
    return matrix;
  }

  private static int[] square(int[] matrix) {
    int[] squared = new int[Integer.SIZE];
    for (int i = 0; i < Integer.SIZE; i++) {
      squared[i] = times(matrix, matrix[i]);
    }
    return squared;
  }

  private static int times(int[] matrix, int vector) {
    int sum = 0;
    for (int bits = vector, i = 0; bits != 0; bits >>>= 1, i++) {
      if ((bits & 1) != 0) {
        sum ^= matrix[i];
      }
    }
    return sum;
  }
}
