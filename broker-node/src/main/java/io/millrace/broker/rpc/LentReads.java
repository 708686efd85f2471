package io.millrace.broker.rpc;

import io.millrace.broker.log.ReadBuffers;
import io.millrace.broker.rpc.wire.OutgoingRecords;
import io.millrace.broker.rpc.wire.TransportAllocator;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Memory for the reads of one message: the transport's for the first, which is nearly always the
 * only one; the heap for those over a segment's end and for batches that are larger. Confined to
 * the reading thread.
 */
final class LentReads implements ReadBuffers {
  private final TransportAllocator memory;
  private @Nullable OutgoingRecords lent;

  LentReads(TransportAllocator memory) {
    this.memory = memory;
  }

  @Override
  public ByteBuffer allocate(int bytes) {
    if (lent != null || bytes > OutgoingRecords.MAX_BYTES) {
      return ByteBuffer.allocate(bytes);
    }
    lent = new OutgoingRecords(memory, bytes);
    return lent.room();
  }

  /** What the transport lent, if it was needed. */
  Optional<OutgoingRecords> lent() {
    return Optional.ofNullable(lent);
  }

  /** Nobody touches what was read any more. */
  void release() {
    lent().ifPresent(OutgoingRecords::release);
  }
}
