package io.millrace.common.record;

/**
 * Walks the block headers of zstandard frames (RFC 8878, section 3) to bound what they unpack to.
 *
 * <pre>
 * frame: 28 b5 2f fd | descriptor | [window 1] [dictionary id 0-4] [content size 0-8]
 *        | blocks | [checksum 4]
 * descriptor: bits 7-6 size of the content size, 5 single segment (no window byte), 2 checksum,
 *        1-0 size of the dictionary id
 * block: 3 bytes little-endian: bit 0 last, bits 1-2 type, bits 3-23 size | bytes
 * skippable frame: 5x 2a 4d 18 | length 4 | bytes
 * </pre>
 */
final class ZstdFrames {
  private static final int MAGIC = 0xfd2fb528;
  private static final int SKIPPABLE_MAGIC = 0x184d2a50;
  private static final int SKIPPABLE_MASK = 0xfffffff0;
  private static final int BLOCK_CONTENT_MAX = 128 * 1024;
  private static final int TYPE_RLE = 1;
  private static final int TYPE_COMPRESSED = 2;

  private final byte[] source;
  private final int end;
  private int position;
  private long bound;

  private ZstdFrames(byte[] source, int from, int end) {
    this.source = source;
    this.position = from;
    this.end = end;
  }

  /**
   * The most bytes that the frames can unpack to. A compressed block counts as 128 KB, the most
   * that the format allows, so the bound is loose by less than that for each.
   *
   * @throws io.millrace.common.MillraceException CORRUPT_BATCH if they are not whole frames
   */
  static long contentBound(byte[] source, int from, int end) {
    ZstdFrames frames = new ZstdFrames(source, from, end);
    do {
      frames.walkFrame();
    } while (frames.position < end);
    return frames.bound;
  }

  private void walkFrame() {
    int magic = LittleEndian.getInt(source, take(4));
    if ((magic & SKIPPABLE_MASK) == SKIPPABLE_MAGIC) {
      take(LittleEndian.getInt(source, take(4)));
      return;
    }
    if (magic != MAGIC) {
      throw BatchErrors.corrupt("zstd: no zstandard frame");
    }
    int descriptor = source[take(1)] & 0xff;
    take(headerRest(descriptor));
    boolean last;
    do {
      last = walkBlock();
    } while (!last);
    take((descriptor & 0x04) != 0 ? 4 : 0);
  }

  private static int headerRest(int descriptor) {
    boolean singleSegment = (descriptor & 0x20) != 0;
    int dictionaryIdBytes = (1 << (descriptor & 3)) >> 1;
    int contentSizeBytes =
        switch (descriptor >> 6) {
          case 0 -> singleSegment ? 1 : 0;
          case 1 -> 2;
          case 2 -> 4;
          default -> 8;
        };
    return (singleSegment ? 0 : 1) + dictionaryIdBytes + contentSizeBytes;
  }

  /** Returns whether it was the frame's last. */
  private boolean walkBlock() {
    int at = take(3);
    int header = LittleEndian.getShort(source, at) | ((source[at + 2] & 0xff) << 16);
    int type = (header >> 1) & 3;
    int size = header >> 3;
    take(type == TYPE_RLE ? 1 : size);
    bound += type == TYPE_COMPRESSED ? BLOCK_CONTENT_MAX : Math.min(size, BLOCK_CONTENT_MAX);
    return (header & 1) != 0;
  }

  /** Steps over so many bytes and returns where they start. */
  private int take(int bytes) {
    if (bytes < 0 || bytes > end - position) {
      throw BatchErrors.corrupt("zstd: the frame is cut");
    }
    int at = position;
    position += bytes;
    return at;
  }
}
