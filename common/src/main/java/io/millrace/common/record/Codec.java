package io.millrace.common.record;

import com.google.errorprone.annotations.Immutable;

/** A compression algorithm with the framing that batches use. Stateless, safe on any thread. */
@Immutable
interface Codec {
  /** The largest bound on decompressed bytes: room is left for one block of any codec above it. */
  int DECOMPRESSED_BYTES_MAX = 1 << 30;

  /** Appends the compressed form of the source to the target. */
  void compress(byte[] source, int from, int length, GrowableBytes target);

  /**
   * Appends the decompressed source to the empty target. Stops at the latest one block after {@code
   * maxBytes}; the caller checks the target's size against the bound.
   *
   * @throws io.millrace.common.MillraceException DECOMPRESSED_TOO_LARGE or CORRUPT_BATCH
   */
  void decompress(byte[] source, int from, int length, GrowableBytes target, int maxBytes);
}
