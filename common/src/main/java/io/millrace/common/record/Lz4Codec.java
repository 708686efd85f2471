package io.millrace.common.record;

import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import net.jpountz.xxhash.XXHash32;
import net.jpountz.xxhash.XXHashFactory;

/**
 * Codec 3: one LZ4 frame (the LZ4 frame format 1.6) of independent blocks, as Kafka's clients write
 * it: 64 KB blocks, no checksums. Reading takes every block size, content size and checksums.
 *
 * <pre>
 * 04 22 4d 18 | FLG BD [content size 8] HC | blocks | 00 00 00 00 | [content checksum 4]
 * FLG  bits 7-6 version 01, 5 independent blocks, 4 block checksums, 3 content size,
 *      2 content checksum, 1 zero, 0 dictionary id
 * BD   bits 6-4 largest block: 4 64 KB, 5 256 KB, 6 1 MB, 7 4 MB
 * HC   second byte of the xxHash32 of FLG to the byte before
 * block: length int32 (high bit: not compressed) | bytes | [xxHash32 of the bytes 4]
 * </pre>
 */
final class Lz4Codec implements Codec {
  private static final int MAGIC = 0x184d2204;
  private static final int VERSION_MASK = 0xc0;
  private static final int VERSION_1 = 0x40;
  private static final int INDEPENDENT_BLOCKS = 0x20;
  private static final int BLOCK_CHECKSUMS = 0x10;
  private static final int CONTENT_SIZE = 0x08;
  private static final int CONTENT_CHECKSUM = 0x04;
  private static final int UNSUPPORTED_FLAGS = 0x03;
  private static final int NOT_COMPRESSED = 0x80000000;
  private static final int HEADER_BYTES = 7;
  private static final int SMALLEST_BLOCK_CODE = 4;
  private static final int BLOCK_BYTES = 64 * 1024;

  private static final LZ4Compressor COMPRESSOR = LZ4Factory.fastestInstance().fastCompressor();
  private static final LZ4SafeDecompressor DECOMPRESSOR =
      LZ4Factory.fastestInstance().safeDecompressor();
  private static final XXHash32 HASH = XXHashFactory.fastestInstance().hash32();

  @Override
  public void compress(byte[] source, int from, int length, GrowableBytes target) {
    target.reserve(HEADER_BYTES);
    int header = target.size;
    LittleEndian.putInt(target.array, header, MAGIC);
    target.array[header + 4] = VERSION_1 | INDEPENDENT_BLOCKS;
    target.array[header + 5] = SMALLEST_BLOCK_CODE << 4;
    target.array[header + 6] = headerChecksum(target.array, header + 4, header + 6);
    target.size += HEADER_BYTES;
    for (int done = 0; done < length; done += BLOCK_BYTES) {
      compressBlock(source, from + done, Math.min(BLOCK_BYTES, length - done), target);
    }
    target.reserve(4);
    LittleEndian.putInt(target.array, target.size, 0);
    target.size += 4;
  }

  private static void compressBlock(byte[] source, int from, int length, GrowableBytes target) {
    target.reserve(4 + COMPRESSOR.maxCompressedLength(length));
    int start = target.size + 4;
    int compressed = COMPRESSOR.compress(source, from, length, target.array, start);
    if (compressed < length) {
      LittleEndian.putInt(target.array, target.size, compressed);
      target.size = start + compressed;
    } else {
      System.arraycopy(source, from, target.array, start, length);
      LittleEndian.putInt(target.array, target.size, length | NOT_COMPRESSED);
      target.size = start + length;
    }
  }

  @Override
  public void decompress(byte[] source, int from, int length, GrowableBytes target, int maxBytes) {
    int end = from + length;
    if (length < HEADER_BYTES || LittleEndian.getInt(source, from) != MAGIC) {
      throw BatchErrors.corrupt("lz4: no LZ4 frame");
    }
    int flags = source[from + 4];
    int position = skipHeader(source, from + 4, end, flags, maxBytes);
    int blockBytesMax = largestBlock(source[from + 5]);
    while (true) {
      int blockLength = intAt(source, position, end);
      position += 4;
      if (blockLength == 0) {
        break;
      }
      int bytes = blockLength & ~NOT_COMPRESSED;
      if (bytes > end - position || bytes > blockBytesMax) {
        throw BatchErrors.corrupt("lz4: a block of " + bytes + " bytes is too long");
      }
      decompressBlock(source, position, blockLength, blockBytesMax, target);
      position += bytes;
      if ((flags & BLOCK_CHECKSUMS) != 0) {
        checkHash(source, position - bytes, bytes, intAt(source, position, end));
        position += 4;
      }
      if (target.size > maxBytes) {
        throw BatchErrors.decompressedTooLarge(maxBytes);
      }
    }
    finish(source, position, end, flags, target);
  }

  private static void finish(byte[] source, int from, int end, int flags, GrowableBytes target) {
    int position = from;
    if ((flags & CONTENT_CHECKSUM) != 0) {
      checkHash(target.array, 0, target.size, intAt(source, position, end));
      position += 4;
    }
    if (position != end) {
      throw BatchErrors.corrupt("lz4: " + (end - position) + " bytes after the frame");
    }
  }

  private static int skipHeader(byte[] source, int from, int end, int flags, int maxBytes) {
    if ((flags & VERSION_MASK) != VERSION_1
        || (flags & INDEPENDENT_BLOCKS) == 0
        || (flags & UNSUPPORTED_FLAGS) != 0) {
      throw BatchErrors.corrupt(
          String.format("lz4: frame flags: 0x%02x (expected: independent blocks)", flags & 0xff));
    }
    int position = from + 2;
    if ((flags & CONTENT_SIZE) != 0) {
      if (end - position < 8) {
        throw BatchErrors.corrupt("lz4: the header is cut");
      }
      if (Long.compareUnsigned(LittleEndian.getLong(source, position), maxBytes) > 0) {
        throw BatchErrors.decompressedTooLarge(maxBytes);
      }
      position += 8;
    }
    if (position >= end || source[position] != headerChecksum(source, from, position)) {
      throw BatchErrors.corrupt("lz4: wrong header checksum");
    }
    return position + 1;
  }

  private static void decompressBlock(
      byte[] source, int from, int blockLength, int blockBytesMax, GrowableBytes target) {
    int bytes = blockLength & ~NOT_COMPRESSED;
    if (blockLength < 0) {
      target.reserve(bytes);
      System.arraycopy(source, from, target.array, target.size, bytes);
      target.size += bytes;
      return;
    }
    target.reserve(blockBytesMax);
    try {
      target.size +=
          DECOMPRESSOR.decompress(source, from, bytes, target.array, target.size, blockBytesMax);
    } catch (LZ4Exception e) {
      throw BatchErrors.corrupt("lz4: " + e.getMessage());
    }
  }

  private static int largestBlock(byte descriptor) {
    int code = descriptor >> 4;
    if (code < SMALLEST_BLOCK_CODE || (descriptor & 0x0f) != 0) {
      throw BatchErrors.corrupt(
          String.format("lz4: block descriptor: 0x%02x (expected: 0x40-0x70)", descriptor & 0xff));
    }
    return BLOCK_BYTES << (2 * (code - SMALLEST_BLOCK_CODE));
  }

  private static int intAt(byte[] source, int position, int end) {
    if (end - position < 4) {
      throw BatchErrors.corrupt("lz4: the frame is cut");
    }
    return LittleEndian.getInt(source, position);
  }

  private static void checkHash(byte[] bytes, int from, int length, int expected) {
    if (HASH.hash(bytes, from, length, 0) != expected) {
      throw BatchErrors.corrupt("lz4: wrong checksum");
    }
  }

  private static byte headerChecksum(byte[] bytes, int from, int end) {
    return (byte) (HASH.hash(bytes, from, end - from, 0) >> 8);
  }
}
