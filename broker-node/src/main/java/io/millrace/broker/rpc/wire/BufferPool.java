package io.millrace.broker.rpc.wire;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Buffers of one size, lent and given back; the one given back last is lent first, while the
 * processor's caches still have it. Thread-safe.
 *
 * <p>Bounds what is kept, not what is lent: whoever takes bounds that. A buffer that is never given
 * back is freed by the garbage collector.
 */
public final class BufferPool {
  private final int bufferBytes;
  private final int kept;
  private final IntFunction<ByteBuffer> allocator;

  /** Guarded by this; at most {@link #kept}. */
  private final Deque<ByteBuffer> free = new ArrayDeque<>();

  private BufferPool(int bufferBytes, int kept, IntFunction<ByteBuffer> allocator) {
    if (bufferBytes < 1 || kept < 1) {
      throw new IllegalArgumentException(
          "bufferBytes, kept: " + bufferBytes + ", " + kept + " (expected: >= 1)");
    }
    this.bufferBytes = bufferBytes;
    this.kept = kept;
    this.allocator = allocator;
  }

  /**
   * A pool of arrays.
   *
   * @param bufferBytes the size of each
   * @param kept how many wait to be lent at most; more are left to the garbage collector
   */
  public static BufferPool onHeap(int bufferBytes, int kept) {
    return new BufferPool(bufferBytes, kept, ByteBuffer::allocate);
  }

  /** The size of a buffer. */
  public int bufferBytes() {
    return bufferBytes;
  }

  /** Lends a buffer, empty (position 0, limit its capacity), with whatever bytes it had. */
  public Lease take() {
    ByteBuffer buffer = poll();
    return new Lease(buffer == null ? allocator.apply(bufferBytes) : buffer.clear());
  }

  private synchronized @Nullable ByteBuffer poll() {
    return free.pollFirst();
  }

  private synchronized void giveBack(ByteBuffer buffer) {
    if (free.size() < kept) {
      free.addFirst(buffer);
    }
  }

  /** A buffer that is lent. Its holder alone touches it, until it is released. */
  public final class Lease {
    private final ByteBuffer buffer;
    private final AtomicBoolean released = new AtomicBoolean();

    private Lease(ByteBuffer buffer) {
      this.buffer = buffer;
    }

    /** The buffer; not to be touched after the release. */
    public ByteBuffer buffer() {
      return buffer;
    }

    /** Gives the buffer back; only the first call counts. */
    public void release() {
      if (released.compareAndSet(false, true)) {
        giveBack(buffer);
      }
    }
  }
}
