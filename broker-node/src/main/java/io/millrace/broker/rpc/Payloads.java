package io.millrace.broker.rpc;

import com.google.protobuf.ByteOutput;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Bytes between messages and buffers, copied only where it can't be helped. */
final class Payloads {
  private Payloads() {}

  /**
   * The bytes of a message that was just parsed, as a buffer that may be written to: nobody else
   * has the message, and the parser made its bytes for it alone.
   */
  static ByteBuffer owned(ByteString bytes) {
    Backing backing = new Backing();
    try {
      UnsafeByteOperations.unsafeWriteTo(bytes, backing);
    } catch (IOException impossible) {
      throw new IllegalStateException("a write to memory failed", impossible);
    }
    ByteBuffer single = backing.single;
    return single == null ? ByteBuffer.wrap(bytes.toByteArray()) : single;
  }

  /** The rest of a buffer as the bytes of a message. The buffer must not change any more. */
  static ByteString shared(ByteBuffer buffer) {
    return UnsafeByteOperations.unsafeWrap(buffer);
  }

  /** Catches the one array behind a string of bytes. */
  private static final class Backing extends ByteOutput {
    private int parts;
    private @Nullable ByteBuffer single;

    @Override
    public void writeLazy(byte[] value, int offset, int length) {
      parts++;
      single = parts == 1 ? ByteBuffer.wrap(value, offset, length).slice() : null;
    }

    @Override
    public void write(byte value) {
      several();
    }

    @Override
    public void write(byte[] value, int offset, int length) {
      several();
    }

    @Override
    public void write(ByteBuffer value) {
      several();
    }

    @Override
    public void writeLazy(ByteBuffer value) {
      several();
    }

    private void several() {
      parts += 2;
      single = null;
    }
  }
}
