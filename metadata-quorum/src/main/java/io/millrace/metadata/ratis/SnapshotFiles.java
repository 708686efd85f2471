package io.millrace.metadata.ratis;

import io.millrace.common.file.AtomicFile;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import io.millrace.metadata.MetadataStorageException;
import io.millrace.metadata.image.CorruptSnapshotException;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.SnapshotCodec;
import io.millrace.metadata.image.SnapshotCodec.Snapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Snapshots as files: written beside, synced, then renamed; read with their checksums verified.
 * Stateless.
 */
public final class SnapshotFiles {
  private final FileStore store;
  private final String clusterId;

  public SnapshotFiles(FileStore store, String clusterId) {
    this.store = store;
    this.clusterId = clusterId;
  }

  /** Writes a snapshot; once it returns, the file is whole and durable. */
  public void write(Path path, MetadataImage image) throws IOException {
    Path temporary = path.resolveSibling(path.getFileName() + AtomicFile.TEMPORARY_SUFFIX);
    try (StoredFile file = store.open(temporary, OpenMode.CREATE)) {
      file.truncate(0);
      AtomicLong position = new AtomicLong();
      SnapshotCodec.encode(
          new Snapshot(clusterId, image),
          piece -> append(file, piece, position.getAndAdd(piece.remaining())));
      file.force();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    store.rename(temporary, path);
    forceNames(path);
  }

  /** Makes a file that someone else wrote durable. */
  void force(Path path) throws IOException {
    try (StoredFile file = store.open(path, OpenMode.READ_WRITE)) {
      file.force();
    }
    forceNames(path);
  }

  /** Makes the names beside a file durable. */
  void forceNames(Path path) throws IOException {
    Path directory = path.getParent();
    store.forceDirectory(directory == null ? Path.of("") : directory);
  }

  /**
   * Reads a snapshot.
   *
   * @throws MetadataStorageException if it is damaged or another cluster's; says what to do
   */
  public MetadataImage read(Path path) throws IOException {
    try (StoredFile file = store.open(path, OpenMode.READ)) {
      AtomicLong position = new AtomicLong();
      Snapshot snapshot = SnapshotCodec.decode(bytes -> next(file, position, bytes));
      if (!snapshot.clusterId().equals(clusterId)) {
        throw new MetadataStorageException(
            "the metadata snapshot "
                + path
                + " belongs to the cluster "
                + snapshot.clusterId()
                + " (expected: "
                + clusterId
                + "); check the data directory's path");
      }
      return snapshot.image();
    } catch (CorruptSnapshotException e) {
      throw new MetadataStorageException(
          "the metadata snapshot "
              + path
              + " is damaged: "
              + e.getMessage()
              + ". The log does not reach back before it. Nothing was changed; restore the metadata"
              + " directory from a backup, or, of one of several voters, replace this one",
          e);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static void append(StoredFile file, ByteBuffer piece, long position) {
    try {
      file.write(piece, position);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ByteBuffer next(StoredFile file, AtomicLong position, int bytes) {
    try {
      ByteBuffer piece = ByteBuffer.allocate(bytes);
      position.addAndGet(file.read(piece, position.get()));
      return piece.flip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
