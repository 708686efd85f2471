package io.millrace.broker.rpc.wire;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * Bytes of an array and then of buffers, for the transport, which closes the stream when it has
 * taken what it wants: that releases the buffers, unless it took them over. Confined to the
 * transport's call.
 */
final class FrameStream extends InputStream implements KnownLength, Drainable {
  /** Small enough for the innermost cache: buffers outside the heap go through it. */
  private static final int CHUNK_BYTES = 16_384;

  private final Optional<OutgoingRecords> memory;
  private final Iterator<ByteBuffer> rest;

  /** What is read from now; empty at the end. */
  private ByteBuffer current;

  private int remaining;

  FrameStream(byte[] prefix, List<ByteBuffer> records, Optional<OutgoingRecords> memory) {
    this.memory = memory;
    List<ByteBuffer> parts = new ArrayList<>(records.size());
    this.current = ByteBuffer.wrap(prefix);
    this.remaining = prefix.length;
    for (ByteBuffer part : records) {
      parts.add(part.duplicate());
      remaining += part.remaining();
    }
    this.rest = parts.iterator();
  }

  /** Steps over what is used up; false at the end. */
  private boolean advance() {
    while (!current.hasRemaining() && rest.hasNext()) {
      current = rest.next();
    }
    return current.hasRemaining();
  }

  @Override
  public int available() {
    return remaining;
  }

  @Override
  public int read() {
    if (!advance()) {
      return -1;
    }
    remaining--;
    return current.get() & 0xFF;
  }

  @Override
  public int read(byte[] into, int offset, int length) {
    if (length == 0) {
      return 0;
    }
    if (!advance()) {
      return -1;
    }
    int bytes = Math.min(length, current.remaining());
    current.get(into, offset, bytes);
    remaining -= bytes;
    return bytes;
  }

  @Override
  public int drainTo(OutputStream target) throws IOException {
    int drained = remaining;
    if (memory.isPresent() && memory.get().isTaken()) {
      target.write(
          current.array(), current.arrayOffset() + current.position(), current.remaining());
      memory.get().recordsFollow();
      skipAll();
    } else {
      copyTo(target);
    }
    return drained;
  }

  private void copyTo(OutputStream target) throws IOException {
    byte[] chunk = new byte[Math.min(CHUNK_BYTES, remaining)];
    while (advance()) {
      if (current.hasArray()) {
        int bytes = current.remaining();
        target.write(current.array(), current.arrayOffset() + current.position(), bytes);
        current.position(current.limit());
        remaining -= bytes;
      } else {
        int bytes = read(chunk, 0, chunk.length);
        target.write(chunk, 0, bytes);
      }
    }
  }

  private void skipAll() {
    current.position(current.limit());
    rest.forEachRemaining(part -> part.position(part.limit()));
    remaining = 0;
  }

  @Override
  public void close() {
    skipAll();
    memory.ifPresent(OutgoingRecords::release);
  }
}
