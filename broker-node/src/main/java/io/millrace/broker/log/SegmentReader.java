package io.millrace.broker.log;

import io.millrace.common.record.Record;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.Optional;

/** Reads of one segment, as of one moment. Confined to the reading thread. */
final class SegmentReader {
  private final SegmentView view;
  private final SegmentHandle handle;
  private final LeaderEpochCache epochs;

  SegmentReader(SegmentView view, SegmentHandle handle, LeaderEpochCache epochs) {
    this.view = view;
    this.handle = handle;
    this.epochs = epochs;
  }

  /** See {@link LogSnapshot#read}. */
  LogRead read(ReadRequest request) throws IOException {
    HeaderWalk walk = walkFrom(handle.offsets().floor(request.startOffset()));
    RecordBatch first = batchHolding(walk, request.startOffset());
    int size = first.sizeInBytes();
    long firstOffset = first.baseOffset();
    int available = view.size() - walk.position();
    int wanted =
        request.atLeastOneBatch() ? Math.max(size, request.maxBytes()) : request.maxBytes();
    int bytes = Math.min(available, wanted);
    if (bytes < size) {
      return LogRead.empty(request.startOffset());
    }
    ByteBuffer into = request.buffers().allocate(bytes).clear().limit(bytes);
    Optional<ByteBuffer> loaded = walk.loaded(bytes);
    if (loaded.isPresent()) {
      into.put(loaded.get()).position(0);
    } else {
      load(into, first, walk.position());
    }
    return checked(into, walk.position(), firstOffset, request);
  }

  private RecordBatch batchHolding(HeaderWalk walk, long offset) throws IOException {
    while (walk.hasBatch()) {
      RecordBatch batch = walk.header();
      if (batch.lastOffset() >= offset) {
        return batch;
      }
      walk.next();
    }
    throw view.corrupt(view.size(), offset, "the segment ends before this offset");
  }

  /**
   * Reads what fits, or less if the file is shorter than it was: what is whole before its end is
   * good yet.
   *
   * @param first the batch at that position
   */
  private void load(ByteBuffer into, RecordBatch first, int position) throws IOException {
    int size = first.sizeInBytes();
    long offset = first.baseOffset();
    int read = handle.data().read(into, position);
    view.requireUncut();
    into.position(0).limit(read);
    if (read < size) {
      throw view.corrupt(
          position,
          offset,
          "the segment ends after %d bytes more (expected: %d)".formatted(read, size));
    }
  }

  /** Keeps the whole, good and visible batches at the buffer's start. */
  private LogRead checked(ByteBuffer bytes, int position, long firstOffset, ReadRequest request) {
    int at = 0;
    long offset = firstOffset;
    int epoch = -1;
    while (bytes.limit() - at >= RecordBatch.HEADER_BYTES) {
      RecordBatch batch = RecordBatch.at(bytes, at);
      int room = view.size() - position - at;
      if (batch.sizeInBytes() > bytes.limit() - at && batch.sizeInBytes() <= room) {
        break;
      }
      String defect = defect(batch, offset, room, request.upperBound());
      if (!defect.isEmpty() && at == 0) {
        throw view.corrupt(position, offset, defect);
      }
      if (!defect.isEmpty() || batch.lastOffset() >= request.upperBound()) {
        break;
      }
      offset = batch.nextOffset();
      epoch = batch.leaderEpoch();
      at += batch.sizeInBytes();
    }
    return at == 0
        ? LogRead.empty(request.startOffset())
        : new LogRead(bytes.limit(at), firstOffset, offset, epoch);
  }

  /**
   * What is wrong with a batch that begins at an offset, or nothing. If it is below the bound, its
   * CRC is checked before its last offset is believed: a wrong one must not look like a batch that
   * is not visible yet.
   */
  private String defect(RecordBatch batch, long offset, int room, long upperBound) {
    int size = batch.sizeInBytes();
    if (size < RecordBatch.HEADER_BYTES || size > room) {
      return "batch size: " + size + " (expected: at most " + room + ")";
    }
    String defect = BatchScan.defect(batch, offset, epochs);
    return defect.isEmpty() && offset < upperBound && !batch.crcValid() ? "CRC is wrong" : defect;
  }

  /** The first record in [from, upperBound) whose timestamp is at or above the target. */
  Optional<TimestampedOffset> firstAtOrAfter(long targetMs, long upperBound, long from)
      throws IOException {
    long start = Math.max(from, handle.times().startOf(targetMs));
    if (start >= view.endOffset()) {
      return Optional.empty();
    }
    HeaderWalk walk = walkFrom(handle.offsets().floor(start));
    while (walk.hasBatch()) {
      RecordBatch batch = walk.header();
      if (batch.baseOffset() >= upperBound) {
        return Optional.empty();
      }
      if (batch.recordCount() > 0
          && batch.maxTimestamp() >= targetMs
          && batch.lastOffset() >= from) {
        Optional<TimestampedOffset> found = firstRecordOf(walk, targetMs, upperBound, from);
        if (found.isPresent()) {
          return found;
        }
      }
      walk.next();
    }
    return Optional.empty();
  }

  private Optional<TimestampedOffset> firstRecordOf(
      HeaderWalk walk, long targetMs, long upperBound, long from) throws IOException {
    RecordBatch header = walk.header();
    ByteBuffer bytes = ByteBuffer.allocate(header.sizeInBytes());
    load(bytes, header, walk.position());
    RecordBatch batch = RecordBatch.at(bytes, 0);
    if (!batch.crcValid()) {
      throw view.corrupt(walk.position(), header.baseOffset(), "CRC is wrong");
    }
    Iterator<Record> records = RecordReader.iterator(batch, Integer.MAX_VALUE);
    while (records.hasNext()) {
      Record next = records.next();
      if (next.offset() >= upperBound) {
        return Optional.empty();
      }
      if (next.timestamp() >= targetMs && next.offset() >= from) {
        return Optional.of(
            new TimestampedOffset(next.offset(), next.timestamp(), batch.leaderEpoch()));
      }
    }
    return Optional.empty();
  }

  /** The largest timestamp of batches below the bound; {@link Long#MIN_VALUE} if there are none. */
  long largestTimestampMs(long upperBound) throws IOException {
    TimeIndex times = handle.times();
    int entry = times.entryAtOrBelow(Math.min(upperBound, view.endOffset()));
    long largest = entry < 0 ? Long.MIN_VALUE : times.timestampMs(entry);
    long from = entry < 0 ? view.baseOffset() : times.offset(entry);
    if (from >= view.endOffset()) {
      return largest;
    }
    HeaderWalk walk = walkFrom(handle.offsets().floor(from));
    while (walk.hasBatch()) {
      RecordBatch batch = walk.header();
      if (batch.lastOffset() >= upperBound) {
        break;
      }
      largest = Math.max(largest, IndexBuilder.largestTimestampMs(batch));
      walk.next();
    }
    return largest;
  }

  /** The largest timestamp of the first batch that has records; -1 if there is none. */
  long firstTimestampMs() throws IOException {
    return firstWithRecords().map(RecordBatch::maxTimestamp).orElse(RecordBatch.NO_TIMESTAMP);
  }

  /** The header of the first batch that has records. */
  Optional<RecordBatch> firstWithRecords() throws IOException {
    HeaderWalk walk = walkFrom(handle.offsets().floor(view.baseOffset()));
    while (walk.hasBatch()) {
      RecordBatch batch = walk.header();
      if (batch.recordCount() > 0) {
        return Optional.of(batch);
      }
      walk.next();
    }
    return Optional.empty();
  }

  /** Where the batch that holds the offset begins. */
  OffsetIndex.IndexedPosition batchHolding(long offset) throws IOException {
    HeaderWalk walk = walkFrom(handle.offsets().floor(offset));
    RecordBatch batch = batchHolding(walk, offset);
    return new OffsetIndex.IndexedPosition(batch.baseOffset(), walk.position());
  }

  private HeaderWalk walkFrom(OffsetIndex.IndexedPosition start) {
    return new HeaderWalk(view, handle, epochs, start);
  }
}
