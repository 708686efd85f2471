package io.millrace.broker.log;

import java.nio.ByteBuffer;

/**
 * How large the timestamps of a segment are up to some of its batches: what {@code %020d.timeindex}
 * holds. A view of the first {@code entries} entries of a buffer, which are never changed; safe on
 * any thread while the buffer is.
 *
 * <p>Big-endian, one entry of 12 bytes after the other, offsets strictly ascending, timestamps
 * never descending:
 *
 * <pre>
 * byte
 *    0  int64  the largest timestamp of the segment's batches below the offset, ms since 1970 UTC
 *    8  int32  a batch's base offset - the segment's base offset; in the last entry of a sealed
 *              segment the offset after its last record
 * </pre>
 */
public record TimeIndex(ByteBuffer bytes, int entries, long baseOffset) {
  /** The size of an entry. */
  public static final int ENTRY_BYTES = 12;

  /** An offset that no batch with a timestamp at or above the target lies below. */
  long startOf(long targetMs) {
    int low = 0;
    int high = entries - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (timestampMs(middle) < targetMs) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high < 0 ? baseOffset : offset(high);
  }

  /** The last entry at or below an offset; -1 if there is none. */
  int entryAtOrBelow(long offset) {
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
    return high;
  }

  /** The largest timestamp below the offset of entry {@code i}, from 0. */
  public long timestampMs(int i) {
    return bytes.getLong(i * ENTRY_BYTES);
  }

  /** The offset of entry {@code i}. */
  public long offset(int i) {
    return baseOffset + bytes.getInt(i * ENTRY_BYTES + 8);
  }

  /** Whether the entries can be those of a sealed segment that ends at this offset. */
  boolean isPlausible(long endOffset) {
    long lastOffset = baseOffset;
    long lastTimestampMs = Long.MIN_VALUE;
    for (int i = 0; i < entries; i++) {
      if (offset(i) <= lastOffset || timestampMs(i) < lastTimestampMs) {
        return false;
      }
      lastOffset = offset(i);
      lastTimestampMs = timestampMs(i);
    }
    return lastOffset == endOffset;
  }
}
