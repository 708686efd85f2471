package io.millrace.broker.log.inspect;

import io.millrace.broker.log.OffsetIndex;
import io.millrace.broker.log.SegmentFiles;
import io.millrace.broker.log.TimeIndex;
import io.millrace.broker.log.inspect.Finding.Severity;
import io.millrace.common.MillraceException;
import io.millrace.common.file.AtomicFile;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * Shows what is in a log: of a partition's directory all batches, of a {@code .log}, {@code .index}
 * or {@code .timeindex} file what it holds. Reads only, also beside a running broker (then the last
 * batch may look cut). Confined to one thread.
 */
public final class LogInspector {
  private final FileStore store;
  private final DumpOptions options;
  private final DumpVisitor visitor;
  private long batchesLeft;

  private LogInspector(FileStore store, DumpOptions options, DumpVisitor visitor) {
    this.store = store;
    this.options = options;
    this.visitor = visitor;
    this.batchesLeft = options.maxBatches();
  }

  /**
   * Shows a directory or file.
   *
   * @throws NoSuchFileException if it is missing
   * @throws IOException if it can't be read, or is no part of a log
   */
  public static void dump(FileStore store, Path path, DumpOptions options, DumpVisitor visitor)
      throws IOException {
    if (!store.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    LogInspector inspector = new LogInspector(store, options, visitor);
    if (store.isDirectory(path)) {
      inspector.directory(path);
    } else {
      inspector.file(path);
    }
  }

  private void directory(Path directory) throws IOException {
    List<Path> logs =
        store.list(directory).stream()
            .filter(path -> SegmentFiles.offsetOf(path, SegmentFiles.LOG).isPresent())
            .toList();
    if (logs.isEmpty()) {
      throw new IOException(
          directory + ": no segments (expected: the directory of a partition, <topic>-<number>)");
    }
    for (int i = 0; i < logs.size() && batchesLeft > 0; i++) {
      OptionalLong next =
          i + 1 < logs.size()
              ? SegmentFiles.offsetOf(logs.get(i + 1), SegmentFiles.LOG)
              : OptionalLong.empty();
      if (next.isEmpty() || next.getAsLong() > options.fromOffset()) {
        log(logs.get(i));
      }
    }
  }

  private void file(Path path) throws IOException {
    OptionalLong index = SegmentFiles.offsetOf(path, SegmentFiles.INDEX);
    OptionalLong timeIndex = SegmentFiles.offsetOf(path, SegmentFiles.TIME_INDEX);
    if (SegmentFiles.offsetOf(path, SegmentFiles.LOG).isPresent()) {
      log(path);
    } else if (index.isPresent()) {
      index(path, index.getAsLong());
    } else if (timeIndex.isPresent()) {
      timeIndex(path, timeIndex.getAsLong());
    } else {
      throw new IOException(
          path + ": not part of a log (expected: 20 digits and .log, .index or .timeindex)");
    }
  }

  private void log(Path path) throws IOException {
    try (StoredFile file = store.open(path, OpenMode.READ)) {
      visitor.file(path, file.size());
      BatchWalk.End end =
          BatchWalk.walk(
              file,
              (batch, position, crcValid) -> {
                if (batch.lastOffset() >= options.fromOffset() || !crcValid) {
                  batch(path, batch, position, crcValid);
                  batchesLeft--;
                }
                return batchesLeft > 0;
              });
      if (!end.defect().isEmpty()) {
        finding(path, end.position(), end.defect());
      }
    }
  }

  private void batch(Path path, RecordBatch batch, long position, boolean crcValid) {
    visitor.batch(batch, position, crcValid);
    if (options.records() && crcValid) {
      try {
        RecordReader.forEach(batch, options.maxDecompressedBytes(), visitor::record);
      } catch (MillraceException e) {
        finding(path, position, e.error().message());
      }
    }
  }

  private void index(Path path, long baseOffset) throws IOException {
    byte[] bytes = AtomicFile.read(store, path);
    visitor.file(path, bytes.length);
    OffsetIndex index =
        new OffsetIndex(ByteBuffer.wrap(bytes), bytes.length / OffsetIndex.ENTRY_BYTES, baseOffset);
    for (int i = 0; i < index.entries(); i++) {
      visitor.indexEntry(index.offset(i), index.position(i));
    }
    wholeEntries(path, bytes.length, OffsetIndex.ENTRY_BYTES);
  }

  private void timeIndex(Path path, long baseOffset) throws IOException {
    byte[] bytes = AtomicFile.read(store, path);
    visitor.file(path, bytes.length);
    TimeIndex index =
        new TimeIndex(ByteBuffer.wrap(bytes), bytes.length / TimeIndex.ENTRY_BYTES, baseOffset);
    for (int i = 0; i < index.entries(); i++) {
      visitor.timeIndexEntry(index.offset(i), index.timestampMs(i));
    }
    wholeEntries(path, bytes.length, TimeIndex.ENTRY_BYTES);
  }

  private void wholeEntries(Path path, long bytes, int entryBytes) {
    if (bytes % entryBytes != 0) {
      finding(
          path,
          bytes - bytes % entryBytes,
          "length: " + bytes + " (expected: a multiple of " + entryBytes + ")");
    }
  }

  private void finding(Path file, long position, String what) {
    visitor.finding(new Finding(Severity.ERROR, file, position, what));
  }
}
