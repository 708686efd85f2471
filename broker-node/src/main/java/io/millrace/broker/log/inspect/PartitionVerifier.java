package io.millrace.broker.log.inspect;

import io.millrace.broker.log.GivenUpRecords;
import io.millrace.broker.log.LeaderEpochCache;
import io.millrace.broker.log.PartitionDirectory;
import io.millrace.broker.log.PartitionFiles;
import io.millrace.broker.log.ProducerSnapshot;
import io.millrace.broker.log.SegmentChecksum;
import io.millrace.broker.log.SegmentFiles;
import io.millrace.broker.log.SwapJournal;
import io.millrace.broker.log.dir.DataDirContents;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.file.AtomicFile;
import io.millrace.common.file.CorruptFileException;
import io.millrace.common.file.FileStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/** Checks one partition's directory. Confined to one thread. */
final class PartitionVerifier {
  /** What is known of the data directory of a partition that lies in none. */
  static final DataDirContents NO_DATA_DIR =
      new DataDirContents(Optional.empty(), false, Map.of(), List.of());

  private static final Set<String> OWN_FILES =
      Set.of(
          PartitionDirectory.METADATA,
          PartitionFiles.LEADER_EPOCHS,
          PartitionFiles.LOG_START,
          PartitionFiles.SYNCED_MARK,
          PartitionFiles.CLEANED);
  private static final List<String> SEGMENT_SUFFIXES =
      List.of(SegmentFiles.INDEX, SegmentFiles.TIME_INDEX, SegmentChecksum.SUFFIX);

  private final FileStore store;
  private final VerifyOptions options;
  private final Findings findings;
  private final DataDirContents dataDir;

  PartitionVerifier(
      FileStore store, VerifyOptions options, Findings findings, DataDirContents dataDir) {
    this.store = store;
    this.options = options;
    this.findings = findings;
    this.dataDir = dataDir;
  }

  /** Whether the path is a directory that is named like a partition's. */
  static boolean isPartition(FileStore store, Path path) throws IOException {
    return PartitionDirectory.nameOf(path).isPresent() && store.isDirectory(path);
  }

  void verify(Path directory) throws IOException {
    findings.countPartition();
    if (SwapJournal.exists(store, directory)) {
      findings.warning(
          directory.resolve(SwapJournal.NAME),
          0,
          "a crash interrupted compaction: the next start ends it; nothing here was checked");
      return;
    }
    List<Path> files = store.list(directory);
    TreeSet<Long> bases = new TreeSet<>();
    files.forEach(file -> SegmentFiles.offsetOf(file, SegmentFiles.LOG).ifPresent(bases::add));
    for (Path file : files) {
      name(file, bases);
    }
    Optional<TopicIdPartition> id = identity(directory);
    long logEndOffset =
        segments(directory, bases, leaderEpochs(directory, hasBatches(directory, bases)));
    logStart(directory, bases, logEndOffset);
    if (id.isPresent()) {
      recoveryPoint(directory, id.get(), bases, logEndOffset);
    }
  }

  /** A file that belongs here, or what is wrong with its name. */
  private void name(Path file, NavigableSet<Long> bases) throws IOException {
    String name = String.valueOf(file.getFileName());
    boolean temporary =
        name.endsWith(SegmentFiles.DELETED)
            || name.endsWith(SegmentFiles.CLEANED)
            || name.endsWith(SegmentFiles.REPLACED)
            || name.endsWith(AtomicFile.TEMPORARY_SUFFIX);
    if (OWN_FILES.contains(name)
        || temporary
        || GivenUpRecords.owns(file)
        || SegmentFiles.offsetOf(file, SegmentFiles.LOG).isPresent()) {
      return;
    }
    OptionalLong snapshot = SegmentFiles.offsetOf(file, SegmentFiles.PRODUCER_SNAPSHOT);
    if (snapshot.isPresent()) {
      producerSnapshot(file, snapshot.getAsLong());
      return;
    }
    for (String suffix : SEGMENT_SUFFIXES) {
      OptionalLong offset = SegmentFiles.offsetOf(file, suffix);
      if (offset.isPresent()) {
        if (!bases.contains(offset.getAsLong())) {
          findings.warning(file, 0, "belongs to no segment (expected: a .log of the same name)");
        }
        return;
      }
    }
    if (name.endsWith(SegmentFiles.LOG)) {
      findings.error(file, 0, "name: " + name + " (expected: 20 digits and .log)");
    } else {
      findings.warning(file, 0, "name: " + name + " (expected: a file of a log)");
    }
  }

  private void producerSnapshot(Path file, long offset) throws IOException {
    Optional<ProducerSnapshot> snapshot =
        ProducerSnapshot.decode(AtomicFile.read(store, file), Integer.MAX_VALUE);
    if (snapshot.isEmpty()) {
      findings.error(file, 0, "is not a whole producer snapshot");
    } else if (snapshot.get().offset() != offset) {
      findings.error(
          file, 8, "offset: " + snapshot.get().offset() + " (expected: " + offset + ", its name)");
    }
  }

  private Optional<TopicIdPartition> identity(Path directory) throws IOException {
    Optional<TopicIdPartition> id = PartitionDirectory.readId(store, directory);
    Path file = directory.resolve(PartitionDirectory.METADATA);
    if (id.isEmpty()) {
      findings.error(file, 0, "missing or damaged (expected: the partition's topic id)");
    } else if (!PartitionDirectory.nameOf(directory)
        .map(name -> name.partition() == id.get().partition())
        .orElse(false)) {
      findings.error(file, 0, "partition: " + id.get().partition() + " (expected: as in the name)");
    }
    return id;
  }

  private LeaderEpochCache leaderEpochs(Path directory, boolean hasBatches) throws IOException {
    Path file = directory.resolve(PartitionFiles.LEADER_EPOCHS);
    try {
      Optional<LeaderEpochCache> epochs = PartitionFiles.readLeaderEpochs(store, directory);
      if (epochs.isEmpty() && hasBatches) {
        findings.warning(file, 0, "missing: of the leader epochs only their order is checked");
      }
      return epochs.orElse(LeaderEpochCache.EMPTY);
    } catch (CorruptFileException e) {
      findings.error(file, 0, String.valueOf(e.getMessage()));
      return LeaderEpochCache.EMPTY;
    }
  }

  private boolean hasBatches(Path directory, NavigableSet<Long> bases) throws IOException {
    for (long base : bases) {
      if (store.size(new SegmentFiles(directory, base).log()) > 0) {
        return true;
      }
    }
    return false;
  }

  /** Checks all segments; returns the log's end. */
  private long segments(Path directory, NavigableSet<Long> bases, LeaderEpochCache epochs)
      throws IOException {
    SegmentVerifier verifier = new SegmentVerifier(store, options, findings, epochs);
    long end = bases.isEmpty() ? 0 : bases.first();
    for (long base : bases) {
      SegmentFiles files = new SegmentFiles(directory, base);
      if (base != end) {
        findings.error(
            files.log(),
            0,
            "base offset: " + base + " (expected: " + end + ", where the log ends)");
      }
      boolean last = base == bases.last();
      end = verifier.verify(files, !last || dataDir.cleanlyClosed(), last);
    }
    return end;
  }

  private void logStart(Path directory, NavigableSet<Long> bases, long logEndOffset)
      throws IOException {
    Path file = directory.resolve(PartitionFiles.LOG_START);
    try {
      OptionalLong start = PartitionFiles.readLogStart(store, directory);
      long lowest = bases.isEmpty() ? 0 : bases.first();
      if (start.isPresent() && (start.getAsLong() < lowest || start.getAsLong() > logEndOffset)) {
        findings.error(
            file,
            0,
            "log start: "
                + start.getAsLong()
                + " (expected: ["
                + lowest
                + ", "
                + logEndOffset
                + "])");
      }
    } catch (CorruptFileException e) {
      findings.error(file, 0, String.valueOf(e.getMessage()));
    }
  }

  private void recoveryPoint(
      Path directory, TopicIdPartition id, NavigableSet<Long> bases, long logEndOffset) {
    Long point = dataDir.recoveryPoints().get(id);
    if (point != null && logEndOffset < point) {
      Path file = bases.isEmpty() ? directory : new SegmentFiles(directory, bases.last()).log();
      findings.error(
          file,
          0,
          "the log ends at offset "
              + logEndOffset
              + " (expected: at least "
              + point
              + ", up to which it was on disk)");
    }
  }
}
