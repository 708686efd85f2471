package io.millrace.broker.log;

import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One segment as readers see it: a way to its open file and indexes. Readers on any thread. The
 * state changes on the partition's shard, but a segment is detached on the flush thread and deleted
 * on the housekeeping thread; all of that is guarded by this object's monitor (never held while
 * another segment's is taken).
 *
 * <p>A segment that is written has its one handle set by the writer. A sealed one is opened by the
 * first reader and closed by the {@link MapBudget}. No mapped file is ever cut: the indexes of a
 * sealed segment are replaced by new files, never changed.
 */
final class Segment {
  private enum State {
    WRITTEN,
    SEALED,
    GONE
  }

  private final LogDisk disk;
  private final MapBudget budget;
  private final SegmentFiles files;
  private volatile State state;
  private volatile @Nullable SegmentHandle handle;

  /** What is added to the files' names: nothing while it is in the log. */
  private String suffix = "";

  /** Counted up before bytes are cut off: who has read and then sees no change has read well. */
  private volatile int cuts;

  private Segment(LogDisk disk, MapBudget budget, SegmentFiles files, State state) {
    this.disk = disk;
    this.budget = budget;
    this.files = files;
    this.state = state;
  }

  /** A segment whose writer has this handle. */
  static Segment written(LogDisk disk, MapBudget budget, SegmentFiles files, SegmentHandle handle) {
    Segment segment = new Segment(disk, budget, files, State.WRITTEN);
    segment.handle = handle;
    return segment;
  }

  /** A segment that is complete on disk; nothing is opened yet. */
  static Segment sealed(LogDisk disk, MapBudget budget, SegmentFiles files) {
    return new Segment(disk, budget, files, State.SEALED);
  }

  SegmentFiles files() {
    return files;
  }

  long baseOffset() {
    return files.baseOffset();
  }

  int cuts() {
    return cuts;
  }

  boolean isSealed() {
    return state == State.SEALED;
  }

  /**
   * The open file and indexes, to be given back with {@link #giveBack}.
   *
   * @param size the bytes of the segment as the reader knows it
   * @param endOffset the offset after its last record as the reader knows it
   * @throws StaleSnapshotException if the segment has been deleted
   */
  SegmentHandle borrow(int size, long endOffset) {
    SegmentHandle known = handle;
    if (known != null && known.acquire()) {
      if (state == State.SEALED) {
        budget.used(this);
      }
      return known;
    }
    SegmentHandle opened = open(size, endOffset);
    budget.opened(this);
    return opened;
  }

  void giveBack(SegmentHandle borrowed) {
    disk.run("close segment " + baseOffset(), borrowed::release);
  }

  private synchronized SegmentHandle open(int size, long endOffset) {
    SegmentHandle known = handle;
    if (known == null && state == State.SEALED) {
      known = disk.get("open segment " + baseOffset(), () -> openSealed(size, endOffset));
      handle = known;
    }
    if (known == null || !known.acquire()) {
      throw new StaleSnapshotException("segment " + baseOffset() + " is gone");
    }
    return known;
  }

  private SegmentHandle openSealed(int size, long endOffset) throws IOException {
    StoredFile data;
    try {
      data = disk.store().open(named(files.log()), OpenMode.READ);
    } catch (NoSuchFileException missing) {
      if (suffix.isEmpty()) {
        throw missing;
      }
      throw new StaleSnapshotException("segment " + baseOffset() + " was deleted");
    }
    try {
      SealedIndexes indexes = new SealedIndexes(disk, files, suffix);
      return indexes.open(data, size, endOffset);
    } catch (IOException | RuntimeException e) {
      data.close();
      throw e;
    }
  }

  /** The writer is done and all is on disk: from now on readers open it by themselves. */
  synchronized void seal() {
    state = State.SEALED;
    letGo();
  }

  /**
   * Some of the bytes are about to be cut off: what has been read is in doubt from now on, and a
   * writer has the segment again.
   */
  synchronized void cut(SegmentHandle writersHandle) {
    cuts++;
    budget.closed(this);
    if (handle != writersHandle) {
      letGo();
    }
    state = State.WRITTEN;
    handle = writersHandle;
  }

  /** Closes it if no reader is in it, else after the last one. */
  synchronized void closeIdle() {
    if (state == State.SEALED) {
      letGo();
    }
  }

  /** Gives the files the names of files to be deleted; readers go on. */
  void detach() {
    rename(files.all(), SegmentFiles.DELETED);
  }

  /**
   * Makes room for the cleaned segment of the same base offset; readers go on. What is known of the
   * producers at that offset stays.
   *
   * @param swap counts the swaps of the log: the files of an earlier one may still be read
   */
  void replace(long swap) {
    rename(files.rewritten(), "." + swap + SegmentFiles.REPLACED);
  }

  private synchronized void rename(List<Path> paths, String newSuffix) {
    disk.run(
        "rename segment " + baseOffset(),
        () -> {
          for (Path path : paths) {
            if (disk.store().exists(path)) {
              disk.store().rename(path, SegmentFiles.suffixed(path, newSuffix));
            }
          }
        });
    suffix = newSuffix;
  }

  /** Deletes the files; readers that are in it finish. */
  synchronized void delete() {
    close();
    files.all().forEach(path -> disk.delete(named(path)));
  }

  /** Ends it; readers that are in it finish, no others come. */
  synchronized void close() {
    if (state != State.GONE) {
      state = State.GONE;
      cuts++;
      budget.closed(this);
      letGo();
    }
  }

  private void letGo() {
    SegmentHandle known = handle;
    handle = null;
    if (known != null) {
      giveBack(known);
    }
  }

  private Path named(Path path) {
    return SegmentFiles.suffixed(path, suffix);
  }

  @Override
  public String toString() {
    return "Segment[" + files.log() + ", " + state + "]";
  }
}
