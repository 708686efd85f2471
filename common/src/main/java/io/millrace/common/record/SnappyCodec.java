package io.millrace.common.record;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.xerial.snappy.Snappy;
import org.xerial.snappy.SnappyError;

/**
 * Codec 2: snappy blocks in the framing of snappy-java's streams, which Kafka's clients use. A bare
 * snappy block without framing is read too: other clients write that.
 *
 * <pre>
 * 82 'S' 'N' 'A' 'P' 'P' 'Y' 00 | version int32 1 | compatible version int32 1 | blocks
 * block: length int32 (big-endian, as the versions) | snappy bytes
 * </pre>
 */
final class SnappyCodec implements Codec {
  private static final byte[] MAGIC = {(byte) 0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
  private static final int HEADER_BYTES = 16;
  private static final int VERSION = 1;
  private static final int BLOCK_BYTES = 32 * 1024;

  /** A snappy copy element turns 3 bytes into 64 at most: what claims more is a lie. */
  private static final int EXPANSION_MAX = 32;

  @Override
  public void compress(byte[] source, int from, int length, GrowableBytes target) {
    target.reserve(HEADER_BYTES);
    ByteBuffer.wrap(target.array, target.size, HEADER_BYTES)
        .put(MAGIC)
        .putInt(VERSION)
        .putInt(VERSION);
    target.size += HEADER_BYTES;
    for (int done = 0; done < length; done += BLOCK_BYTES) {
      compressBlock(source, from + done, Math.min(BLOCK_BYTES, length - done), target);
    }
  }

  private static void compressBlock(byte[] source, int from, int length, GrowableBytes target) {
    target.reserve(4 + Snappy.maxCompressedLength(length));
    try {
      int compressed = Snappy.compress(source, from, length, target.array, target.size + 4);
      ByteBuffer.wrap(target.array).putInt(target.size, compressed);
      target.size += 4 + compressed;
    } catch (IOException e) {
      throw new IllegalStateException("snappy refuses to compress " + length + " bytes", e);
    }
  }

  @Override
  public void decompress(byte[] source, int from, int length, GrowableBytes target, int maxBytes) {
    try {
      if (isFramed(source, from, length)) {
        decompressBlocks(source, from + HEADER_BYTES, from + length, target, maxBytes);
      } else {
        decompressBlock(source, from, length, target, maxBytes);
      }
    } catch (IOException e) {
      throw BatchErrors.corrupt("snappy: " + e.getMessage());
    } catch (LinkageError | SnappyError e) {
      throw new MillraceException(
          ErrorCode.UNSUPPORTED_BATCH_FORMAT,
          "codec: snappy (expected: another codec; its library can't be loaded here: " + e + ")");
    }
  }

  private static boolean isFramed(byte[] source, int from, int length) {
    return length >= HEADER_BYTES
        && Arrays.equals(source, from, from + MAGIC.length, MAGIC, 0, MAGIC.length);
  }

  private static void decompressBlocks(
      byte[] source, int from, int end, GrowableBytes target, int maxBytes) throws IOException {
    ByteBuffer lengths = ByteBuffer.wrap(source);
    int position = from;
    while (position < end) {
      int blockBytes = end - position < 4 ? -1 : lengths.getInt(position);
      if (blockBytes < 0 || blockBytes > end - position - 4) {
        throw BatchErrors.corrupt("snappy: a block reaches over the end");
      }
      decompressBlock(source, position + 4, blockBytes, target, maxBytes);
      position += 4 + blockBytes;
    }
  }

  private static void decompressBlock(
      byte[] source, int from, int length, GrowableBytes target, int maxBytes) throws IOException {
    int claimed = length == 0 ? 0 : Snappy.uncompressedLength(source, from, length);
    if (length == 0 || claimed < 0 || claimed / EXPANSION_MAX > length) {
      throw BatchErrors.corrupt("snappy: " + length + " bytes can't hold " + claimed);
    }
    if (claimed > maxBytes - target.size) {
      throw BatchErrors.decompressedTooLarge(maxBytes);
    }
    target.reserve(claimed);
    int written = Snappy.uncompress(source, from, length, target.array, target.size);
    if (written != claimed) {
      throw BatchErrors.corrupt("snappy: decompressed " + written + " bytes of " + claimed);
    }
    target.size += claimed;
  }
}
