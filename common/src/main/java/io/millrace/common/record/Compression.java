package io.millrace.common.record;

import io.millrace.common.MillraceException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * How the records of a batch are compressed, with the ids of the format.
 *
 * <p>Decompression is bounded: it stops at the first byte over the bound, whatever the compressed
 * bytes claim (row S23 of the semantics).
 */
public enum Compression {
  NONE(0, "none", new NoCodec()),
  GZIP(1, "gzip", new GzipCodec()),
  SNAPPY(2, "snappy", new SnappyCodec()),
  LZ4(3, "lz4", new Lz4Codec()),
  ZSTD(4, "zstd", new ZstdCodec());

  private static final List<Compression> BY_ID = List.of(values());

  private final int id;
  private final String codecName;
  private final Codec codec;

  Compression(int id, String codecName, Codec codec) {
    this.id = id;
    this.codecName = codecName;
    this.codec = codec;
  }

  /** The codec of an id of the format, from 0 to 4. */
  public static Optional<Compression> fromId(int id) {
    return id >= 0 && id < BY_ID.size() ? Optional.of(BY_ID.get(id)) : Optional.empty();
  }

  /** The codec of a name in lower case: none, gzip, snappy, lz4 or zstd. */
  public static Optional<Compression> fromName(String name) {
    return Arrays.stream(values()).filter(codec -> codec.codecName.equals(name)).findFirst();
  }

  /** The value of the attribute bits 0-2. */
  public int id() {
    return id;
  }

  /** The name in lower case. */
  public String codecName() {
    return codecName;
  }

  /**
   * Decompresses the bytes from position to limit of a buffer, which is left as it was.
   *
   * @param maxBytes the most bytes that may come out
   * @return a new heap buffer, from position to limit
   * @throws MillraceException DECOMPRESSED_TOO_LARGE if more than that would come out,
   *     CORRUPT_BATCH if the bytes are not of this codec
   */
  public ByteBuffer decompress(ByteBuffer source, long maxBytes) {
    GrowableBytes target = new GrowableBytes(0);
    HeapBytes bytes = HeapBytes.of(source, source.position(), source.remaining());
    decompress(bytes.array, bytes.from, bytes.length, target, maxBytes);
    return ByteBuffer.wrap(target.array, 0, target.size);
  }

  /** Compresses the bytes from position to limit of a buffer, which is left as it was. */
  public ByteBuffer compress(ByteBuffer source) {
    GrowableBytes target = new GrowableBytes(0);
    HeapBytes bytes = HeapBytes.of(source, source.position(), source.remaining());
    codec.compress(bytes.array, bytes.from, bytes.length, target);
    return ByteBuffer.wrap(target.array, 0, target.size);
  }

  void compress(byte[] source, int from, int length, GrowableBytes target) {
    codec.compress(source, from, length, target);
  }

  void decompress(byte[] source, int from, int length, GrowableBytes target, long maxBytes) {
    int bound = (int) Math.min(maxBytes, Codec.DECOMPRESSED_BYTES_MAX);
    codec.decompress(source, from, length, target, bound);
    if (target.size > bound) {
      throw BatchErrors.decompressedTooLarge(bound);
    }
  }
}
