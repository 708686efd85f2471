package io.millrace.common.record;

import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * Codec 1: gzip (RFC 1952), one member or several.
 *
 * <pre>
 * 1f 8b 08 FLG mtime(4) xfl os [extra] [name] [comment] [header crc] deflate… crc32(4) size(4)
 * </pre>
 *
 * <p>Written out here instead of using the stream classes, to inflate straight into the target and
 * to stop at the bound.
 */
final class GzipCodec implements Codec {
  private static final int HEADER_BYTES = 10;
  private static final int TRAILER_BYTES = 8;
  private static final int FLAG_HEADER_CRC = 0x02;
  private static final int FLAG_EXTRA = 0x04;
  private static final int FLAG_NAME = 0x08;
  private static final int FLAG_COMMENT = 0x10;
  private static final int RESERVED_FLAGS = 0xe0;
  private static final int OS_UNKNOWN = 255;
  private static final int STEP_BYTES = 16 * 1024;

  @Override
  public void compress(byte[] source, int from, int length, GrowableBytes target) {
    writeHeader(target);
    Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
    try {
      deflater.setInput(source, from, length);
      deflater.finish();
      while (!deflater.finished()) {
        target.reserve(STEP_BYTES);
        target.size += deflater.deflate(target.array, target.size, STEP_BYTES);
      }
    } finally {
      deflater.end();
    }
    CRC32 crc = new CRC32();
    crc.update(source, from, length);
    target.reserve(TRAILER_BYTES);
    LittleEndian.putInt(target.array, target.size, (int) crc.getValue());
    LittleEndian.putInt(target.array, target.size + 4, length);
    target.size += TRAILER_BYTES;
  }

  private static void writeHeader(GrowableBytes target) {
    target.reserve(HEADER_BYTES);
    byte[] header = {0x1f, (byte) 0x8b, Deflater.DEFLATED, 0, 0, 0, 0, 0, 0, (byte) OS_UNKNOWN};
    System.arraycopy(header, 0, target.array, target.size, HEADER_BYTES);
    target.size += HEADER_BYTES;
  }

  @Override
  public void decompress(byte[] source, int from, int length, GrowableBytes target, int maxBytes) {
    int end = from + length;
    Inflater inflater = new Inflater(true);
    try {
      int position = from;
      do {
        position = skipHeader(source, position, end);
        position = inflateMember(inflater, source, position, end, target, maxBytes);
        inflater.reset();
      } while (position < end);
    } finally {
      inflater.end();
    }
  }

  /** Returns the index after the member's trailer. */
  private static int inflateMember(
      Inflater inflater, byte[] source, int from, int end, GrowableBytes target, int maxBytes) {
    int start = target.size;
    inflater.setInput(source, from, end - from);
    try {
      while (!inflater.finished()) {
        target.reserve(STEP_BYTES);
        int inflated = inflater.inflate(target.array, target.size, STEP_BYTES);
        if (inflated == 0 && !inflater.finished()) {
          throw BatchErrors.corrupt("gzip: the deflated bytes end too early");
        }
        target.size += inflated;
        if (target.size > maxBytes) {
          throw BatchErrors.decompressedTooLarge(maxBytes);
        }
      }
    } catch (DataFormatException e) {
      throw BatchErrors.corrupt("gzip: " + e.getMessage());
    }
    int trailer = end - inflater.getRemaining();
    checkTrailer(source, trailer, end, target, start);
    return trailer + TRAILER_BYTES;
  }

  private static void checkTrailer(
      byte[] source, int trailer, int end, GrowableBytes target, int start) {
    if (end - trailer < TRAILER_BYTES) {
      throw BatchErrors.corrupt("gzip: the trailer is cut");
    }
    CRC32 crc = new CRC32();
    crc.update(target.array, start, target.size - start);
    if (LittleEndian.getInt(source, trailer) != (int) crc.getValue()
        || LittleEndian.getInt(source, trailer + 4) != target.size - start) {
      throw BatchErrors.corrupt("gzip: checksum or size does not match the inflated bytes");
    }
  }

  private static int skipHeader(byte[] source, int from, int end) {
    if (end - from < HEADER_BYTES
        || (source[from] & 0xff) != 0x1f
        || (source[from + 1] & 0xff) != 0x8b
        || source[from + 2] != Deflater.DEFLATED) {
      throw BatchErrors.corrupt("gzip: no gzip header");
    }
    int flags = source[from + 3];
    if ((flags & RESERVED_FLAGS) != 0) {
      throw BatchErrors.corrupt("gzip: reserved flags are set");
    }
    int position = from + HEADER_BYTES;
    if ((flags & FLAG_EXTRA) != 0) {
      int extraBytes = end - position < 2 ? 0 : LittleEndian.getShort(source, position);
      position += 2 + extraBytes;
    }
    if ((flags & FLAG_NAME) != 0) {
      position = skipText(source, position, end);
    }
    if ((flags & FLAG_COMMENT) != 0) {
      position = skipText(source, position, end);
    }
    if ((flags & FLAG_HEADER_CRC) != 0) {
      position += 2;
    }
    if (position > end) {
      throw BatchErrors.corrupt("gzip: the header is cut");
    }
    return position;
  }

  private static int skipText(byte[] source, int from, int end) {
    int position = from;
    while (position < end && source[position] != 0) {
      position++;
    }
    return position + 1;
  }
}
