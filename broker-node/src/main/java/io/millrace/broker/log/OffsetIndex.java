package io.millrace.broker.log;

import java.nio.ByteBuffer;

/**
 * Where in a segment's file some of its batches begin: what {@code %020d.index} holds. A view of
 * the first {@code entries} entries of a buffer, which are never changed; safe on any thread while
 * the buffer is.
 *
 * <p>Big-endian, one entry of 8 bytes after the other, both fields strictly ascending:
 *
 * <pre>
 * byte
 *    0  int32  a batch's base offset - the segment's base offset
 *    4  int32  the byte in the segment's file where that batch begins
 * </pre>
 *
 * <p>The first batch of a segment needs no entry. An entry proves itself: the batch at that byte
 * has that base offset, or the index is wrong.
 */
public record OffsetIndex(ByteBuffer bytes, int entries, long baseOffset) {
  /** The size of an entry. */
  public static final int ENTRY_BYTES = 8;

  /** Where a scan for the offset begins: the last indexed batch at or below it. */
  IndexedPosition floor(long offset) {
    int low = 0;
    int high = entries - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (offset(middle) <= offset) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high < 0
        ? new IndexedPosition(baseOffset, 0)
        : new IndexedPosition(offset(high), position(high));
  }

  /** The base offset of the batch of entry {@code i}, from 0. */
  public long offset(int i) {
    return baseOffset + bytes.getInt(i * ENTRY_BYTES);
  }

  /** The byte where the batch of entry {@code i} begins. */
  public int position(int i) {
    return bytes.getInt(i * ENTRY_BYTES + 4);
  }

  /** Whether the entries can be those of a segment file of this size. */
  boolean isPlausible(long segmentBytes) {
    long lastOffset = baseOffset;
    long lastPosition = 0;
    for (int i = 0; i < entries; i++) {
      if (offset(i) <= lastOffset || position(i) <= lastPosition) {
        return false;
      }
      lastOffset = offset(i);
      lastPosition = position(i);
    }
    return entries == 0 || lastPosition < segmentBytes;
  }

  /**
   * A place in a segment's file.
   *
   * @param offset the base offset of the batch there
   * @param position the byte where it begins
   */
  record IndexedPosition(long offset, int position) {}
}
