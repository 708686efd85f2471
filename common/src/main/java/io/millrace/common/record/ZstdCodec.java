package io.millrace.common.record;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;

/**
 * Codec 4: zstandard frames (RFC 8878).
 *
 * <p>Decompresses in one call into an array of the size that {@link ZstdFrames} works out. That
 * needs no window beside it, which a stream decoder would allocate as large as the frame asks.
 */
final class ZstdCodec implements Codec {
  private static final int LEVEL = 3;

  @Override
  public void compress(byte[] source, int from, int length, GrowableBytes target) {
    int room = (int) Zstd.compressBound(length);
    target.reserve(room);
    try (ZstdCompressCtx context = new ZstdCompressCtx().setLevel(LEVEL)) {
      target.size +=
          context.compressByteArray(target.array, target.size, room, source, from, length);
    }
  }

  @Override
  public void decompress(byte[] source, int from, int length, GrowableBytes target, int maxBytes) {
    int room = (int) Math.min(ZstdFrames.contentBound(source, from, from + length), maxBytes);
    target.reserve(room);
    try (ZstdDecompressCtx context = new ZstdDecompressCtx()) {
      target.size +=
          context.decompressByteArray(target.array, target.size, room, source, from, length);
    } catch (ZstdException e) {
      if (room == maxBytes && e.getErrorCode() == Zstd.errDstSizeTooSmall()) {
        throw BatchErrors.decompressedTooLarge(maxBytes);
      }
      throw BatchErrors.corrupt("zstd: " + e.getMessage());
    }
  }
}
