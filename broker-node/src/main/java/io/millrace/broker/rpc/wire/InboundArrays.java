package io.millrace.broker.rpc.wire;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.UnsafeByteOperations;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Pooled arrays that messages with records are read into. Thread-safe. */
final class InboundArrays {
  /** Below it an array of its own is as quick. */
  private static final int SMALLEST_BYTES = 16 << 10;

  private static final int LARGEST_BYTES = 1 << 20;

  /** Room for a frame's other fields beside a batch of a round size. */
  private static final int ENVELOPE_BYTES = 4 << 10;

  /** What each pool keeps at most, without envelopes: with them the seven of them keep 60 MB. */
  private static final int KEPT_BYTES = 8 << 20;

  /**
   * Ascending, each about twice the size of the one before: an array is at least half full, in the
   * smallest pool two fifths.
   */
  private final List<BufferPool> pools = pools();

  private static List<BufferPool> pools() {
    List<BufferPool> pools = new ArrayList<>();
    for (int bytes = SMALLEST_BYTES; bytes <= LARGEST_BYTES; bytes *= 2) {
      pools.add(BufferPool.onHeap(bytes + ENVELOPE_BYTES, KEPT_BYTES / bytes));
    }
    return List.copyOf(pools);
  }

  /** An array for a message of that size; empty if one of its own is as good. */
  Optional<BufferPool.Lease> lease(int size) {
    if (size < SMALLEST_BYTES / 2) {
      return Optional.empty();
    }
    for (BufferPool pool : pools) {
      if (size <= pool.bufferBytes()) {
        return Optional.of(pool.take());
      }
    }
    return Optional.empty();
  }

  /**
   * Reads a message of that size to the array's start.
   *
   * @return parses it in place: its byte fields can be slices of the buffer
   * @throws EOFException if the message is shorter
   */
  static CodedInputStream read(InputStream stream, ByteBuffer into, int size) throws IOException {
    byte[] array = into.array();
    int offset = into.arrayOffset();
    if (stream.readNBytes(array, offset, size) < size) {
      throw new EOFException("the message ends before its " + size + " bytes");
    }
    CodedInputStream in = UnsafeByteOperations.unsafeWrap(array, offset, size).newCodedInput();
    in.enableAliasing(true);
    return in;
  }
}
