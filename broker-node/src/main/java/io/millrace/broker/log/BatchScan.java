package io.millrace.broker.log;

import io.millrace.common.file.FileStore.StoredFile;
import io.millrace.common.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.OptionalInt;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One pass over the batches of a segment's file, in order. Stops at the first that can't be right:
 * its header is cut or of another format, it runs past the end, its offset does not follow, its
 * epoch is not the one that wrote that offset, or (where asked) its CRC is wrong. Confined to one
 * thread; memory is bounded whatever the lengths say.
 */
final class BatchScan {
  private static final int CHUNK_BYTES = 1 << 20;

  /** The first byte of a batch that its CRC covers. */
  private static final int CRC_COVERS_FROM = 21;

  private final StoredFile file;
  private final int endPosition;
  private final Options options;
  private final ByteBuffer chunk;
  private int chunkPosition;

  /** Told of each batch that passed. */
  interface Visitor {
    /**
     * Takes a batch.
     *
     * @param batch its header; valid during the call, its records may not be there
     * @param position the byte of the file where it begins
     */
    void visit(RecordBatch batch, int position);
  }

  /**
   * What is checked and collected.
   *
   * @param checkCrcFrom batches with records at or above this offset have their CRC checked
   * @param epochs the epochs known to have written the log; an empty cache knows nothing
   * @param wholeFile collects the checksum of all bytes passed, where asked
   * @param visitor told of each batch that passed
   */
  record Options(
      long checkCrcFrom, LeaderEpochCache epochs, @Nullable CRC32C wholeFile, Visitor visitor) {
    /** Headers only. */
    static Options headers(Visitor visitor) {
      return new Options(Long.MAX_VALUE, LeaderEpochCache.EMPTY, null, visitor);
    }
  }

  /**
   * Where the scan stopped.
   *
   * @param position the byte after the last good batch
   * @param nextOffset the offset after it
   * @param defect what was wrong with the bytes from there on; empty at the end
   */
  record Result(int position, long nextOffset, String defect) {
    boolean reachedEnd() {
      return defect.isEmpty();
    }
  }

  private BatchScan(StoredFile file, int position, int endPosition, Options options) {
    this.file = file;
    this.endPosition = endPosition;
    this.options = options;
    this.chunk = ByteBuffer.allocate(Math.min(CHUNK_BYTES, endPosition - position)).limit(0);
    this.chunkPosition = position;
  }

  /**
   * Scans a range.
   *
   * @param position where a batch begins
   * @param endPosition where the bytes end
   * @param offset the base offset that the first batch must have
   */
  static Result scan(StoredFile file, int position, int endPosition, long offset, Options options)
      throws IOException {
    return new BatchScan(file, position, endPosition, options).run(position, offset);
  }

  private Result run(int start, long startOffset) throws IOException {
    int position = start;
    long offset = startOffset;
    while (position < endPosition) {
      if (!load(position, RecordBatch.HEADER_BYTES)) {
        return new Result(position, offset, cutHeader(position));
      }
      String defect = headerDefect(header(position), position, offset);
      if (!defect.isEmpty()) {
        return new Result(position, offset, defect);
      }
      int size = header(position).sizeInBytes();
      boolean whole = load(position, size);
      RecordBatch batch = header(position);
      if (batch.lastOffset() >= options.checkCrcFrom() && !crcValid(batch, position, whole)) {
        return new Result(position, offset, "CRC is wrong");
      }
      if (options.wholeFile() != null) {
        digest(options.wholeFile(), position, size);
        load(position, RecordBatch.HEADER_BYTES);
        batch = header(position);
      }
      options.visitor().visit(batch, position);
      offset = batch.nextOffset();
      position += size;
    }
    return new Result(position, offset, "");
  }

  private String cutHeader(int position) throws IOException {
    return isZero(position)
        ? "zeros to the end of the file"
        : "a header cut after " + (endPosition - position) + " bytes";
  }

  private String headerDefect(RecordBatch batch, int position, long offset) throws IOException {
    int size = batch.sizeInBytes();
    if (size < RecordBatch.HEADER_BYTES) {
      return isZero(position)
          ? "zeros to the end of the file"
          : "batch size: " + size + " (expected: >= " + RecordBatch.HEADER_BYTES + ")";
    }
    if (size > endPosition - position) {
      return "a batch of " + size + " bytes cut after " + (endPosition - position);
    }
    return defect(batch, offset, options.epochs());
  }

  /** What is wrong with a whole batch's header, or nothing. */
  static String defect(RecordBatch batch, long expectedOffset, LeaderEpochCache epochs) {
    if (batch.magic() != RecordBatch.MAGIC) {
      return "magic: " + batch.magic() + " (expected: " + RecordBatch.MAGIC + ")";
    }
    if (batch.baseOffset() != expectedOffset) {
      return "base offset: " + batch.baseOffset() + " (expected: " + expectedOffset + ")";
    }
    if (batch.lastOffsetDelta() < 0) {
      return "last offset delta: " + batch.lastOffsetDelta() + " (expected: >= 0)";
    }
    OptionalInt epoch = epochs.epochOf(expectedOffset);
    if (epoch.isPresent() && epoch.getAsInt() != batch.leaderEpoch()) {
      return "leader epoch: " + batch.leaderEpoch() + " (expected: " + epoch.getAsInt() + ")";
    }
    return "";
  }

  private RecordBatch header(int position) {
    return RecordBatch.at(chunk, position - chunkPosition);
  }

  /** Has bytes in the chunk, if it can hold them and the file has them. */
  private boolean load(int position, int bytes) throws IOException {
    if (position >= chunkPosition
        && position + (long) bytes <= chunkPosition + (long) chunk.limit()) {
      return true;
    }
    if (bytes > chunk.capacity() || bytes > endPosition - position) {
      return false;
    }
    chunk.clear().limit(Math.min(chunk.capacity(), endPosition - position));
    int read = file.read(chunk, position);
    chunk.position(0).limit(read);
    chunkPosition = position;
    return bytes <= read;
  }

  private boolean crcValid(RecordBatch batch, int position, boolean whole) throws IOException {
    if (whole) {
      return batch.crcValid();
    }
    long stored = batch.crc();
    int size = batch.sizeInBytes();
    CRC32C crc = new CRC32C();
    digest(crc, position + CRC_COVERS_FROM, size - CRC_COVERS_FROM);
    load(position, RecordBatch.HEADER_BYTES);
    return crc.getValue() == stored;
  }

  /** Adds bytes of the file to a checksum, piece by piece. */
  private void digest(CRC32C crc, int position, int bytes) throws IOException {
    int at = position;
    int end = position + bytes;
    while (at < end) {
      if (!load(at, Math.min(end - at, chunk.capacity()))) {
        throw new IOException("file ended at byte " + at + " (expected: " + end + ")");
      }
      int piece = Math.min(end - at, chunk.limit() - (at - chunkPosition));
      crc.update(chunk.slice(at - chunkPosition, piece));
      at += piece;
    }
  }

  private boolean isZero(int position) throws IOException {
    int at = position;
    while (at < endPosition) {
      int piece = Math.min(chunk.capacity(), endPosition - at);
      if (!load(at, piece)) {
        return false;
      }
      for (int i = 0; i < piece; i++) {
        if (chunk.get(at - chunkPosition + i) != 0) {
          return false;
        }
      }
      at += piece;
    }
    return true;
  }
}
