package io.millrace.broker.log;

import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an operator gives up of a log whose durable records are damaged, so that it can be opened:
 * by a file named {@code give-up-from-<offset>} in the partition's directory, which must name the
 * offset at which the good records end. What lies behind is kept in a directory {@code
 * given-up-from-<offset>.<n>}: the bytes of the damaged segment from there on, and the later
 * segments. What another replica has is moved there without such a file. Confined to the opening
 * thread.
 *
 * <p>A consent is used up by the opening that uses it. It is not deleted but renamed, because the
 * recovery point is lowered only later: what was used says until then, for that recovery point,
 * that the log may end there. Damage at the same offset is a new one and wants a new consent.
 */
public final class GivenUpRecords {
  private static final Logger LOG = LoggerFactory.getLogger(GivenUpRecords.class);
  private static final String CONSENT = "give-up-from-";
  private static final String USED = ".used-at-";
  private static final String KEPT = "given-up-from-";
  private static final int COPY_BYTES = 1 << 20;

  private final LogOpening opening;
  private final LogDisk disk;

  /** The consent that this opening uses, until it is used up. */
  private Optional<Path> inUse = Optional.empty();

  GivenUpRecords(LogOpening opening, LogDisk disk) {
    this.opening = opening;
    this.disk = disk;
  }

  /** Whether a file or directory in a partition's directory is a consent, or what was given up. */
  public static boolean owns(Path path) {
    String name = String.valueOf(path.getFileName());
    return name.startsWith(CONSENT) || name.startsWith(KEPT);
  }

  /**
   * Moves away what is damaged and all that follows, if that was given up.
   *
   * @param damaged the segment that is damaged or should go on
   * @param found where its good batches end, and what is wrong there
   * @param later the segments after it
   * @throws DamagedLogException if it was not given up; nothing is changed then
   */
  void require(SegmentFiles damaged, BatchScan.Result found, List<SegmentFiles> later)
      throws IOException {
    Path consent = disk.directory().resolve(CONSENT + found.nextOffset());
    boolean isGone = !hasTail(damaged, found) && later.isEmpty();
    if (disk.store().exists(consent)) {
      inUse = Optional.of(consent);
    } else if (!isGone || !disk.store().exists(usedUp(consent))) {
      throw new DamagedLogException(message(damaged, found, consent));
    }
    moveAside(damaged, found, later);
    LOG.error(
        "[{}] gives up the records from offset {} on, as {} says; what there was of them is kept in"
            + " {}{}.*",
        opening.name(),
        found.nextOffset(),
        consent.getFileName(),
        KEPT,
        found.nextOffset());
  }

  /** Moves away what is damaged and all that follows, if there is anything; it is kept. */
  void moveAside(SegmentFiles damaged, BatchScan.Result found, List<SegmentFiles> later)
      throws IOException {
    boolean hasTail = hasTail(damaged, found);
    if (!hasTail && later.isEmpty()) {
      return;
    }
    Path kept = freshDirectory(found.nextOffset());
    if (hasTail) {
      String name = damaged.log().getFileName() + ".from-byte-" + found.position();
      copy(damaged.log(), found.position(), kept.resolve(name));
    }
    for (SegmentFiles segment : later) {
      move(segment, kept);
    }
    disk.store().forceDirectory(kept);
    disk.forceDirectory();
  }

  private boolean hasTail(SegmentFiles damaged, BatchScan.Result found) throws IOException {
    return disk.store().exists(damaged.log())
        && disk.store().size(damaged.log()) > found.position();
  }

  /** Never one that is there: what an opening kept, another must not replace. */
  private Path freshDirectory(long offset) throws IOException {
    int n = 0;
    while (disk.store().exists(disk.directory().resolve(KEPT + offset + "." + n))) {
      n++;
    }
    Path fresh = disk.directory().resolve(KEPT + offset + "." + n);
    disk.store().createDirectories(fresh);
    return fresh;
  }

  private String message(SegmentFiles damaged, BatchScan.Result found, Path consent) {
    return ("[%s] is damaged and stays offline: %s at byte %d, offset %d: %s; it had been"
            + " on disk (recovery point: offset %d). Nothing was changed. Put the files back from a copy and"
            + " restart; or give up all records from offset %d on: make the empty file %s and"
            + " restart, then they are moved aside there and the partition goes on without them")
        .formatted(
            opening.name(),
            damaged.log(),
            found.position(),
            found.nextOffset(),
            found.defect(),
            opening.recoveryPoint(),
            found.nextOffset(),
            consent);
  }

  private void copy(Path from, long position, Path to) throws IOException {
    try (StoredFile source = disk.store().open(from, OpenMode.READ);
        StoredFile target = disk.store().open(to, OpenMode.CREATE)) {
      target.truncate(0);
      ByteBuffer chunk = ByteBuffer.allocate(COPY_BYTES);
      long copied = 0;
      while (source.read(chunk.clear(), position + copied) > 0) {
        chunk.flip();
        int bytes = chunk.remaining();
        target.write(chunk, copied);
        copied += bytes;
      }
      target.force();
    }
  }

  private void move(SegmentFiles segment, Path to) throws IOException {
    for (Path file : segment.all()) {
      if (disk.store().exists(file)) {
        disk.store().rename(file, to.resolve(file.getFileName()));
      }
    }
  }

  private Path usedUp(Path consent) {
    return consent.resolveSibling(consent.getFileName() + USED + opening.recoveryPoint());
  }

  /**
   * The opening is at its end: what was given up is durably gone.
   *
   * @param lossless whether it found all that had been durable: what comes later is another loss
   */
  void endOpening(boolean lossless) throws IOException {
    if (inUse.isPresent()) {
      disk.store().rename(inUse.get(), usedUp(inUse.get()));
      disk.forceDirectory();
    }
    if (lossless) {
      forgetConsents();
    }
  }

  private void forgetConsents() throws IOException {
    for (Path path : disk.store().list(disk.directory())) {
      if (String.valueOf(path.getFileName()).startsWith(CONSENT)) {
        disk.store().delete(path);
      }
    }
  }
}
