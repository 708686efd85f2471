package io.millrace.broker.log;

import io.millrace.common.MillraceException;
import io.millrace.common.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * Reads whole segments for a cleaning, batch by batch, each checked: offset, epoch, CRC. Confined
 * to the cleaning thread; one buffer for all, as large as the largest batch that is good.
 */
final class SegmentPass {
  private static final int CHUNK_BYTES = 1 << 20;

  private final LogDisk disk;
  private final LeaderEpochCache epochs;
  private final CleaningPace pace;
  private ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).limit(0);
  private int chunkPosition;

  SegmentPass(LogDisk disk, LeaderEpochCache epochs, CleaningPace pace) {
    this.disk = disk;
    this.epochs = epochs;
    this.pace = pace;
  }

  /**
   * Reads a segment.
   *
   * @param consumer takes each batch; its bytes are good during the call
   * @throws CorruptBatchException if a batch is not what was appended, or the consumer can't read
   *     it
   * @throws StaleSnapshotException if the segment was cut or deleted
   * @throws LogDirException if the disk fails
   */
  void read(SegmentView view, Consumer<RecordBatch> consumer) {
    SegmentHandle handle = view.borrow();
    try {
      walk(view, handle, consumer);
    } catch (IOException e) {
      view.requireUncut();
      throw disk.failed("read segment " + view.baseOffset(), e);
    } finally {
      view.segment().giveBack(handle);
    }
  }

  private void walk(SegmentView view, SegmentHandle handle, Consumer<RecordBatch> consumer)
      throws IOException {
    chunk.limit(0);
    chunkPosition = 0;
    long offset = view.baseOffset();
    int position = 0;
    while (position < view.size()) {
      load(view, handle, position, RecordBatch.HEADER_BYTES, offset);
      int size = header(position).sizeInBytes();
      if (size < RecordBatch.HEADER_BYTES || size > view.size() - position) {
        throw view.corrupt(position, offset, "batch size: " + size);
      }
      if (size > chunk.capacity()) {
        requireGoodInPieces(view, handle, position, size, offset);
      }
      load(view, handle, position, size, offset);
      RecordBatch batch = header(position);
      requireGood(view, batch, position, offset);
      try {
        consumer.accept(batch);
      } catch (MillraceException e) {
        throw view.corrupt(position, offset, e.error().message());
      }
      offset = batch.nextOffset();
      position += size;
    }
    if (offset != view.endOffset()) {
      throw view.corrupt(position, offset, "the segment ends (expected: at " + view.endOffset());
    }
  }

  private void requireGood(SegmentView view, RecordBatch batch, int position, long offset) {
    String defect = BatchScan.defect(batch, offset, epochs);
    if (defect.isEmpty() && !batch.crcValid()) {
      defect = "CRC is wrong";
    }
    if (!defect.isEmpty()) {
      throw view.corrupt(position, offset, defect);
    }
  }

  /** Memory is taken for such a size once the CRC shows that it is right. */
  private void requireGoodInPieces(
      SegmentView view, SegmentHandle handle, int position, int size, long offset)
      throws IOException {
    if (size > handle.data().size() - position) {
      view.requireUncut();
      throw view.corrupt(position, offset, "the segment ends before " + size + " bytes more");
    }
    BatchScan.Options options = new BatchScan.Options(offset, epochs, null, (batch, at) -> {});
    BatchScan.Result result =
        BatchScan.scan(handle.data(), position, position + size, offset, options);
    view.requireUncut();
    pace.moved(size);
    if (!result.reachedEnd()) {
      throw view.corrupt(position, offset, result.defect());
    }
  }

  private RecordBatch header(int position) {
    return RecordBatch.at(chunk, position - chunkPosition);
  }

  private void load(SegmentView view, SegmentHandle handle, int position, int bytes, long offset)
      throws IOException {
    if (position + (long) bytes <= chunkPosition + (long) chunk.limit()) {
      return;
    }
    if (bytes > chunk.capacity()) {
      chunk = ByteBuffer.allocate(bytes);
    }
    chunk.clear().limit(Math.min(chunk.capacity(), view.size() - position));
    int read = handle.data().read(chunk, position);
    view.requireUncut();
    chunk.position(0).limit(read);
    chunkPosition = position;
    pace.moved(read);
    if (read < bytes) {
      throw view.corrupt(position, offset, "the segment ends after " + read + " bytes more");
    }
  }
}
