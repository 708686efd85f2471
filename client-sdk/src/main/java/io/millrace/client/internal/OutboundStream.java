package io.millrace.client.internal;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * A head and a body, one after the other; the body is on the heap and is not copied on the way to
 * {@link #drainTo}. Confined to the transport that reads it.
 */
final class OutboundStream extends InputStream implements Drainable, KnownLength {
  private final ByteBuffer head;
  private final ByteBuffer body;
  private final Runnable onClose;

  /**
   * @param onClose told when the transport has closed the stream
   */
  OutboundStream(byte[] head, ByteBuffer body, Runnable onClose) {
    this.head = ByteBuffer.wrap(head);
    this.body = body.duplicate();
    this.onClose = onClose;
  }

  @Override
  public int drainTo(OutputStream target) throws IOException {
    int bytes = available();
    drain(head, target);
    drain(body, target);
    return bytes;
  }

  private static void drain(ByteBuffer part, OutputStream target) throws IOException {
    target.write(part.array(), part.arrayOffset() + part.position(), part.remaining());
    part.position(part.limit());
  }

  @Override
  public int available() {
    return head.remaining() + body.remaining();
  }

  @Override
  public int read() {
    ByteBuffer part = part();
    return part.hasRemaining() ? part.get() & 0xff : -1;
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    ByteBuffer part = part();
    int bytes = Math.min(length, part.remaining());
    part.get(target, offset, bytes);
    return bytes == 0 && length > 0 ? -1 : bytes;
  }

  private ByteBuffer part() {
    return head.hasRemaining() ? head : body;
  }

  @Override
  public void close() {
    onClose.run();
  }
}
