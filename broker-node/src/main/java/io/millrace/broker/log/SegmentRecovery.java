package io.millrace.broker.log;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The segments of a log that is opened. After an orderly close the last one is taken up as it was
 * closed; else those from the recovery point on are checked, and the log ends before the first bad
 * batch (S31). Confined to the opening thread; exactly one of {@link #begin}, {@link #resume} and
 * {@link #recover} makes the log.
 *
 * <p>Only what was not known to be durable is cut off. If something below the recovery point, or
 * covered by a segment's checksum, is damaged or missing, nothing is changed and the log is not
 * opened, unless another replica has it, or an operator has given it up: see {@link
 * GivenUpRecords}.
 */
final class SegmentRecovery {
  private static final Logger LOG = LoggerFactory.getLogger(SegmentRecovery.class);
  private static final long PROGRESS_STEP_BYTES = 16 << 20;

  private final LogOpening opening;
  private final LogDisk disk;
  private final LeaderEpochCache epochs;
  private final GivenUpRecords givenUp;
  private final long logStart;
  private final List<SegmentView> sealed = new ArrayList<>();
  private @Nullable SegmentWriter writer;
  private String defect = "";
  private long cutBytes;
  private long checkedBytes;
  private long bytesToCheck;

  /** Of the segment that is checked: so many bytes were surely on disk. */
  private long persistedBytes;

  /**
   * Prepares it.
   *
   * @param epochs the epochs known to have written the log
   * @param logStart what lies below it was deleted
   */
  SegmentRecovery(
      LogOpening opening,
      LogDisk disk,
      LeaderEpochCache epochs,
      GivenUpRecords givenUp,
      long logStart) {
    this.opening = opening;
    this.disk = disk;
    this.epochs = epochs;
    this.givenUp = givenUp;
    this.logStart = logStart;
  }

  /** All segments but the last, each complete on disk. */
  List<SegmentView> sealed() {
    return List.copyOf(sealed);
  }

  /** The last segment. */
  SegmentWriter writer() {
    if (writer == null) {
      throw new IllegalStateException("segments are not open (expected: begun or recovered)");
    }
    return writer;
  }

  List<SegmentView> views() {
    List<SegmentView> views = new ArrayList<>(sealed);
    if (writer != null) {
      views.add(writer.view());
    }
    return views;
  }

  long endOffset() {
    return writer().endOffset();
  }

  RecoveryResult result(boolean unclean) {
    return new RecoveryResult(checkedBytes, cutBytes, defect, unclean);
  }

  /** There are no segments: makes the first. */
  void begin() throws IOException {
    if (wasDurable(logStart)) {
      defect = "there is no segment";
      giveUpOrStop(files(logStart), new BatchScan.Result(0, logStart, defect), List.of());
    }
    beginAnew();
  }

  /** Throws the segments away that there are, and makes another. */
  void beginAnew() {
    views().forEach(view -> view.segment().delete());
    sealed.clear();
    writer = SegmentWriter.create(disk, opening.budget(), logStart);
  }

  /**
   * Whether the log had a record of that offset on disk. What was deleted need not have been: the
   * recovery point of a log that begins anew is its log start.
   */
  private boolean wasDurable(long offset) {
    return opening.recoveryPoint() > logStart && offset < opening.recoveryPoint();
  }

  /** Takes them up as they were closed; false if the last one is not what was closed. */
  boolean resume(List<Long> bases) throws IOException {
    int last = bases.size() - 1;
    Optional<SegmentWriter> resumed =
        SegmentWriter.resume(disk, opening.budget(), files(bases.get(last)));
    if (resumed.isPresent()) {
      sealAll(bases.subList(0, last), bases.get(last));
      writer = resumed.get();
    }
    return resumed.isPresent();
  }

  private void sealAll(List<Long> bases, long endOffset) throws IOException {
    for (int i = 0; i < bases.size(); i++) {
      long end = i + 1 < bases.size() ? bases.get(i + 1) : endOffset;
      SegmentFiles files = files(bases.get(i));
      int size = Math.toIntExact(disk.store().size(files.log()));
      sealed.add(SegmentView.of(Segment.sealed(disk, opening.budget(), files), size, end));
    }
  }

  /**
   * Checks them from the recovery point on.
   *
   * @throws DamagedLogException if something that was durable is damaged or missing
   */
  void recover(List<Long> bases) throws IOException {
    int first = firstToCheck(bases);
    sealAll(bases.subList(0, first), bases.get(first));
    for (int i = first; i < bases.size(); i++) {
      bytesToCheck += disk.store().size(files(bases.get(i)).log());
    }
    for (int i = first; ; i++) {
      List<Long> later = bases.subList(i + 1, bases.size());
      SegmentWriter checked = check(files(bases.get(i)), later);
      if (defect.isEmpty()) {
        checkFollowed(checked, later);
      }
      if (later.isEmpty() || !defect.isEmpty()) {
        discard(later);
        writer = checked;
        return;
      }
      checked.finish();
      checked.persist();
      checked.segment().seal();
      sealed.add(checked.view());
    }
  }

  /** Whether a segment that is good goes on to where the next one begins, or the log ended. */
  private void checkFollowed(SegmentWriter checked, List<Long> later) throws IOException {
    long end = checked.endOffset();
    if (later.isEmpty() && wasDurable(end)) {
      defect = "the log ends at offset " + end;
    } else if (!later.isEmpty() && later.get(0) != end) {
      defect = "segment " + later.get(0) + " does not follow (expected: " + end + ")";
    }
    SegmentView view = checked.view();
    if (!defect.isEmpty() && (wasDurable(end) || view.size() < persistedBytes)) {
      giveUpOrStop(view.segment().files(), new BatchScan.Result(view.size(), end, defect), later);
    }
  }

  /**
   * The bytes of a segment that were on disk when its checksum was written, which comes after them:
   * known also when the recovery point is old, or lost. None if all of it was deleted since.
   */
  private long persistedBytes(SegmentFiles files, List<Long> later) throws IOException {
    boolean deleted = !later.isEmpty() && later.get(0) <= logStart;
    return deleted
        ? 0
        : SealedIndexes.readChecksum(disk, files).map(sums -> sums.log().bytes()).orElse(0L);
  }

  private void discard(List<Long> bases) throws IOException {
    for (long base : bases) {
      SegmentFiles files = files(base);
      // It was moved away if it had been durable.
      if (disk.store().exists(files.log())) {
        cutBytes += disk.store().size(files.log());
        files.all().forEach(disk::delete);
      }
    }
  }

  /** Something below the recovery point is damaged or missing. */
  private void giveUpOrStop(SegmentFiles damaged, BatchScan.Result found, List<Long> later)
      throws IOException {
    List<SegmentFiles> behind = later.stream().map(this::files).toList();
    if (opening.expendable()) {
      LOG.warn(
          "[{}] is damaged: {} at byte {}, offset {}: {}; goes on without what follows, which is"
              + " moved aside",
          opening.name(),
          damaged.log(),
          found.position(),
          found.nextOffset(),
          found.defect());
      givenUp.moveAside(damaged, found, behind);
      return;
    }
    givenUp.require(damaged, found, behind);
  }

  /** The segment that holds the recovery point; also after a clean shutdown that was none. */
  private int firstToCheck(List<Long> bases) {
    int first = bases.size() - 1;
    while (first > 0 && bases.get(first) > opening.recoveryPoint()) {
      first--;
    }
    return first;
  }

  private SegmentWriter check(SegmentFiles files, List<Long> later) throws IOException {
    persistedBytes = persistedBytes(files, later);
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
    long size = disk.store().size(files.log());
    SegmentWriter.Scanned scanned = scan(files, later, progress);
    scanned.writer().writeAgain(durableBytes[0]);
    checkedBytes += size;
    opening.progress().checked(checkedBytes, bytesToCheck);
    BatchScan.Result found = scanned.result();
    if (!found.reachedEnd()) {
      cutBytes += size - found.position();
      defect =
          "%s at byte %d: %s"
              .formatted(files.log().getFileName(), found.position(), found.defect());
    }
    return scanned.writer();
  }

  private SegmentWriter.Scanned scan(
      SegmentFiles files, List<Long> later, BatchScan.Visitor progress) throws IOException {
    SegmentWriter.Verdict verdict =
        found -> {
          boolean wasOnDisk = wasDurable(found.nextOffset()) || found.position() < persistedBytes;
          if (!found.reachedEnd() && wasOnDisk) {
            giveUpOrStop(files, found, later);
          }
        };
    SegmentWriter.ScanPlan plan =
        new SegmentWriter.ScanPlan(
            Long.MAX_VALUE,
            // With the last durable batch: if its length is wrong, what follows it looks torn.
            opening.recoveryPoint() - 1,
            epochs,
            opening.config().indexIntervalBytes(),
            progress,
            verdict);
    return SegmentWriter.scan(
        disk, files, plan, handle -> Segment.written(disk, opening.budget(), files, handle));
  }

  private SegmentFiles files(long baseOffset) {
    return new SegmentFiles(disk.directory(), baseOffset);
  }
}
