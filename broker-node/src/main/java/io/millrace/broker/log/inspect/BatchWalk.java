package io.millrace.broker.log.inspect;

import io.millrace.common.file.FileStore.StoredFile;
import io.millrace.common.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * One pass over a segment's file from batch to batch by their lengths, good or bad; ends where a
 * length leads nowhere. Confined to one thread. A length that lies costs no memory: a large batch
 * is read whole only once its CRC has proved it.
 */
final class BatchWalk {
  private static final int CHUNK_BYTES = 1 << 20;

  /** The first byte of a batch that its CRC covers. */
  private static final int CRC_COVERS_FROM = 21;

  private final StoredFile file;
  private final long size;
  private ByteBuffer chunk;
  private long chunkPosition;

  /** Told of each batch. */
  interface Visitor {
    /**
     * Takes a batch.
     *
     * @param batch valid during the call; its records are there if its CRC is right
     * @param position the byte of the file where it begins
     * @return whether to go on
     */
    boolean visit(RecordBatch batch, long position, boolean crcValid) throws IOException;
  }

  /**
   * Where the walk ended.
   *
   * @param position the byte after the last batch
   * @param defect why it can't go on from there; empty at the end of the file or if the visitor
   *     ended it
   */
  record End(long position, String defect) {}

  private BatchWalk(StoredFile file, long size) {
    this.file = file;
    this.size = size;
    this.chunk = ByteBuffer.allocate((int) Math.min(CHUNK_BYTES, size)).limit(0);
  }

  static End walk(StoredFile file, Visitor visitor) throws IOException {
    return new BatchWalk(file, file.size()).run(visitor);
  }

  private End run(Visitor visitor) throws IOException {
    long position = 0;
    while (position < size) {
      String defect = defectAt(position);
      if (!defect.isEmpty()) {
        return new End(position, defect);
      }
      int batchBytes = header(position).sizeInBytes();
      boolean crcValid = crcValid(position, batchBytes);
      load(position, crcValid ? batchBytes : RecordBatch.HEADER_BYTES);
      if (!visitor.visit(header(position), position, crcValid)) {
        return new End(position, "");
      }
      position += batchBytes;
    }
    return new End(position, "");
  }

  private String defectAt(long position) throws IOException {
    long left = size - position;
    if (left < RecordBatch.HEADER_BYTES) {
      return "bytes: " + left + " (expected: a batch, at least " + RecordBatch.HEADER_BYTES + ")";
    }
    load(position, RecordBatch.HEADER_BYTES);
    int batchBytes = header(position).sizeInBytes();
    if (batchBytes < RecordBatch.HEADER_BYTES || batchBytes > left) {
      return "batch size: "
          + batchBytes
          + " (expected: ["
          + RecordBatch.HEADER_BYTES
          + ", "
          + left
          + "])";
    }
    return "";
  }

  private RecordBatch header(long position) {
    return RecordBatch.at(chunk, (int) (position - chunkPosition));
  }

  /** Has the bytes, which the file must hold, in the chunk. */
  private void load(long position, int bytes) throws IOException {
    boolean there = position >= chunkPosition && position + bytes <= chunkPosition + chunk.limit();
    if (there) {
      return;
    }
    if (bytes > chunk.capacity()) {
      chunk = ByteBuffer.allocate(bytes);
    }
    chunk.clear();
    int read = file.read(chunk, position);
    chunk.position(0).limit(read);
    chunkPosition = position;
    if (read < bytes) {
      throw new IOException(
          file.path() + ": ends at byte " + (position + read) + " (expected: " + size + ")");
    }
  }

  private boolean crcValid(long position, int batchBytes) throws IOException {
    if (batchBytes <= CHUNK_BYTES) {
      load(position, batchBytes);
      return header(position).crcValid();
    }
    long stored = header(position).crc();
    CRC32C crc = new CRC32C();
    long end = position + batchBytes;
    long at = position + CRC_COVERS_FROM;
    while (at < end) {
      int piece = (int) Math.min(CHUNK_BYTES, end - at);
      load(at, piece);
      crc.update(chunk.slice((int) (at - chunkPosition), piece));
      at += piece;
    }
    load(position, RecordBatch.HEADER_BYTES);
    return crc.getValue() == stored;
  }
}
