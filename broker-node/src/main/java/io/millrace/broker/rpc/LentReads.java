package io.millrace.broker.rpc;

import io.millrace.broker.log.ReadBuffers;
import io.millrace.broker.rpc.wire.BufferPool;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Memory for the reads of one message: a lent buffer for the first, which is nearly always the only
 * one; the heap for those over a segment's end and for batches that are larger. Confined to the
 * reading thread, but for {@link #release}.
 */
final class LentReads implements ReadBuffers {
  private final BufferPool pool;
  private BufferPool.@Nullable Lease lease;

  LentReads(BufferPool pool) {
    this.pool = pool;
  }

  @Override
  public ByteBuffer allocate(int bytes) {
    if (lease != null || bytes > pool.bufferBytes()) {
      return ByteBuffer.allocate(bytes);
    }
    lease = pool.take();
    return lease.buffer();
  }

  /** Nobody touches what was read any more. */
  void release() {
    if (lease != null) {
      lease.release();
    }
  }
}
