package io.millrace.common.record;

import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;

/** Codec 3: one LZ4 frame, drawn at {@link Lz4Frame}, written as Kafka's clients write it. */
final class Lz4Codec implements Codec {
  private static final LZ4Compressor COMPRESSOR = LZ4Factory.fastestInstance().fastCompressor();

  @Override
  public void compress(byte[] source, int from, int length, GrowableBytes target) {
    Lz4Frame.writeHeader(target);
    for (int done = 0; done < length; done += Lz4Frame.BLOCK_BYTES) {
      compressBlock(source, from + done, Math.min(Lz4Frame.BLOCK_BYTES, length - done), target);
    }
    target.reserve(Lz4Frame.END_MARK_BYTES);
    LittleEndian.putInt(target.array, target.size, 0);
    target.size += Lz4Frame.END_MARK_BYTES;
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
      LittleEndian.putInt(target.array, target.size, length | Lz4Frame.NOT_COMPRESSED);
      target.size = start + length;
    }
  }

  @Override
  public void decompress(byte[] source, int from, int length, GrowableBytes target, int maxBytes) {
    new Lz4Frame(source, from, from + length, target, maxBytes).read();
  }
}
