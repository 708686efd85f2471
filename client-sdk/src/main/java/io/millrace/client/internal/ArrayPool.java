package io.millrace.client.internal;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * Arrays in sizes of powers of two, lent and given back; the one given back last is lent first,
 * while the processor's caches still have it. Thread-safe.
 *
 * <p>Bounds what is kept, not what is lent: whoever takes bounds that. An array that is never given
 * back is freed by the garbage collector.
 */
final class ArrayPool {
  /** Below half of it an array of its own is as quick. */
  private static final int SMALLEST_BYTES = 16 << 10;

  private static final int CLASSES = 8;

  /** Room for a message's other fields beside records of a round size. */
  private static final int ENVELOPE_BYTES = 4 << 10;

  private final long keptBytesMax;

  /**
   * By class: class n has arrays of {@code SMALLEST_BYTES << n} and an envelope. Guarded by this.
   */
  private final List<Deque<byte[]>> free;

  /** What waits to be lent; {@code 0 <= keptBytes <= keptBytesMax}. Guarded by this. */
  private long keptBytes;

  /**
   * An empty pool.
   *
   * @param keptBytesMax how many bytes wait to be lent at most; more are left to the collector
   */
  ArrayPool(long keptBytesMax) {
    this.keptBytesMax = keptBytesMax;
    this.free = Stream.<Deque<byte[]>>generate(ArrayDeque::new).limit(CLASSES).toList();
  }

  private static int sizeOf(int sizeClass) {
    return (SMALLEST_BYTES << sizeClass) + ENVELOPE_BYTES;
  }

  /** The class of the smallest arrays with so much room; {@link #CLASSES} if none have. */
  private static int classFor(int bytes) {
    int sizeClass = 0;
    while (sizeClass < CLASSES && sizeOf(sizeClass) < bytes) {
      sizeClass++;
    }
    return sizeClass;
  }

  /** Lends an array of at least so many bytes, with whatever it had in it. */
  Lease take(int bytes) {
    int sizeClass = classFor(bytes);
    if (sizeClass == CLASSES || bytes < SMALLEST_BYTES / 2) {
      return new Lease(new byte[bytes], CLASSES);
    }
    return new Lease(takeOrMake(sizeClass), sizeClass);
  }

  private byte[] takeOrMake(int sizeClass) {
    synchronized (this) {
      byte[] array = free.get(sizeClass).pollFirst();
      if (array != null) {
        keptBytes -= array.length;
        return array;
      }
    }
    return new byte[sizeOf(sizeClass)];
  }

  private synchronized void giveBack(byte[] array, int sizeClass) {
    if (sizeClass < CLASSES && keptBytes + array.length <= keptBytesMax) {
      keptBytes += array.length;
      free.get(sizeClass).addFirst(array);
    }
  }

  /** An array that is lent. Its holder alone touches it, until it is released. */
  final class Lease {
    private final byte[] array;
    private final int sizeClass;
    private final AtomicBoolean released = new AtomicBoolean();

    private Lease(byte[] array, int sizeClass) {
      this.array = array;
      this.sizeClass = sizeClass;
    }

    /** The array; not to be touched after the release. */
    byte[] array() {
      return array;
    }

    /** Gives the array back; only the first call counts. */
    void release() {
      if (released.compareAndSet(false, true)) {
        giveBack(array, sizeClass);
      }
    }
  }
}
