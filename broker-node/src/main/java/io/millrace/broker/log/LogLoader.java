package io.millrace.broker.log;

import io.millrace.common.TopicIdPartition;
import io.millrace.common.file.AtomicFile;
import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a log. After an orderly close the last segment is taken up as it was closed; else the
 * segments from the recovery point on are scanned, and the log ends before the first bad batch
 * (S31). Confined to the opening thread.
 */
final class LogLoader {
  private static final Logger LOG = LoggerFactory.getLogger(LogLoader.class);
  private static final long PROGRESS_STEP_BYTES = 16 << 20;

  private final LogOpening opening;
  private final LogDisk disk;
  private final PartitionCheckpoints checkpoints;
  private final ProducerSnapshots snapshots;
  private final List<SegmentView> sealed = new ArrayList<>();
  private LeaderEpochCache epochs = LeaderEpochCache.EMPTY;
  private String defect = "";
  private long cutBytes;
  private long checkedBytes;
  private long bytesToCheck;

  LogLoader(LogOpening opening, LogDisk disk) {
    this.opening = opening;
    this.disk = disk;
    this.checkpoints = new PartitionCheckpoints(disk);
    this.snapshots = new ProducerSnapshots(disk);
  }

  LoadedLog load() {
    return disk.get("open the log", this::loadOrThrow);
  }

  private LoadedLog loadOrThrow() throws IOException {
    claimDirectory();
    NavigableSet<Long> bases = removeLeftovers();
    long logStart = checkpoints.readLogStart().orElseGet(() -> bases.isEmpty() ? 0 : bases.first());
    epochs = checkpoints.readLeaderEpochs().orElseGet(() -> LeaderEpochCache.EMPTY);
    if (epochs.entries().isEmpty()) {
      epochs = epochsFromBatches(bases);
    }
    SegmentWriter writer = openSegments(List.copyOf(bases), logStart);
    return finish(writer, Math.max(logStart, bases.isEmpty() ? logStart : bases.first()));
  }

  /** Makes the directory, or finds that it is this partition's. */
  private void claimDirectory() throws IOException {
    if (!disk.store().exists(disk.directory().resolve(PartitionDirectory.METADATA))) {
      PartitionDirectory.create(disk.store(), disk.directory(), opening.id());
      return;
    }
    Optional<TopicIdPartition> owner = PartitionDirectory.readId(disk.store(), disk.directory());
    if (owner.isEmpty()) {
      LOG.warn("{}: {} is damaged; written anew", disk.directory(), PartitionDirectory.METADATA);
      PartitionDirectory.create(disk.store(), disk.directory(), opening.id());
    } else if (!owner.get().equals(opening.id())) {
      throw new IllegalArgumentException(
          disk.directory() + " belongs to " + owner.get() + " (expected: " + opening.id() + ")");
    }
  }

  /** Deletes what a crash left half done, and says which segments there are. */
  private NavigableSet<Long> removeLeftovers() throws IOException {
    TreeSet<Long> bases = new TreeSet<>();
    List<Path> paths = disk.store().list(disk.directory());
    paths.forEach(path -> SegmentFiles.offsetOf(path, SegmentFiles.LOG).ifPresent(bases::add));
    endDeletion(paths, bases);
    for (Path path : paths) {
      String name = String.valueOf(path.getFileName());
      boolean leftover =
          name.endsWith(SegmentFiles.DELETED)
              || name.endsWith(AtomicFile.TEMPORARY_SUFFIX)
              || belongsToNone(path, bases);
      if (leftover) {
        disk.store().delete(path);
      }
    }
    return bases;
  }

  private static boolean belongsToNone(Path path, NavigableSet<Long> bases) {
    for (String suffix :
        List.of(SegmentFiles.INDEX, SegmentFiles.TIME_INDEX, SegmentChecksum.SUFFIX)) {
      var offset = SegmentFiles.offsetOf(path, suffix);
      if (offset.isPresent()) {
        return !bases.contains(offset.getAsLong());
      }
    }
    return false;
  }

  /**
   * Ends a deletion that a crash interrupted: segments go oldest first, so those below one that has
   * gone are to go too. Segments below the log start that nobody began to delete stay until they
   * are: what they tell of producers may be nowhere else.
   */
  private void endDeletion(List<Path> paths, NavigableSet<Long> bases) throws IOException {
    String suffix = SegmentFiles.LOG + SegmentFiles.DELETED;
    long deletedUpTo = -1;
    for (Path path : paths) {
      deletedUpTo = Math.max(deletedUpTo, SegmentFiles.offsetOf(path, suffix).orElse(-1));
    }
    if (!bases.isEmpty() && bases.first() < deletedUpTo) {
      while (!bases.isEmpty() && bases.first() < deletedUpTo) {
        discard(bases.first());
        bases.remove(bases.first());
      }
      disk.forceDirectory();
    }
  }

  private LeaderEpochCache epochsFromBatches(NavigableSet<Long> bases) throws IOException {
    LeaderEpochCache[] found = {LeaderEpochCache.EMPTY};
    for (long base : bases) {
      try (StoredFile data = disk.store().open(files(base).log(), OpenMode.READ)) {
        int size = (int) Math.min(Integer.MAX_VALUE, data.size());
        BatchScan.Options headers =
            BatchScan.Options.headers(
                (batch, position) -> {
                  if (batch.leaderEpoch() > found[0].latestEpoch().orElse(-1)) {
                    found[0] = found[0].assign(batch.leaderEpoch(), batch.baseOffset());
                  }
                });
        BatchScan.scan(data, 0, size, base, headers);
      }
    }
    if (!found[0].entries().isEmpty()) {
      LOG.warn("{}: leader epochs were read from the batches", disk.directory());
      checkpoints.writeLeaderEpochs(found[0]);
    }
    return found[0];
  }

  private SegmentWriter openSegments(List<Long> bases, long logStart) throws IOException {
    if (bases.isEmpty()) {
      return SegmentWriter.create(disk, opening.budget(), logStart);
    }
    int last = bases.size() - 1;
    if (opening.cleanShutdown()) {
      Optional<SegmentWriter> resumed =
          SegmentWriter.resume(disk, opening.budget(), files(bases.get(last)));
      if (resumed.isPresent()) {
        sealAll(bases.subList(0, last), bases.get(last));
        return resumed.get();
      }
      LOG.warn("{}: was not closed in order after all; checking it", disk.directory());
    }
    return recover(bases);
  }

  private void sealAll(List<Long> bases, long endOffset) throws IOException {
    for (int i = 0; i < bases.size(); i++) {
      long end = i + 1 < bases.size() ? bases.get(i + 1) : endOffset;
      SegmentFiles files = files(bases.get(i));
      int size = Math.toIntExact(disk.store().size(files.log()));
      sealed.add(SegmentView.of(Segment.sealed(disk, opening.budget(), files), size, end));
    }
  }

  private SegmentWriter recover(List<Long> bases) throws IOException {
    int first = firstToCheck(bases);
    sealAll(bases.subList(0, first), bases.get(first));
    for (int i = first; i < bases.size(); i++) {
      bytesToCheck += disk.store().size(files(bases.get(i)).log());
    }
    for (int i = first; ; i++) {
      SegmentWriter writer = check(files(bases.get(i)));
      boolean isLast = i == bases.size() - 1;
      if (!isLast && defect.isEmpty() && writer.endOffset() != bases.get(i + 1)) {
        defect =
            "segment "
                + bases.get(i + 1)
                + " does not follow (expected: "
                + writer.endOffset()
                + ")";
      }
      if (isLast || !defect.isEmpty()) {
        for (long base : bases.subList(i + 1, bases.size())) {
          cutBytes += disk.store().size(files(base).log());
          discard(base);
        }
        return writer;
      }
      writer.finish();
      writer.persist();
      writer.segment().seal();
      sealed.add(writer.view());
    }
  }

  /** The segment that holds the recovery point; also after a clean shutdown that was none. */
  private int firstToCheck(List<Long> bases) {
    int first = bases.size() - 1;
    while (first > 0 && bases.get(first) > opening.recoveryPoint()) {
      first--;
    }
    return first;
  }

  private SegmentWriter check(SegmentFiles files) throws IOException {
    long before = checkedBytes;
    long[] told = {0};
    int[] durableBytes = {0};
    BatchScan.Visitor progress =
        (batch, position) -> {
          if (batch.nextOffset() <= opening.recoveryPoint()) {
            durableBytes[0] = position + batch.sizeInBytes();
          }
          if (position - told[0] >= PROGRESS_STEP_BYTES) {
            told[0] = position;
            opening.progress().checked(before + position, bytesToCheck);
          }
        };
    SegmentWriter.ScanPlan plan =
        new SegmentWriter.ScanPlan(
            Long.MAX_VALUE,
            opening.recoveryPoint(),
            epochs,
            opening.config().indexIntervalBytes(),
            progress);
    long size = disk.store().size(files.log());
    SegmentWriter.Scanned scanned =
        SegmentWriter.scan(
            disk, files, plan, handle -> Segment.written(disk, opening.budget(), files, handle));
    scanned.writer().writeAgain(durableBytes[0]);
    checkedBytes += size;
    opening.progress().checked(checkedBytes, bytesToCheck);
    if (!scanned.result().reachedEnd()) {
      cutBytes += size - scanned.result().position();
      defect =
          files.log().getFileName()
              + " at byte "
              + scanned.result().position()
              + ": "
              + scanned.result().defect();
    }
    return scanned.writer();
  }

  private LoadedLog finish(SegmentWriter found, long logStart) {
    SegmentWriter writer = found;
    long known = Math.max(opening.recoveryPoint(), opening.durableOffset());
    boolean unclean = Math.max(writer.endOffset(), logStart) < known;
    if (writer.endOffset() < logStart) {
      LOG.error(
          "[{}] log end {} lies below log start {}: beginning anew there",
          opening.name(),
          writer.endOffset(),
          logStart);
      sealed.forEach(view -> view.segment().delete());
      sealed.clear();
      writer.segment().delete();
      // What is known of the producers is older than the gap: better nothing than that.
      snapshots.retain(Set.of());
      writer = SegmentWriter.create(disk, opening.budget(), logStart);
    }
    trimEpochs(logStart, writer.endOffset());
    List<SegmentView> views = new ArrayList<>(sealed);
    views.add(writer.view());
    // None is forgotten for its age here: retention does that, when the clock is trusted.
    ProducerStateTable producers =
        snapshots.restore(views, opening.config().producerBatches(), opening.clock().wallMs());
    boolean resumed = opening.cleanShutdown() && bytesToCheck == 0;
    long durable = resumed ? writer.endOffset() : Math.min(known, writer.endOffset());
    RecoveryResult result = new RecoveryResult(checkedBytes, cutBytes, defect, unclean);
    tell(result, writer.endOffset(), known);
    return new LoadedLog(
        List.copyOf(sealed),
        writer,
        logStart,
        Math.max(durable, logStart),
        epochs,
        producers,
        result);
  }

  private void trimEpochs(long logStart, long logEnd) {
    LeaderEpochCache trimmed = epochs.truncateFromEnd(logEnd).truncateFromStart(logStart);
    if (!trimmed.equals(epochs)) {
      epochs = trimmed;
      checkpoints.writeLeaderEpochs(epochs);
    }
  }

  private void tell(RecoveryResult result, long logEnd, long known) {
    if (result.unclean()) {
      LOG.error(
          "[{}] recovered to offset {}, but offsets up to {} had been durable; {} bytes cut: {}",
          opening.name(),
          logEnd,
          known,
          result.cutBytes(),
          result.defect());
    } else if (!result.defect().isEmpty()) {
      LOG.warn(
          "[{}] recovered to offset {}; {} bytes cut: {}",
          opening.name(),
          logEnd,
          result.cutBytes(),
          result.defect());
    } else if (result.checkedBytes() > 0) {
      LOG.info(
          "[{}] recovered to offset {}; {} bytes checked",
          opening.name(),
          logEnd,
          result.checkedBytes());
    }
  }

  private SegmentFiles files(long baseOffset) {
    return new SegmentFiles(disk.directory(), baseOffset);
  }

  private void discard(long baseOffset) {
    files(baseOffset).all().forEach(disk::delete);
  }
}
