package io.millrace.common.record;

/** Codec 0: the bytes as they are. */
final class NoCodec implements Codec {
  @Override
  public void compress(byte[] source, int from, int length, GrowableBytes target) {
    copy(source, from, length, target);
  }

  @Override
  public void decompress(byte[] source, int from, int length, GrowableBytes target, int maxBytes) {
    if (length > maxBytes) {
      throw BatchErrors.decompressedTooLarge(maxBytes);
    }
    copy(source, from, length, target);
  }

  private static void copy(byte[] source, int from, int length, GrowableBytes target) {
    target.reserve(length);
    System.arraycopy(source, from, target.array, target.size, length);
    target.size += length;
  }
}
