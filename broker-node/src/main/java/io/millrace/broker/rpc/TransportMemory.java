package io.millrace.broker.rpc;

import io.millrace.broker.rpc.wire.TransportAllocator;

/**
 * The memory outside the heap that connections read to and write from. Thread-safe.
 *
 * <p>gRPC's own allocator has chunks of 2 MiB and gives one back as soon as nothing of it is in
 * use. A fetch message of 512 KiB takes a third of such a chunk, so that nearly every message had a
 * chunk mapped, zeroed and unmapped: a sixth of the broker's processor time of a consume run. A
 * chunk that is never used by more than a quarter is kept, so these are much larger than the
 * messages; and they are few, as each is memory for good.
 */
final class TransportMemory {
  private static final int PAGE_BYTES = 8_192;

  /** Pages of a chunk, as a power of two: 16 MiB. */
  private static final int CHUNK_ORDER = 11;

  /** Each has at least one chunk once it is used. */
  private static final int DIRECT_ARENAS = 2;

  private static final int HEAP_ARENAS = 1;

  private static final TransportAllocator SHARED = create();

  private TransportMemory() {}

  /** For all listeners of the process. */
  static TransportAllocator shared() {
    return SHARED;
  }

  static TransportAllocator create() {
    return new TransportAllocator(HEAP_ARENAS, DIRECT_ARENAS, PAGE_BYTES, CHUNK_ORDER);
  }
}
