package io.millrace.broker.log;

import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The producer snapshots of a log: written when a segment is rolled and when the log is closed in
 * order, read when it is opened or cut. Confined to whoever has the log's files: the shard, the
 * recovery thread, or a flush.
 */
final class ProducerSnapshots {
  private static final Logger LOG = LoggerFactory.getLogger(ProducerSnapshots.class);

  private final LogDisk disk;

  ProducerSnapshots(LogDisk disk) {
    this.disk = disk;
  }

  /** Writes a snapshot, durably but for its name. */
  void write(long offset, ByteBuffer encoded) {
    disk.replace(path(offset), encoded);
  }

  /**
   * The producers' state at the end of the log: the newest snapshot that is whole, and the batches
   * after it. Snapshots beyond the end or broken are deleted; those missing at the begin of a
   * segment are written.
   *
   * @param views all segments, ascending
   * @param nowMs the time at which producers known from batches only count as heard of
   */
  ProducerStateTable restore(List<SegmentView> views, int batchesPerProducer, long nowMs) {
    long logEndOffset = views.get(views.size() - 1).endOffset();
    NavigableMap<Long, Path> found = find();
    found.tailMap(logEndOffset, false).values().forEach(disk::delete);
    ProducerSnapshot base =
        newest(found.headMap(logEndOffset, true), batchesPerProducer)
            .orElseGet(() -> new ProducerSnapshot(0, new ProducerStateTable(batchesPerProducer)));
    boolean written = false;
    for (SegmentView view : views) {
      if (view.baseOffset() > base.offset() && !exists(view.baseOffset())) {
        // The older segments may be deleted from now on: their producers must be known without.
        write(view.baseOffset(), new ProducerSnapshot(view.baseOffset(), base.table()).encode());
        written = true;
      }
      if (view.endOffset() > base.offset()) {
        replay(view, base, nowMs);
      }
    }
    if (written) {
      disk.forceDirectory();
    }
    return base.table();
  }

  private Optional<ProducerSnapshot> newest(
      NavigableMap<Long, Path> candidates, int batchesPerProducer) {
    for (var candidate : candidates.descendingMap().entrySet()) {
      Optional<ProducerSnapshot> snapshot =
          disk.readIfPresent(candidate.getValue())
              .flatMap(bytes -> ProducerSnapshot.decode(bytes, batchesPerProducer))
              .filter(decoded -> decoded.offset() == candidate.getKey());
      if (snapshot.isPresent()) {
        return snapshot;
      }
      LOG.warn("{}: not a whole producer snapshot; using an older one", candidate.getValue());
      disk.delete(candidate.getValue());
    }
    return Optional.empty();
  }

  private void replay(SegmentView view, ProducerSnapshot base, long nowMs) {
    disk.run(
        "read segment " + view.baseOffset(),
        () -> {
          try (StoredFile data = disk.store().open(view.segment().files().log(), OpenMode.READ)) {
            replay(view, data, base, nowMs);
          }
        });
  }

  private static void replay(SegmentView view, StoredFile data, ProducerSnapshot base, long nowMs)
      throws IOException {
    BatchScan.Options headers =
        BatchScan.Options.headers(
            (batch, position) -> {
              if (batch.baseOffset() >= base.offset()) {
                base.table().update(batch, nowMs);
              }
            });
    BatchScan.Result result = BatchScan.scan(data, 0, view.size(), view.baseOffset(), headers);
    if (!result.reachedEnd()) {
      LOG.error(
          "{} at byte {}: {}; producers that appended after it are not remembered",
          view.segment().files().log(),
          result.position(),
          result.defect());
    }
  }

  /** Whether there is a snapshot of that offset. */
  boolean exists(long offset) {
    return disk.get("look for a snapshot", () -> disk.store().exists(path(offset)));
  }

  /** Deletes the snapshots but those that may be needed. */
  void retain(Set<Long> offsets) {
    find()
        .forEach(
            (offset, path) -> {
              if (!offsets.contains(offset)) {
                disk.delete(path);
              }
            });
  }

  private NavigableMap<Long, Path> find() {
    TreeMap<Long, Path> found = new TreeMap<>();
    for (Path path : disk.get("list the directory", () -> disk.store().list(disk.directory()))) {
      OptionalLong offset = SegmentFiles.offsetOf(path, SegmentFiles.PRODUCER_SNAPSHOT);
      if (offset.isPresent()) {
        found.put(offset.getAsLong(), path);
      }
    }
    return found;
  }

  private Path path(long offset) {
    return new SegmentFiles(disk.directory(), offset).producerSnapshot();
  }
}
