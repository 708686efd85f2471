package io.millrace.broker.log.dir;

import io.millrace.broker.log.dir.DataDirException.Reason;
import io.millrace.common.file.AtomicFile;
import io.millrace.common.file.FileLockedException;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.FileStore.FileLock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What is needed to prepare or open a data directory. Immutable.
 *
 * @param store the disk
 * @param path the directory
 * @param clusterId the cluster that it must belong to
 * @param nodeId the node that it must belong to
 * @param boots tells which boot of the machine this is
 */
public record DataDirOpening(
    FileStore store, Path path, String clusterId, int nodeId, BootIdSource boots) {
  /** What the lock file is called. */
  public static final String LOCK = ".lock";

  private static final String PROBE = ".writable";

  /** What an interrupted format, or a new file system, may have left. */
  private static final Set<String> HARMLESS =
      Set.of(
          LOCK,
          Marks.BOOT_ID,
          Marks.BOOT_ID + AtomicFile.TEMPORARY_SUFFIX,
          MetaProperties.FILE_NAME + AtomicFile.TEMPORARY_SUFFIX,
          "lost+found");

  /**
   * Prepares an empty or missing directory, durably. Interrupted at any point, it can be done
   * again.
   *
   * @param directoryId the new directory's id, see {@link DirectoryIds}
   * @throws DataDirException if it is formatted already, not empty, in use or not writable
   */
  public void format(UUID directoryId) throws DataDirException {
    try {
      DataDir.requireDirectory(store, path);
      createDurably(path);
      FileLock lock = lock();
      try {
        requireEmpty();
        MetaProperties meta = new MetaProperties(clusterId, nodeId, directoryId);
        new Marks(store, path, meta, boots).writeBoot();
        meta.write(store, path);
      } finally {
        lock.close();
      }
    } catch (IOException e) {
      throw DataDirException.of(path, e);
    }
  }

  /**
   * Opens a formatted directory.
   *
   * @throws DataDirException naming the directory and what is wrong
   */
  public DataDir open() throws DataDirException {
    try {
      DataDir.requireDirectory(store, path);
      MetaProperties meta = requireOwn();
      FileLock lock = lock();
      boolean opened = false;
      try {
        requireWritable();
        DataDir dir = new DataDir(this, meta, lock, new Marks(store, path, meta, boots));
        opened = true;
        return dir;
      } finally {
        if (!opened) {
          lock.close();
        }
      }
    } catch (IOException e) {
      throw DataDirException.of(path, e);
    }
  }

  private MetaProperties requireOwn() throws IOException {
    MetaProperties meta =
        MetaProperties.read(store, path)
            .orElseThrow(
                () ->
                    new DataDirException(
                        path,
                        Reason.NOT_FORMATTED,
                        "is not formatted (expected: a " + MetaProperties.FILE_NAME + " in it)"));
    if (!meta.clusterId().equals(clusterId)) {
      throw new DataDirException(
          path,
          Reason.WRONG_CLUSTER,
          "cluster.id: " + meta.clusterId() + " (expected: " + clusterId + ", as configured)");
    }
    if (meta.nodeId() != nodeId) {
      throw new DataDirException(
          path,
          Reason.WRONG_NODE,
          "node.id: " + meta.nodeId() + " (expected: " + nodeId + ", as configured)");
    }
    return meta;
  }

  private FileLock lock() throws IOException {
    try {
      return store.lock(path.resolve(LOCK));
    } catch (FileLockedException e) {
      throw new DataDirException(
          path,
          Reason.IN_USE,
          "in use by another process, which holds "
              + path.resolve(LOCK)
              + " (expected: one process for each data directory)");
    }
  }

  private void requireEmpty() throws IOException {
    Optional<MetaProperties> meta = MetaProperties.read(store, path);
    if (meta.isPresent()) {
      throw new DataDirException(
          path,
          Reason.NOT_EMPTY,
          "is formatted already: cluster.id "
              + meta.get().clusterId()
              + ", node.id "
              + meta.get().nodeId()
              + ", directory.id "
              + meta.get().directoryId()
              + " (expected: an empty directory)");
    }
    for (Path entry : store.list(path)) {
      if (!HARMLESS.contains(String.valueOf(entry.getFileName()))) {
        throw new DataDirException(
            path, Reason.NOT_EMPTY, "holds " + entry.getFileName() + " (expected: nothing in it)");
      }
    }
  }

  /** Finds a read-only or full disk before anything is changed. */
  private void requireWritable() throws IOException {
    Path probe = path.resolve(PROBE);
    AtomicFile.write(store, probe, new byte[] {'\n'});
    store.delete(probe);
  }

  private void createDurably(Path directory) throws IOException {
    Deque<Path> missing = new ArrayDeque<>();
    Path ancestor = directory.toAbsolutePath();
    while (ancestor != null && !store.exists(ancestor)) {
      missing.push(ancestor);
      ancestor = ancestor.getParent();
    }
    store.createDirectories(directory);
    for (Path created : missing) {
      Path parent = created.getParent();
      if (parent != null) {
        store.forceDirectory(parent);
      }
    }
  }
}
