package io.millrace.broker.log;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * A log as of one moment. Immutable; reads on any thread, beside the writer.
 *
 * <p>What it shows may be cut off or deleted while it is held: reads then throw {@link
 * StaleSnapshotException}, and {@link PartitionLog#snapshot} has the newer state. What a read
 * returns was there.
 */
public final class LogSnapshot {
  private final LogDisk disk;
  private final List<SegmentView> sealed;
  private final SegmentView active;
  private final long logStartOffset;
  private final long cleanedOffset;
  private final LeaderEpochCache epochs;

  /**
   * A snapshot.
   *
   * @param sealed all segments but the last, ascending, each ending where the next begins
   * @param active the last segment
   */
  LogSnapshot(
      LogDisk disk,
      List<SegmentView> sealed,
      SegmentView active,
      long logStartOffset,
      long cleanedOffset,
      LeaderEpochCache epochs) {
    this.disk = disk;
    this.sealed = sealed;
    this.active = active;
    this.logStartOffset = logStartOffset;
    this.cleanedOffset = cleanedOffset;
    this.epochs = epochs;
  }

  /** The smallest offset that can be read. */
  public long logStartOffset() {
    return logStartOffset;
  }

  /** The offset after the last record. */
  public long logEndOffset() {
    return active.endOffset();
  }

  /** Compaction has seen everything below it; 0 if it never ran. */
  public long cleanedOffset() {
    return cleanedOffset;
  }

  /** Which leader epochs wrote the log. */
  public LeaderEpochCache leaderEpochs() {
    return epochs;
  }

  /** How many segments there are. */
  public int segmentCount() {
    return sealed.size() + 1;
  }

  /** The bytes of all segments. */
  public long sizeInBytes() {
    long bytes = active.size();
    for (SegmentView view : sealed) {
      bytes += view.size();
    }
    return bytes;
  }

  /** Reads to the heap: see {@link #read(ReadRequest)}. */
  public LogRead read(long startOffset, int maxBytes, long upperBound, boolean atLeastOneBatch) {
    return read(
        new ReadRequest(startOffset, maxBytes, upperBound, atLeastOneBatch, ReadBuffers.HEAP));
  }

  /**
   * Reads whole batches, beginning with the one that holds the offset, up to the end of its
   * segment, the limit, or the bound. Ends before a corrupt batch.
   *
   * @throws IndexOutOfBoundsException if the offset is not in [log start, log end]
   * @throws CorruptBatchException if the batch that holds the offset is corrupt
   * @throws StaleSnapshotException if the segment was cut or deleted meanwhile
   * @throws LogDirException if the disk fails
   */
  public LogRead read(ReadRequest request) {
    long offset = request.startOffset();
    if (offset < logStartOffset || offset > logEndOffset()) {
      throw new IndexOutOfBoundsException(
          "offset: " + offset + " (expected: [" + logStartOffset + ", " + logEndOffset() + "])");
    }
    if (offset >= Math.min(request.upperBound(), logEndOffset())) {
      return LogRead.empty(offset);
    }
    return in(viewOf(offset), reader -> reader.read(request));
  }

  /**
   * The first record whose timestamp is at or above the target (S27).
   *
   * @param upperBound only records below this offset are looked at
   * @throws CorruptBatchException if a batch on the way is corrupt
   * @throws StaleSnapshotException if a segment was cut or deleted meanwhile
   * @throws LogDirException if the disk fails
   */
  public Optional<TimestampedOffset> offsetForTimestamp(long targetMs, long upperBound) {
    for (int i = 0; i < segmentCount(); i++) {
      SegmentView view = view(i);
      if (view.baseOffset() >= upperBound) {
        break;
      }
      Optional<TimestampedOffset> found =
          in(view, reader -> reader.firstAtOrAfter(targetMs, upperBound, logStartOffset));
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /**
   * The first of the records with the largest timestamp.
   *
   * @param upperBound only batches below this offset are looked at
   * @throws CorruptBatchException if a batch on the way is corrupt
   * @throws StaleSnapshotException if a segment was cut or deleted meanwhile
   * @throws LogDirException if the disk fails
   */
  public Optional<TimestampedOffset> offsetOfMaxTimestamp(long upperBound) {
    long largest = Long.MIN_VALUE;
    for (int i = 0; i < segmentCount() && view(i).baseOffset() < upperBound; i++) {
      largest = Math.max(largest, largestTimestampMs(view(i), upperBound));
    }
    return largest == Long.MIN_VALUE ? Optional.empty() : offsetForTimestamp(largest, upperBound);
  }

  /** The largest timestamp of a segment's batches below the bound. */
  long largestTimestampMs(SegmentView view, long upperBound) {
    return in(view, reader -> reader.largestTimestampMs(upperBound));
  }

  /** The timestamp of a segment's first batch that has records; -1 if it has none. */
  long firstTimestampMs(SegmentView view) {
    return in(view, SegmentReader::firstTimestampMs);
  }

  /** Whether a segment has a batch with records. */
  boolean hasRecords(SegmentView view) {
    return in(view, reader -> reader.firstWithRecords().isPresent());
  }

  /** The disk that the log lies on. */
  LogDisk disk() {
    return disk;
  }

  /**
   * The bytes of the batches from the one that holds an offset up to another one, found by the
   * offset index and a few headers.
   *
   * @param from in [log start, log end]
   * @param to where a batch ends, at most the log end; 0 bytes if it is not above {@code from}
   * @throws CorruptBatchException if a batch on the way is corrupt
   * @throws StaleSnapshotException if a segment was cut or deleted meanwhile
   * @throws LogDirException if the disk fails
   */
  public long bytesBetween(long from, long to) {
    if (from >= to) {
      return 0;
    }
    int first = indexOf(from);
    int last = indexOf(to);
    long bytes = (long) positionOf(last, to) - positionOf(first, from);
    for (int i = first; i < last; i++) {
      bytes += view(i).size();
    }
    return bytes;
  }

  private int positionOf(int segment, long offset) {
    SegmentView view = view(segment);
    return offset == view.endOffset()
        ? view.size()
        : in(view, reader -> reader.batchHolding(offset)).position();
  }

  /** Where the batch that holds an offset below the log end begins, in its segment. */
  OffsetIndex.IndexedPosition batchHolding(long offset) {
    return in(viewOf(offset), reader -> reader.batchHolding(offset));
  }

  /** Where the segment that holds an offset below the log end begins. */
  OffsetIndex.IndexedPosition segmentHolding(long offset) {
    return new OffsetIndex.IndexedPosition(viewOf(offset).baseOffset(), 0);
  }

  /** All segments but the last. */
  List<SegmentView> sealed() {
    return sealed;
  }

  /** The last segment. */
  SegmentView active() {
    return active;
  }

  private SegmentView view(int i) {
    return i < sealed.size() ? sealed.get(i) : active;
  }

  private SegmentView viewOf(long offset) {
    return view(indexOf(offset));
  }

  private int indexOf(long offset) {
    int low = 0;
    int high = sealed.size();
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (view(middle).baseOffset() <= offset) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  private interface Read<T> {
    T run(SegmentReader reader) throws IOException;
  }

  private <T> T in(SegmentView view, Read<T> read) {
    SegmentHandle handle = view.borrow();
    try {
      return read.run(new SegmentReader(view, handle, epochs));
    } catch (IOException e) {
      view.requireUncut();
      throw disk.failed("read segment " + view.baseOffset(), e);
    } finally {
      view.segment().giveBack(handle);
    }
  }
}
