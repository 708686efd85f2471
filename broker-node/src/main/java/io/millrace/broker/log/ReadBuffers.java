package io.millrace.broker.log;

import java.nio.ByteBuffer;

/** Where a read puts the bytes: the caller's memory, so that the caller knows when it is free. */
public interface ReadBuffers {
  /** A new array on the heap for each read. */
  ReadBuffers HEAP = ByteBuffer::allocate;

  /**
   * Memory for one read; called at most once in it.
   *
   * @param bytes what is needed at most
   * @return a writable buffer, heap or direct, of at least that capacity, used from index 0
   */
  ByteBuffer allocate(int bytes);
}
