package io.millrace.broker.log;

import io.millrace.broker.log.SegmentChecksum.FileSum;
import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import io.millrace.common.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A segment that is being written. Confined to the partition's shard (the recovery thread before
 * hand-over); once {@link #finish}ed it does not change, so that the flush thread may {@link
 * #persist} it.
 */
final class SegmentWriter {
  private static final Logger LOG = LoggerFactory.getLogger(SegmentWriter.class);
  private static final int REWRITE_BYTES = 1 << 20;

  private final LogDisk disk;
  private final Segment segment;
  private final SegmentHandle handle;
  private final IndexBuilder indexes;

  // The checksum of the whole file is that of its first bytes, known from before, and of the rest.
  private final FileSum known;
  private final CRC32C rest;

  // baseOffset <= endOffset; size bytes of whole batches are in the file.
  private int size;
  private long endOffset;
  private FirstTimestamp firstTimestamp = new FirstTimestamp();
  // The indexes and the checksum on disk are those of the batches.
  private boolean persisted;

  private SegmentWriter(
      LogDisk disk,
      Segment segment,
      SegmentHandle handle,
      IndexBuilder indexes,
      FileSum known,
      CRC32C rest) {
    this.disk = disk;
    this.segment = segment;
    this.handle = handle;
    this.indexes = indexes;
    this.known = known;
    this.rest = rest;
    this.endOffset = segment.baseOffset();
    handle.indexes(indexes.offsets(), indexes.times());
  }

  /** A new, empty segment. */
  static SegmentWriter create(LogDisk disk, MapBudget budget, long baseOffset) {
    SegmentFiles files = new SegmentFiles(disk.directory(), baseOffset);
    StoredFile data =
        disk.get(
            "create segment " + baseOffset,
            () -> disk.store().open(files.log(), OpenMode.CREATE_NEW));
    IndexBuilder indexes = new IndexBuilder(baseOffset);
    SegmentHandle handle = handle(data, indexes);
    Segment segment = Segment.written(disk, budget, files, handle);
    return new SegmentWriter(disk, segment, handle, indexes, new FileSum(0, 0), new CRC32C());
  }

  /**
   * A segment whose writer was {@link #persist}ed when its log was closed in order: nothing is read
   * but the indexes.
   *
   * @return empty if one of the files is not what was persisted
   */
  static Optional<SegmentWriter> resume(LogDisk disk, MapBudget budget, SegmentFiles files)
      throws IOException {
    Optional<SegmentChecksum> sums = SealedIndexes.readChecksum(disk, files);
    Optional<byte[]> offsetFile = disk.readIfPresent(files.index());
    Optional<byte[]> timeFile = disk.readIfPresent(files.timeIndex());
    if (sums.isEmpty() || offsetFile.isEmpty() || timeFile.isEmpty()) {
      return Optional.empty();
    }
    ByteBuffer offsets = ByteBuffer.wrap(offsetFile.get());
    ByteBuffer times = ByteBuffer.wrap(timeFile.get());
    FileSum log = sums.get().log();
    boolean same =
        times.hasRemaining() == (log.bytes() > 0)
            && disk.store().size(files.log()) == log.bytes()
            && FileSum.of(offsets).equals(sums.get().index())
            && FileSum.of(times).equals(sums.get().timeIndex());
    if (!same) {
      return Optional.empty();
    }
    int size = Math.toIntExact(log.bytes());
    IndexBuilder indexes = new IndexBuilder(files.baseOffset(), offsets, times, size);
    StoredFile data = disk.store().open(files.log(), OpenMode.READ_WRITE);
    SegmentHandle handle = handle(data, indexes);
    Segment segment = Segment.written(disk, budget, files, handle);
    SegmentWriter writer = new SegmentWriter(disk, segment, handle, indexes, log, new CRC32C());
    writer.resumeAt(size);
    return Optional.of(writer);
  }

  private void resumeAt(int persistedSize) throws IOException {
    size = persistedSize;
    persisted = true;
    TimeIndex times = indexes.times();
    if (times.entries() > 0) {
      endOffset = times.offset(times.entries() - 1);
    }
    try {
      new SegmentReader(view(), handle, LeaderEpochCache.EMPTY)
          .firstWithRecords()
          .ifPresent(firstTimestamp::add);
    } catch (CorruptBatchException corrupt) {
      LOG.warn("the age of the segment is not known: {}", corrupt.getMessage());
    }
  }

  /**
   * A segment of which only the batches are believed: they are scanned and the file is cut at the
   * first bad one.
   *
   * @param handover makes the segment that readers see from the writer's handle
   */
  static Scanned scan(
      LogDisk disk, SegmentFiles files, ScanPlan plan, Function<SegmentHandle, Segment> handover)
      throws IOException {
    StoredFile data = disk.store().open(files.log(), OpenMode.READ_WRITE);
    IndexBuilder indexes = new IndexBuilder(files.baseOffset());
    CRC32C crc = new CRC32C();
    FirstTimestamp firstTimestamp = new FirstTimestamp();
    int fileSize = (int) Math.min(Integer.MAX_VALUE, data.size());
    int end = (int) Math.min(fileSize, plan.endPosition());
    BatchScan.Visitor visitor =
        (batch, position) -> {
          firstTimestamp.add(batch);
          indexes.add(batch, position, plan.indexIntervalBytes());
          plan.progress().visit(batch, position);
        };
    BatchScan.Options options =
        new BatchScan.Options(plan.checkCrcFrom(), plan.epochs(), crc, visitor);
    BatchScan.Result result;
    try {
      result = BatchScan.scan(data, 0, end, files.baseOffset(), options);
      plan.verdict().judge(result);
    } catch (IOException | RuntimeException e) {
      data.close();
      throw e;
    }
    SegmentHandle handle = handle(data, indexes);
    Segment segment = handover.apply(handle);
    disk.delete(files.checksum());
    data.truncate(result.position());
    if (result.position() < fileSize) {
      // Before a next segment may begin: else a loss of power brings the tail back in front of it.
      data.force();
    }
    SegmentWriter writer =
        new SegmentWriter(disk, segment, handle, indexes, new FileSum(0, 0), crc);
    writer.size = result.position();
    writer.endOffset = result.nextOffset();
    writer.firstTimestamp = firstTimestamp;
    return new Scanned(writer, result);
  }

  /**
   * How a segment is scanned.
   *
   * @param endPosition bytes beyond are cut off unseen
   * @param checkCrcFrom batches with records at or above this offset have their CRC checked
   * @param epochs the epochs known to have written the log
   * @param indexIntervalBytes bytes of batches between two index entries
   * @param progress told of each batch
   * @param verdict told the result before anything is changed
   */
  record ScanPlan(
      long endPosition,
      long checkCrcFrom,
      LeaderEpochCache epochs,
      int indexIntervalBytes,
      BatchScan.Visitor progress,
      Verdict verdict) {}

  /** Says whether the bytes after the last good batch may be cut off. */
  interface Verdict {
    /** Throws if they may not. */
    void judge(BatchScan.Result found) throws IOException;
  }

  /**
   * A scanned segment.
   *
   * @param writer goes on after the last good batch
   * @param result where the scan stopped, and why
   */
  record Scanned(SegmentWriter writer, BatchScan.Result result) {}

  private static SegmentHandle handle(StoredFile data, IndexBuilder indexes) {
    return new SegmentHandle(data, indexes.offsets(), indexes.times(), List.of());
  }

  Segment segment() {
    return segment;
  }

  long baseOffset() {
    return segment.baseOffset();
  }

  long endOffset() {
    return endOffset;
  }

  SegmentView view() {
    return SegmentView.of(segment, size, endOffset);
  }

  /** Whether the batch belongs into a new segment (S30). */
  boolean mustRollBefore(RecordBatch batch, LogConfig config) {
    if (size == 0) {
      return false;
    }
    boolean tooLarge = (long) size + batch.sizeInBytes() > config.segmentBytes();
    long firstMs = firstTimestamp.timestampMs();
    boolean tooOld = firstMs >= 0 && batch.maxTimestamp() - firstMs >= config.segmentMs();
    boolean deltaTooLarge = batch.lastOffset() - baseOffset() >= Integer.MAX_VALUE;
    return tooLarge || tooOld || deltaTooLarge || indexes.isFull(config.segmentIndexBytes());
  }

  /** Whether everything is on disk as {@link #persist} leaves it. */
  boolean isPersisted() {
    return persisted;
  }

  /** Writes a batch at the end. */
  void append(ByteBuffer bytes, RecordBatch batch, int indexIntervalBytes) {
    if (persisted) {
      disk.delete(segment.files().checksum());
      persisted = false;
    }
    disk.run("append to segment " + baseOffset(), () -> write(bytes.duplicate()));
    indexes.add(batch, size, indexIntervalBytes);
    handle.indexes(indexes.offsets(), indexes.times());
    firstTimestamp.add(batch);
    rest.update(bytes.duplicate());
    size += batch.sizeInBytes();
    endOffset = batch.nextOffset();
  }

  private void write(ByteBuffer bytes) throws IOException {
    handle.data().write(bytes, size);
  }

  /**
   * Writes what is in the file once more from a byte on. If a sync of it failed under the process
   * before this one, the system may show bytes that it has given up writing out, and say of the
   * next sync that all is well.
   */
  void writeAgain(int from) {
    disk.run(
        "write segment " + baseOffset() + " again",
        () -> {
          ByteBuffer chunk = ByteBuffer.allocate(Math.min(REWRITE_BYTES, size - from));
          for (int at = from; at < size; at += chunk.limit()) {
            chunk.clear().limit(Math.min(chunk.capacity(), size - at));
            handle.data().read(chunk, at);
            handle.data().write(chunk.flip(), at);
          }
        });
  }

  /** No more batches come: completes the indexes. */
  void finish() {
    indexes.finish(endOffset);
    handle.indexes(indexes.offsets(), indexes.times());
  }

  /** Makes the batches durable. */
  void force() {
    disk.run("force segment " + baseOffset(), handle.data()::force);
  }

  /** Makes the batches, the indexes and their checksum durable; after {@link #finish}. */
  void persist() {
    force();
    SealedIndexes.write(disk, segment.files(), indexes, checksum());
  }

  private FileSum checksum() {
    long crc =
        known.bytes() == 0
            ? rest.getValue()
            : Crc32cCombine.combine(known.crc32c(), rest.getValue(), size - known.bytes());
    return new FileSum(size, crc);
  }
}
