package io.millrace.broker.log;

import io.millrace.broker.log.SegmentChecksum.FileSum;
import io.millrace.common.file.AtomicFile;
import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import io.millrace.common.record.RecordBatch;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * Writes the segment that takes the place of others, under names that count for nothing. Confined
 * to the cleaning thread.
 */
final class CleanedSegmentWriter implements AutoCloseable {
  private static final int BUFFER_BYTES = 1 << 20;

  private final CleaningDisk disk;
  private final SegmentFiles files;
  private final int indexIntervalBytes;
  private final CleaningPace pace;
  private final IndexBuilder indexes;
  private final CRC32C crc = new CRC32C();
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
  private final StoredFile data;
  private int size;
  private int written;

  CleanedSegmentWriter(
      CleaningDisk disk, SegmentFiles files, int indexIntervalBytes, CleaningPace pace) {
    this.disk = disk;
    this.files = files;
    this.indexIntervalBytes = indexIntervalBytes;
    this.pace = pace;
    this.indexes = new IndexBuilder(files.baseOffset());
    Path path = SegmentFiles.suffixed(files.log(), SegmentFiles.CLEANED);
    this.data =
        disk.get(
            "create " + path.getFileName(),
            () -> {
              disk.store().delete(path);
              return disk.store().open(path, OpenMode.CREATE_NEW);
            });
  }

  /** Adds the batch between a buffer's position and limit. */
  void add(ByteBuffer bytes) {
    RecordBatch batch = RecordBatch.at(bytes, bytes.position());
    if (bytes.remaining() > Integer.MAX_VALUE - size) {
      throw new UncleanableLogException(
          files.log() + " would grow over 2 GB (expected: a smaller segment.bytes)");
    }
    indexes.add(batch, size, indexIntervalBytes);
    crc.update(bytes.duplicate());
    size += bytes.remaining();
    if (bytes.remaining() > buffer.remaining()) {
      writeBuffered();
    }
    if (bytes.remaining() > buffer.capacity()) {
      write(bytes.duplicate());
    } else {
      buffer.put(bytes.duplicate());
    }
  }

  private void writeBuffered() {
    write(buffer.flip());
    buffer.clear();
  }

  private void write(ByteBuffer bytes) {
    int count = bytes.remaining();
    disk.requireRoom(count);
    disk.run("write " + data.path().getFileName(), () -> data.write(bytes, written));
    written += count;
    pace.moved(count);
  }

  /** Makes all of it durable but for the names. */
  CleanedSegment finish(long endOffset) {
    writeBuffered();
    disk.run("force " + data.path().getFileName(), data::force);
    indexes.finish(endOffset);
    FileSum sum = new FileSum(size, crc.getValue());
    SealedIndexes.write(disk, files, SegmentFiles.CLEANED, indexes, sum);
    return new CleanedSegment(files, size, endOffset, sum);
  }

  /** Closes the file. */
  @Override
  public void close() {
    disk.run("close " + data.path().getFileName(), data::close);
  }

  /** Deletes what was written. */
  void discard() {
    for (Path path : files.rewritten()) {
      Path cleaned = SegmentFiles.suffixed(path, SegmentFiles.CLEANED);
      disk.delete(cleaned);
      disk.delete(SegmentFiles.suffixed(cleaned, AtomicFile.TEMPORARY_SUFFIX));
    }
  }
}
