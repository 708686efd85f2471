package io.millrace.broker.log;

import io.millrace.common.FlushMode;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.file.AtomicFile;
import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a log: its directory, its checkpoints, its segments (see {@link SegmentRecovery}) and its
 * producers. Confined to the opening thread.
 */
final class LogLoader {
  private static final Logger LOG = LoggerFactory.getLogger(LogLoader.class);

  private final LogOpening opening;
  private final LogDisk disk;
  private final PartitionCheckpoints checkpoints;
  private final ProducerSnapshots snapshots;
  private final GivenUpRecords givenUp;
  private LeaderEpochCache epochs = LeaderEpochCache.EMPTY;

  LogLoader(LogOpening opening, LogDisk disk) {
    this.opening = opening;
    this.disk = disk;
    this.checkpoints = new PartitionCheckpoints(disk);
    this.snapshots = new ProducerSnapshots(disk);
    this.givenUp = new GivenUpRecords(opening, disk);
  }

  LoadedLog load() {
    return disk.get("open the log", this::loadOrThrow);
  }

  private LoadedLog loadOrThrow() throws IOException {
    boolean made = claimDirectory();
    SwapJournal.finish(disk);
    NavigableSet<Long> bases = removeLeftovers();
    if (made && bases.isEmpty() && opening.config().flushMode() == FlushMode.COMMIT) {
      checkpoints.writeSyncedMark();
    }
    long logStart = checkpoints.readLogStart().orElseGet(() -> bases.isEmpty() ? 0 : bases.first());
    epochs = checkpoints.readLeaderEpochs().orElseGet(() -> LeaderEpochCache.EMPTY);
    if (epochs.entries().isEmpty()) {
      epochs = epochsFromBatches(bases);
    }
    long firstOffset = Math.max(logStart, bases.isEmpty() ? logStart : bases.first());
    SegmentRecovery recovery = new SegmentRecovery(opening, disk, epochs, givenUp, firstOffset);
    boolean resumed = openSegments(List.copyOf(bases), recovery);
    LoadedLog loaded = finish(recovery, firstOffset, resumed);
    givenUp.endOpening(!loaded.recovery().unclean());
    return loaded;
  }

  /**
   * Makes the directory, or finds that it is this partition's.
   *
   * @return whether it was made, or was not known to be a partition's
   */
  private boolean claimDirectory() throws IOException {
    if (!disk.store().exists(disk.directory().resolve(PartitionDirectory.METADATA))) {
      PartitionDirectory.create(disk.store(), disk.directory(), opening.id());
      return true;
    }
    Optional<TopicIdPartition> owner = PartitionDirectory.readId(disk.store(), disk.directory());
    if (owner.isEmpty()) {
      LOG.warn("{}: {} is damaged; written anew", disk.directory(), PartitionDirectory.METADATA);
      PartitionDirectory.create(disk.store(), disk.directory(), opening.id());
    } else if (!owner.get().equals(opening.id())) {
      throw new IllegalArgumentException(
          disk.directory() + " belongs to " + owner.get() + " (expected: " + opening.id() + ")");
    }
    return false;
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
              || name.endsWith(SegmentFiles.CLEANED)
              || name.endsWith(SegmentFiles.REPLACED)
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

  /** Whether the log was taken up as it was closed. */
  private boolean openSegments(List<Long> bases, SegmentRecovery recovery) throws IOException {
    if (bases.isEmpty()) {
      recovery.begin();
      return false;
    }
    if (opening.cleanShutdown()) {
      if (recovery.resume(bases)) {
        return true;
      }
      LOG.warn("{}: was not closed in order after all; checking it", disk.directory());
    }
    recovery.recover(bases);
    return false;
  }

  private LoadedLog finish(SegmentRecovery segments, long logStart, boolean resumed) {
    long known = opening.recoveryPoint();
    boolean unclean = Math.max(segments.endOffset(), logStart) < known;
    if (segments.endOffset() < logStart) {
      LOG.error(
          "[{}] log end {} lies below log start {}: beginning anew there",
          opening.name(),
          segments.endOffset(),
          logStart);
      segments.beginAnew();
      // What is known of the producers is older than the gap: better nothing than that.
      snapshots.retain(Set.of());
    }
    long end = segments.endOffset();
    trimEpochs(logStart, end);
    // None is forgotten for its age here: retention does that, when the clock is trusted.
    ProducerStateTable producers =
        snapshots.restore(
            segments.views(), opening.config().producerBatches(), opening.clock().wallMs());
    long durable = resumed ? end : Math.min(known, end);
    RecoveryResult result = segments.result(unclean);
    tell(result, end, known);
    return new LoadedLog(
        segments.sealed(),
        segments.writer(),
        logStart,
        cleanedOffset(Math.max(end, logStart)),
        Math.max(durable, logStart),
        epochs,
        producers,
        checkpoints.readSyncedMark(),
        result);
  }

  /** Lowered first where the log was cut: what comes there next was seen by no cleaning. */
  private long cleanedOffset(long logEnd) {
    long noted = checkpoints.readCleaned();
    if (noted > logEnd) {
      checkpoints.writeCleaned(logEnd);
    }
    return Math.min(noted, logEnd);
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
