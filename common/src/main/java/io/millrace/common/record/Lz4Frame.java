package io.millrace.common.record;

import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import net.jpountz.xxhash.XXHash32;
import net.jpountz.xxhash.XXHashFactory;

/**
 * Reads one LZ4 frame (the LZ4 frame format 1.6) of independent blocks. Confined to one thread.
 *
 * <pre>
 * 04 22 4d 18 | FLG BD [content size 8] HC | blocks | 00 00 00 00 | [content checksum 4]
 * FLG  bits 7-6 version 01, 5 independent blocks, 4 block checksums, 3 content size,
 *      2 content checksum, 1 zero, 0 dictionary id
 * BD   bits 6-4 largest block: 4 64 KB, 5 256 KB, 6 1 MB, 7 4 MB
 * HC   second byte of the xxHash32 of FLG to the byte before
 * block: length int32 (high bit: not compressed) | bytes | [xxHash32 of the bytes 4]
 * </pre>
 *
 * <p>All integers are little-endian. What is written has 64 KB blocks and no checksums. Blocks that
 * depend on earlier ones are refused, as Kafka's brokers and clients refuse them.
 */
final class Lz4Frame {
  /** The largest block that is written. */
  static final int BLOCK_BYTES = 64 * 1024;

  static final int END_MARK_BYTES = 4;
  static final int NOT_COMPRESSED = 0x80000000;

  private static final int MAGIC = 0x184d2204;
  private static final int VERSION_MASK = 0xc0;
  private static final int VERSION_1 = 0x40;
  private static final int INDEPENDENT_BLOCKS = 0x20;
  private static final int BLOCK_CHECKSUMS = 0x10;
  private static final int CONTENT_SIZE = 0x08;
  private static final int CONTENT_CHECKSUM = 0x04;
  private static final int UNSUPPORTED_FLAGS = 0x03;
  private static final int SMALLEST_BLOCK_CODE = 4;
  private static final int HEADER_BYTES = 7;

  /** The most bytes that one compressed byte can stand for. */
  private static final int EXPANSION_MAX = 255;

  private static final LZ4SafeDecompressor DECOMPRESSOR =
      LZ4Factory.fastestInstance().safeDecompressor();
  private static final XXHash32 HASH = XXHashFactory.fastestInstance().hash32();

  private final byte[] source;
  private final int end;
  private final GrowableBytes target;
  private final int maxBytes;

  /** Everything before is read; {@code position <= end}. */
  private int position;

  private int flags;
  private int blockBytesMax;

  /** -1 if the frame does not tell. */
  private long contentSize = -1;

  Lz4Frame(byte[] source, int from, int end, GrowableBytes target, int maxBytes) {
    this.source = source;
    this.position = from;
    this.end = end;
    this.target = target;
    this.maxBytes = maxBytes;
  }

  static void writeHeader(GrowableBytes target) {
    target.reserve(HEADER_BYTES);
    int at = target.size;
    LittleEndian.putInt(target.array, at, MAGIC);
    target.array[at + 4] = VERSION_1 | INDEPENDENT_BLOCKS;
    target.array[at + 5] = SMALLEST_BLOCK_CODE << 4;
    target.array[at + 6] = headerChecksum(target.array, at + 4, at + 6);
    target.size += HEADER_BYTES;
  }

  /** Appends the frame's content to the empty target; the errors are those of {@link Codec}. */
  void read() {
    readHeader();
    boolean more;
    do {
      more = readBlock();
      if (target.size > maxBytes) {
        throw BatchErrors.decompressedTooLarge(maxBytes);
      }
    } while (more);
    if (contentSize >= 0 && contentSize != target.size) {
      throw BatchErrors.corrupt("lz4: the content size does not match");
    }
    if ((flags & CONTENT_CHECKSUM) != 0) {
      checkHash(target.array, 0, target.size);
    }
    if (position != end) {
      throw BatchErrors.corrupt("lz4: " + (end - position) + " bytes after the frame");
    }
  }

  private void readHeader() {
    if (readInt() != MAGIC) {
      throw BatchErrors.corrupt("lz4: no LZ4 frame");
    }
    int start = position;
    flags = source[take(1)];
    if ((flags & VERSION_MASK) != VERSION_1
        || (flags & INDEPENDENT_BLOCKS) == 0
        || (flags & UNSUPPORTED_FLAGS) != 0) {
      throw BatchErrors.corrupt(
          String.format("lz4: frame flags: 0x%02x (expected: independent blocks)", flags & 0xff));
    }
    int blockCode = source[take(1)] >> 4;
    int contentSizeAt = take((flags & CONTENT_SIZE) == 0 ? 0 : Long.BYTES);
    byte checksum = headerChecksum(source, start, position);
    if (source[take(1)] != checksum || blockCode < SMALLEST_BLOCK_CODE) {
      throw BatchErrors.corrupt("lz4: wrong header checksum or block size");
    }
    blockBytesMax = BLOCK_BYTES << (2 * (blockCode - SMALLEST_BLOCK_CODE));
    if ((flags & CONTENT_SIZE) != 0) {
      contentSize = LittleEndian.getLong(source, contentSizeAt);
      if (contentSize < 0 || contentSize > maxBytes) {
        throw BatchErrors.decompressedTooLarge(maxBytes);
      }
    }
  }

  /** Returns false at the end mark. */
  private boolean readBlock() {
    int header = readInt();
    if (header == 0) {
      return false;
    }
    int length = header & ~NOT_COMPRESSED;
    if (length > blockBytesMax) {
      throw BatchErrors.corrupt(
          "lz4: block length: " + length + " (expected: at most " + blockBytesMax + ")");
    }
    int start = take(length);
    if ((flags & BLOCK_CHECKSUMS) != 0) {
      checkHash(source, start, length);
    }
    if ((header & NOT_COMPRESSED) == 0) {
      decompress(start, length);
    } else {
      target.reserve(length);
      System.arraycopy(source, start, target.array, target.size, length);
      target.size += length;
    }
    return true;
  }

  private void decompress(int start, int length) {
    int room = (int) Math.min(blockBytesMax, (long) EXPANSION_MAX * length);
    target.reserve(room);
    try {
      target.size +=
          DECOMPRESSOR.decompress(source, start, length, target.array, target.size, room);
    } catch (LZ4Exception e) {
      throw BatchErrors.corrupt("lz4: " + e.getMessage());
    }
  }

  /** Compares with the four bytes that come next. */
  private void checkHash(byte[] bytes, int from, int length) {
    if (HASH.hash(bytes, from, length, 0) != readInt()) {
      throw BatchErrors.corrupt("lz4: wrong checksum");
    }
  }

  private int readInt() {
    return LittleEndian.getInt(source, take(Integer.BYTES));
  }

  /** Steps over so many bytes and returns where they start. */
  private int take(int bytes) {
    if (bytes > end - position) {
      throw BatchErrors.corrupt("lz4: the frame is cut");
    }
    int at = position;
    position += bytes;
    return at;
  }

  private static byte headerChecksum(byte[] bytes, int from, int end) {
    return (byte) (HASH.hash(bytes, from, end - from, 0) >> 8);
  }
}
