package io.millrace.broker.log.dir;

import io.millrace.broker.log.dir.DataDirException.Reason;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.file.CorruptFileException;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.FileStore.FileLock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A data directory that this process works on. Its state and listeners are guarded by its monitor,
 * which is never held while a listener or the disk is called; the checkpoints are written by one
 * thread at a time (the owner's care), everything else is thread-safe.
 *
 * <p>From opening to an orderly close:
 *
 * <ol>
 *   <li>{@link DataDirOpening#open} takes the lock, checks whose the directory is, and takes the
 *       clean-shutdown mark away, durably, before anything else is changed;
 *   <li>the logs are recovered as {@link #wasCleanlyClosed}, {@link #recoveryPoints} and {@link
 *       #mayHaveLostPageCache} tell; then {@link #confirmBoot};
 *   <li>the logs are flushed and closed, the checkpoints written, and last of all {@link
 *       #markCleanlyClosed}; {@link #close} gives up the lock.
 * </ol>
 */
public final class DataDir implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DataDir.class);

  static final String RECOVERY_POINTS = "recovery-points";
  static final String HIGH_WATERMARKS = "high-watermarks";

  private final FileStore store;
  private final Path path;
  private final MetaProperties meta;
  private final FileLock lock;
  private final Marks marks;
  private final boolean cleanlyClosed;
  private final boolean bootChanged;
  private volatile boolean bootConfirmed;

  private final List<DataDirListener> listeners = new ArrayList<>();

  /** Set once: the state is offline from then on. */
  private volatile @Nullable DataDirFailure failure;

  DataDir(DataDirOpening opening, MetaProperties meta, FileLock lock, Marks marks)
      throws IOException {
    this.store = opening.store();
    this.path = opening.path();
    this.meta = meta;
    this.lock = lock;
    this.marks = marks;
    this.cleanlyClosed = marks.cleanlyClosed();
    // After an orderly close everything is on disk: no boot can have lost any of it.
    this.bootChanged = !cleanlyClosed && !marks.sameBoot();
    this.bootConfirmed = !bootChanged;
    if (cleanlyClosed) {
      marks.writeBoot();
    }
    marks.removeClean();
  }

  /**
   * Whose the directory is; empty if it is not formatted, or missing. Needs no lock.
   *
   * @throws DataDirException if {@code meta.properties} can't be read
   */
  public static Optional<MetaProperties> identify(FileStore store, Path path)
      throws DataDirException {
    try {
      requireDirectory(store, path);
      return MetaProperties.read(store, path);
    } catch (IOException e) {
      throw DataDirException.of(path, e);
    }
  }

  /** Refuses a path that leads to a file, or through one. */
  static void requireDirectory(FileStore store, Path path) throws IOException {
    Path nearest = path.toAbsolutePath();
    while (!store.exists(nearest)) {
      Path parent = nearest.getParent();
      if (parent == null) {
        return;
      }
      nearest = parent;
    }
    if (!store.isDirectory(nearest)) {
      throw new DataDirException(
          path,
          Reason.NOT_A_DIRECTORY,
          nearest + " is a file (expected: a directory, or nothing yet; name another path)");
    }
  }

  /**
   * Refuses a copy of a directory beside its original.
   *
   * @throws DataDirException if two have the same directory id
   */
  public static void requireDistinct(Collection<DataDir> directories) throws DataDirException {
    Map<UUID, Path> seen = new HashMap<>();
    for (DataDir directory : directories) {
      Path other = seen.put(directory.directoryId(), directory.path);
      if (other != null) {
        throw new DataDirException(
            directory.path,
            Reason.DUPLICATE,
            "directory.id: "
                + directory.directoryId()
                + ", as in "
                + other
                + " (expected: one id for each; was it copied?)");
      }
    }
  }

  /** The store that holds it. */
  public FileStore store() {
    return store;
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /** Whose it is. */
  public MetaProperties meta() {
    return meta;
  }

  /** The id that the cluster knows it by. */
  public UUID directoryId() {
    return meta.directoryId();
  }

  /** Whether its last process closed it in order: then nothing need be read again (S31). */
  public boolean wasCleanlyClosed() {
    return cleanlyClosed;
  }

  /**
   * Whether bytes that were written but not forced may be gone: the machine was booted since, or
   * whether it was can't be told, and the directory was not closed in order (S14). Stays so for
   * later openings until {@link #confirmBoot}.
   */
  public boolean mayHaveLostPageCache() {
    return bootChanged;
  }

  /** The logs are recovered and what was lost is reported: the data belong to this boot now. */
  public void confirmBoot() throws IOException {
    if (!bootConfirmed) {
      marks.writeBoot();
      bootConfirmed = true;
    }
  }

  /** Whether the data belong to this boot: nothing is left to report of one before. */
  public boolean isBootConfirmed() {
    return bootConfirmed;
  }

  /**
   * Up to where each log is surely on disk. A damaged file counts as a missing one: then the logs
   * are checked from their beginnings.
   */
  public Map<TopicIdPartition, Long> recoveryPoints() throws IOException {
    try {
      return new OffsetCheckpoint(store, path.resolve(RECOVERY_POINTS)).read();
    } catch (CorruptFileException e) {
      LOG.warn("[data directory {}] {}: every log is checked anew", path, e.getMessage());
      return Map.of();
    } catch (IOException e) {
      throw DataDirException.of(path, e);
    }
  }

  /** Replaces all recovery points, durably. */
  public void writeRecoveryPoints(Map<TopicIdPartition, Long> offsets) throws IOException {
    new OffsetCheckpoint(store, path.resolve(RECOVERY_POINTS)).write(offsets);
  }

  /**
   * Up to where each log's records were committed, or a little less. A damaged file counts as a
   * missing one: then the high watermarks are found anew with the other replicas.
   */
  public Map<TopicIdPartition, Long> highWatermarks() throws IOException {
    try {
      return new OffsetCheckpoint(store, path.resolve(HIGH_WATERMARKS)).read();
    } catch (CorruptFileException e) {
      LOG.warn("[data directory {}] {}: taken for missing", path, e.getMessage());
      return Map.of();
    } catch (IOException e) {
      throw DataDirException.of(path, e);
    }
  }

  /** Replaces all high watermarks, durably. */
  public void writeHighWatermarks(Map<TopicIdPartition, Long> offsets) throws IOException {
    new OffsetCheckpoint(store, path.resolve(HIGH_WATERMARKS)).write(offsets);
  }

  /** Whether it can be used. */
  public DataDirState state() {
    return failure == null ? DataDirState.ONLINE : DataDirState.OFFLINE;
  }

  /** Why it is offline. */
  public Optional<DataDirFailure> failure() {
    return Optional.ofNullable(failure);
  }

  /**
   * Adds a listener; it is called at once if the directory is offline already.
   *
   * @return takes it away again; it may still be called if the directory fails meanwhile
   */
  public Runnable onOffline(DataDirListener listener) {
    DataDirFailure already;
    synchronized (this) {
      listeners.add(listener);
      already = failure;
    }
    if (already != null) {
      listener.wentOffline(this, already);
    }
    return () -> forget(listener);
  }

  private synchronized void forget(DataDirListener listener) {
    listeners.remove(listener);
  }

  /**
   * Takes the directory offline (S34): the one channel for every failure of its disk. Only the
   * first failure counts, is logged and reaches the listeners.
   *
   * @param what what was done when it failed
   */
  public void fail(String what, Throwable cause) {
    DataDirFailure first = new DataDirFailure(what, cause);
    List<DataDirListener> told;
    synchronized (this) {
      if (failure != null) {
        return;
      }
      failure = first;
      told = List.copyOf(listeners);
    }
    LOG.error("[data directory {}] offline: {}", path, what, cause);
    told.forEach(listener -> listener.wentOffline(this, first));
  }

  /**
   * Says that everything is on disk. The very last write before {@link #close}. Nothing happens if
   * the directory is offline, or if its boot is not confirmed: the next process must still learn
   * what may be lost.
   */
  public void markCleanlyClosed() throws IOException {
    if (state() == DataDirState.ONLINE && bootConfirmed) {
      marks.writeClean();
    }
  }

  /** Gives up the lock. */
  @Override
  public void close() throws IOException {
    lock.close();
  }

  @Override
  public String toString() {
    return "DataDir[" + path + ", " + meta.directoryId() + ", " + state() + "]";
  }
}
