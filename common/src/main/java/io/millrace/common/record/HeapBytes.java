package io.millrace.common.record;

import java.nio.ByteBuffer;

/** A run of bytes in an array: the walking code and the codecs work on nothing else. */
final class HeapBytes {
  final byte[] array;
  final int from;
  final int length;

  HeapBytes(byte[] array, int from, int length) {
    this.array = array;
    this.from = from;
    this.length = length;
  }

  /** The bytes of a buffer: its own array if it has one that may be read, else a copy. */
  static HeapBytes of(ByteBuffer buffer, int position, int length) {
    return of(buffer, position, length, new GrowableBytes(0));
  }

  /** The same, but a copy is made in an array that is used again and again. */
  static HeapBytes of(ByteBuffer buffer, int position, int length, GrowableBytes scratch) {
    if (buffer.hasArray()) {
      return new HeapBytes(buffer.array(), buffer.arrayOffset() + position, length);
    }
    scratch.reserve(length);
    buffer.get(position, scratch.array, 0, length);
    return new HeapBytes(scratch.array, 0, length);
  }
}
