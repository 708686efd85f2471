package io.millrace.broker.log;

import io.millrace.broker.log.SegmentChecksum.FileSum;
import io.millrace.common.file.CorruptFileException;
import io.millrace.common.file.FileStore.MappedFile;
import io.millrace.common.file.FileStore.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The index files of a sealed segment: mapped if they are what the segment's checksum says, else
 * rebuilt from the batches. Stateless; used under the segment's monitor.
 */
final class SealedIndexes {
  private static final Logger LOG = LoggerFactory.getLogger(SealedIndexes.class);

  private final LogDisk disk;
  private final SegmentFiles files;
  private final String suffix;

  /**
   * The indexes of a segment.
   *
   * @param suffix what is added to the files' names; with one, nothing is written
   */
  SealedIndexes(LogDisk disk, SegmentFiles files, String suffix) {
    this.disk = disk;
    this.files = files;
    this.suffix = suffix;
  }

  SegmentHandle open(StoredFile data, int size, long endOffset) throws IOException {
    Optional<SegmentChecksum> sums =
        readChecksum(disk, SegmentFiles.suffixed(files.checksum(), suffix));
    if (sums.isPresent()) {
      Optional<SegmentHandle> mapped = map(data, endOffset, sums.get());
      if (mapped.isPresent()) {
        return mapped.get();
      }
    }
    return rebuild(data, size, endOffset, sums);
  }

  /** The checksum beside a segment; empty if it is missing or damaged. */
  static Optional<SegmentChecksum> readChecksum(LogDisk disk, SegmentFiles files)
      throws IOException {
    return readChecksum(disk, files.checksum());
  }

  private static Optional<SegmentChecksum> readChecksum(LogDisk disk, Path path)
      throws IOException {
    try {
      return SegmentChecksum.read(disk.store(), path);
    } catch (CorruptFileException damaged) {
      LOG.warn("{}; what it covers is checked anew", damaged.getMessage());
      return Optional.empty();
    }
  }

  private Optional<SegmentHandle> map(StoredFile data, long endOffset, SegmentChecksum sums)
      throws IOException {
    List<MappedFile> maps = new ArrayList<>();
    boolean accepted = false;
    try {
      ByteBuffer offsetBytes = mapWhole(files.index(), maps);
      ByteBuffer timeBytes = mapWhole(files.timeIndex(), maps);
      OffsetIndex offsets = offsetIndex(offsetBytes);
      TimeIndex times = timeIndex(timeBytes);
      accepted =
          FileSum.of(offsetBytes).equals(sums.index())
              && FileSum.of(timeBytes).equals(sums.timeIndex())
              && offsets.isPlausible(data.size())
              && times.isPlausible(endOffset);
      return accepted
          ? Optional.of(new SegmentHandle(data, offsets, times, maps))
          : Optional.empty();
    } finally {
      if (!accepted) {
        for (MappedFile map : maps) {
          map.close();
        }
      }
    }
  }

  private OffsetIndex offsetIndex(ByteBuffer bytes) {
    return new OffsetIndex(bytes, bytes.limit() / OffsetIndex.ENTRY_BYTES, files.baseOffset());
  }

  private TimeIndex timeIndex(ByteBuffer bytes) {
    return new TimeIndex(bytes, bytes.limit() / TimeIndex.ENTRY_BYTES, files.baseOffset());
  }

  private ByteBuffer mapWhole(Path index, List<MappedFile> maps) throws IOException {
    Path path = SegmentFiles.suffixed(index, suffix);
    long length = disk.store().exists(path) ? disk.store().size(path) : 0;
    if (length == 0) {
      return ByteBuffer.allocate(0);
    }
    MappedFile map = disk.store().map(path, length);
    maps.add(map);
    return map.buffer();
  }

  private SegmentHandle rebuild(
      StoredFile data, int size, long endOffset, Optional<SegmentChecksum> sums)
      throws IOException {
    LOG.warn("{}: an index is missing or wrong; building it from the batches", files.log());
    IndexBuilder indexes = new IndexBuilder(files.baseOffset());
    int interval = LogConfig.DEFAULT.indexIntervalBytes();
    CRC32C wholeFile = new CRC32C();
    BatchScan.Result result =
        BatchScan.scan(
            data,
            0,
            size,
            files.baseOffset(),
            new BatchScan.Options(
                sums.isPresent() ? Long.MAX_VALUE : 0,
                LeaderEpochCache.EMPTY,
                wholeFile,
                (batch, position) -> indexes.add(batch, position, interval)));
    if (!result.reachedEnd() || result.nextOffset() != endOffset) {
      LOG.error(
          "{} at byte {}: {} (expected: batches up to offset {}); what follows can't be served",
          files.log(),
          result.position(),
          result.defect(),
          endOffset);
    } else {
      indexes.finish(endOffset);
      if (suffix.isEmpty()) {
        FileSum log = new FileSum(size, wholeFile.getValue());
        write(disk, files, indexes, sums.map(SegmentChecksum::log).orElse(log));
      }
    }
    return new SegmentHandle(data, indexes.offsets(), indexes.times(), List.of());
  }

  /** Writes finished indexes and the checksum of all three files, durably. */
  static void write(LogDisk disk, SegmentFiles files, IndexBuilder indexes, FileSum log) {
    write(disk, files, "", indexes, log);
  }

  /** The same under names to which something is added. */
  static void write(
      LogDisk disk, SegmentFiles files, String suffix, IndexBuilder indexes, FileSum log) {
    ByteBuffer offsets = indexes.offsetFile();
    ByteBuffer times = indexes.timeFile();
    disk.replace(SegmentFiles.suffixed(files.index(), suffix), offsets);
    disk.replace(SegmentFiles.suffixed(files.timeIndex(), suffix), times);
    SegmentChecksum sums = new SegmentChecksum(log, FileSum.of(offsets), FileSum.of(times));
    Path path = SegmentFiles.suffixed(files.checksum(), suffix);
    disk.run("write " + path.getFileName(), () -> sums.write(disk.store(), path));
  }
}
