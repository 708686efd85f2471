package io.millrace.common.record;

import java.nio.ByteBuffer;

/**
 * The 32-bit MurmurHash2 of Austin Appleby with the seed that Kafka's clients use, so that a key
 * goes to the same partition whichever client sends it.
 */
public final class Murmur2 {
  private static final int SEED = 0x9747b28c;
  private static final int M = 0x5bd1e995;
  private static final int R = 24;

  private Murmur2() {}

  /** The hash of all bytes of an array. */
  public static int hash(byte[] bytes) {
    return hash(bytes, 0, bytes.length);
  }

  /** The hash of the bytes from position to limit of a buffer, which is left as it was. */
  public static int hash(ByteBuffer bytes) {
    HeapBytes heap = HeapBytes.of(bytes, bytes.position(), bytes.remaining());
    return hash(heap.array, heap.from, heap.length);
  }

  private static int hash(byte[] bytes, int from, int length) {
    int h = SEED ^ length;
    int tail = from + (length & ~3);
    for (int i = from; i < tail; i += 4) {
      int k = LittleEndian.getInt(bytes, i) * M;
      k ^= k >>> R;
      h = (h * M) ^ (k * M);
    }
    int rest = length & 3;
    if (rest != 0) {
      for (int i = rest - 1; i >= 0; i--) {
        h ^= (bytes[tail + i] & 0xff) << (8 * i);
      }
      h *= M;
    }
    h ^= h >>> 13;
    h *= M;
    return h ^ (h >>> 15);
  }
}
