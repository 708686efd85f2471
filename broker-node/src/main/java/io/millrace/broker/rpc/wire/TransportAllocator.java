package io.millrace.broker.rpc.wire;

import io.grpc.netty.shaded.io.netty.buffer.ByteBuf;
import io.grpc.netty.shaded.io.netty.buffer.PooledByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * The memory of connections, through which a message can go to the transport without a copy.
 * Thread-safe.
 *
 * <p>gRPC takes no buffers: it asks this allocator for one as large as the message and its frame
 * header, and copies the message into it. So {@link OutgoingRecords}, which lie in a buffer of this
 * allocator, are offered for the next request of that very size by the same thread. If there is
 * none, the message is copied.
 */
public final class TransportAllocator extends PooledByteBufAllocator {
  /** Not static: what one server's allocator was offered is not for another's. */
  @SuppressWarnings("ThreadLocalUsage")
  private final ThreadLocal<@Nullable OutgoingRecords> offered = new ThreadLocal<>();

  /**
   * See {@link PooledByteBufAllocator}.
   *
   * @param chunkOrder the pages of a chunk, as a power of two
   */
  public TransportAllocator(int heapArenas, int directArenas, int pageBytes, int chunkOrder) {
    super(
        true,
        heapArenas,
        directArenas,
        pageBytes,
        chunkOrder,
        defaultSmallCacheSize(),
        defaultNormalCacheSize(),
        defaultUseCacheForAllThreads());
  }

  @Override
  public ByteBuf buffer(int initialCapacity, int maxCapacity) {
    OutgoingRecords waiting = offered.get();
    if (waiting != null && waiting.takeAs(initialCapacity)) {
      offered.remove();
      return waiting.buffer();
    }
    return super.buffer(initialCapacity, maxCapacity);
  }

  void offer(OutgoingRecords records) {
    offered.set(records);
  }

  void withdraw(OutgoingRecords records) {
    if (offered.get() == records) {
      offered.remove();
    }
  }
}
