package io.millrace.broker.log.inspect;

import io.millrace.broker.log.dir.DataDirContents;
import io.millrace.broker.log.dir.DataDirOpening;
import io.millrace.common.file.FileLockedException;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.FileStore.FileLock;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Checks the logs of a stopped broker against everything that is known of them: file names, the
 * batches' CRCs, offsets without gaps, leader epochs that ascend and are those of the epoch
 * checkpoint, every record, the indexes, the whole-file checksums of the sealed segments, the
 * checkpoints, and that no log ends below its recovery point. Reads only. Confined to one thread.
 *
 * <p>A flipped bit is always found in a sealed segment, and in every file of a directory that was
 * closed in order. In the segment that was being written when its broker died, it is found where a
 * batch's CRC covers it.
 */
public final class LogVerifier {
  private final FileStore store;
  private final VerifyOptions options;
  private final Findings findings = new Findings();

  private LogVerifier(FileStore store, VerifyOptions options) {
    this.store = store;
    this.options = options;
  }

  /**
   * Checks a data directory, or the directory of one partition.
   *
   * @throws LogInUseException if a broker works on it and the options do not allow that
   * @throws NoSuchFileException if it is missing
   * @throws IOException if the disk fails, or it is no such directory
   */
  public static VerifyReport verify(FileStore store, Path path, VerifyOptions options)
      throws IOException {
    if (!store.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    LogVerifier verifier = new LogVerifier(store, options);
    if (DataDirContents.isDataDir(store, path)) {
      verifier.locked(path, () -> verifier.dataDirectory(path));
    } else if (PartitionVerifier.isPartition(store, path)) {
      verifier.partition(path);
    } else {
      throw new IOException(
          path
              + ": neither a data directory (expected: meta.properties in it) nor a partition's"
              + " (expected: <topic>-<number>)");
    }
    return verifier.findings.report();
  }

  private interface Check {
    void run() throws IOException;
  }

  /** Keeps brokers off while the check runs. */
  private void locked(Path dataDirectory, Check check) throws IOException {
    Path lockFile = dataDirectory.resolve(DataDirOpening.LOCK);
    if (!store.exists(lockFile)) {
      check.run();
      return;
    }
    Optional<FileLock> lock = lock(dataDirectory, lockFile);
    try {
      check.run();
    } finally {
      if (lock.isPresent()) {
        lock.get().close();
      }
    }
  }

  private Optional<FileLock> lock(Path dataDirectory, Path lockFile) throws IOException {
    try {
      return Optional.of(store.lock(lockFile));
    } catch (FileLockedException held) {
      if (!options.evenIfInUse()) {
        throw new LogInUseException(dataDirectory);
      }
      findings.warning(
          lockFile, 0, "held by a running broker: what it is writing may look damaged");
    } catch (IOException e) {
      findings.warning(
          lockFile, 0, "can't be locked (" + e + "): a broker must not work on the directory");
    }
    return Optional.empty();
  }

  private void dataDirectory(Path path) throws IOException {
    DataDirContents contents = contents(path);
    for (Path entry : store.list(path)) {
      if (PartitionVerifier.isPartition(store, entry)) {
        new PartitionVerifier(store, options, findings, contents).verify(entry);
      }
    }
  }

  private void partition(Path path) throws IOException {
    Path parent = path.toAbsolutePath().getParent();
    if (parent != null && DataDirContents.isDataDir(store, parent)) {
      locked(
          parent,
          () -> new PartitionVerifier(store, options, findings, contents(parent)).verify(path));
    } else {
      new PartitionVerifier(store, options, findings, PartitionVerifier.NO_DATA_DIR).verify(path);
    }
  }

  private DataDirContents contents(Path dataDirectory) throws IOException {
    DataDirContents contents = DataDirContents.read(store, dataDirectory);
    contents.damages().forEach(damage -> findings.error(damage.file(), 0, damage.what()));
    return contents;
  }
}
