package io.millrace.broker.log;

import io.millrace.common.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** A reader's way from batch header to batch header through a segment. Confined to one thread. */
final class HeaderWalk {
  /** From an index entry to the log's end it is half of that, and a batch, where they are small. */
  private static final int CHUNK_BYTES = 8192;

  private final SegmentView view;
  private final SegmentHandle handle;
  private final LeaderEpochCache epochs;
  private final ByteBuffer chunk;
  private int chunkPosition;
  private int position;
  private long offset;

  /**
   * A walk.
   *
   * @param handle of the view's segment
   * @param start where the first batch begins
   */
  HeaderWalk(
      SegmentView view,
      SegmentHandle handle,
      LeaderEpochCache epochs,
      OffsetIndex.IndexedPosition start) {
    this.view = view;
    this.handle = handle;
    this.epochs = epochs;
    this.chunk = ByteBuffer.allocate(CHUNK_BYTES).limit(0);
    this.chunkPosition = start.position();
    this.position = start.position();
    this.offset = start.offset();
  }

  /** Whether there is a batch at {@link #position()}. */
  boolean hasBatch() {
    return position < view.size();
  }

  int position() {
    return position;
  }

  /**
   * The header of the batch at {@link #position()}, valid until the walk goes on.
   *
   * @throws CorruptBatchException if it can't be that batch's
   * @throws StaleSnapshotException if the segment was cut
   */
  RecordBatch header() throws IOException {
    if (position + RecordBatch.HEADER_BYTES > chunkPosition + chunk.limit()) {
      chunk.clear().limit(Math.min(CHUNK_BYTES, view.size() - position));
      int read = handle.data().read(chunk, position);
      view.requireUncut();
      chunk.position(0).limit(read);
      chunkPosition = position;
      if (read < RecordBatch.HEADER_BYTES) {
        throw view.corrupt(position, offset, "the segment ends after " + read + " bytes more");
      }
    }
    RecordBatch batch = RecordBatch.at(chunk, position - chunkPosition);
    String defect = BatchScan.defect(batch, offset, epochs);
    if (!defect.isEmpty()) {
      throw view.corrupt(position, offset, defect);
    }
    int size = batch.sizeInBytes();
    if (size < RecordBatch.HEADER_BYTES || size > view.size() - position) {
      throw view.corrupt(
          position,
          offset,
          "batch size: " + size + " (expected: at most " + (view.size() - position) + ")");
    }
    return batch;
  }

  /**
   * The bytes from {@link #position()} on, if the header was read with that many behind it.
   *
   * @return its position is where they begin
   */
  Optional<ByteBuffer> loaded(int bytes) {
    int from = position - chunkPosition;
    return from + bytes > chunk.limit()
        ? Optional.empty()
        : Optional.of(chunk.duplicate().limit(from + bytes).position(from));
  }

  void next() throws IOException {
    RecordBatch batch = header();
    offset = batch.nextOffset();
    position += batch.sizeInBytes();
  }
}
