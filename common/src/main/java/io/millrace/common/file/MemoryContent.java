package io.millrace.common.file;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Bytes that grow. Guarded by the disk's monitor. */
final class MemoryContent {
  private static final byte[] EMPTY = {};

  /** From {@code size} on all zeros. */
  private byte[] bytes;

  private int size;

  MemoryContent() {
    this(EMPTY, 0);
  }

  private MemoryContent(byte[] bytes, int size) {
    this.bytes = bytes;
    this.size = size;
  }

  int size() {
    return size;
  }

  MemoryContent copy() {
    return new MemoryContent(Arrays.copyOf(bytes, size), size);
  }

  int read(ByteBuffer into, long position) {
    int length = (int) Math.min(into.remaining(), Math.max(0, size - position));
    if (length > 0) {
      into.put(bytes, (int) position, length);
    }
    return length;
  }

  /** Writes the first {@code length} of the bytes, at a position at or past the end too. */
  void write(int position, byte[] from, int length) {
    grow(position + length);
    System.arraycopy(from, 0, bytes, position, length);
  }

  /** Makes it at least so long, with zeros. */
  void grow(int length) {
    if (length > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(length, Math.max(256, 2 * bytes.length)));
    }
    size = Math.max(size, length);
  }

  void truncate(int length) {
    if (length < size) {
      Arrays.fill(bytes, length, size, (byte) 0);
      size = length;
    }
  }

  ByteBuffer view(int length) {
    return ByteBuffer.wrap(bytes, 0, length).slice().asReadOnlyBuffer();
  }
}
