package io.millrace.metadata.ratis;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Walks the records of one of Ratis's segments. Immutable once made.
 *
 * <pre>
 * header  8 bytes  "RaftLog1"
 * record*:
 *   length  varint   of the entry, never 0
 *   entry            LogEntryProto
 *   crc     4 bytes  CRC32C over length and entry, big-endian
 * zeros to the end of the file, which is allocated ahead
 * </pre>
 */
final class RaftLogScan {
  private static final byte[] HEADER = "RaftLog1".getBytes(StandardCharsets.US_ASCII);
  private static final int CRC_BYTES = 4;
  private static final int MAX_VARINT_BYTES = 5;

  /** More than a record can be: one entry of the controller with what Ratis adds. */
  private static final int MAX_RECORD_BYTES = (1 << 20) + 4_096;

  private final byte[] bytes;

  /** The position after the last byte that is not zero. */
  private final int end;

  /** The position after the last good record of those from the beginning on. */
  private final int goodEnd;

  RaftLogScan(byte[] bytes) {
    this.bytes = bytes;
    int last = bytes.length;
    while (last > 0 && bytes[last - 1] == 0) {
      last--;
    }
    this.end = last;
    this.goodEnd = walk();
  }

  /** Whether there are only good records. */
  boolean good() {
    return goodEnd >= end;
  }

  /** Where the first damaged record begins. */
  long damagePosition() {
    return goodEnd;
  }

  /** The position after the last byte that is not zero. */
  long end() {
    return end;
  }

  /** Whether a good record is anywhere behind the damage, or more than one record is damaged. */
  boolean goodRecordAfterDamage() {
    if (end - goodEnd > MAX_RECORD_BYTES || goodEnd < HEADER.length) {
      return true;
    }
    for (int at = goodEnd + 1; at < end; at++) {
      if (recordEnd(at) > 0) {
        return true;
      }
    }
    return false;
  }

  private int walk() {
    if (bytes.length < HEADER.length
        || !Arrays.equals(HEADER, 0, HEADER.length, bytes, 0, HEADER.length)) {
      return 0;
    }
    int at = HEADER.length;
    for (int next = recordEnd(at); next > 0; next = recordEnd(at)) {
      at = next;
    }
    return at;
  }

  /** The position after the record that begins there, or -1 if none that is good does. */
  private int recordEnd(int at) {
    long length = 0;
    int prefix = 0;
    do {
      if (prefix == MAX_VARINT_BYTES || at + prefix >= bytes.length) {
        return -1;
      }
      length |= (long) (bytes[at + prefix] & 0x7f) << (7 * prefix);
    } while (bytes[at + prefix++] < 0);
    int body = prefix + (int) Math.min(length, MAX_RECORD_BYTES);
    if (length == 0 || length > MAX_RECORD_BYTES || at + body + CRC_BYTES > bytes.length) {
      return -1;
    }
    CRC32C crc = new CRC32C();
    crc.update(bytes, at, body);
    boolean good = (int) crc.getValue() == ByteBuffer.wrap(bytes).getInt(at + body);
    return good ? at + body + CRC_BYTES : -1;
  }
}
