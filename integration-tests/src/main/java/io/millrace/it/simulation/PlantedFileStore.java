package io.millrace.it.simulation;

import io.millrace.common.file.FileStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A door to the disk through which a {@link PlantedBug} gets in. Confined to the simulation's
 * thread.
 */
final class PlantedFileStore implements FileStore {
  private final FileStore store;
  private final PlantedBug bug;

  /** Until something is written to a log: the time of recovery. */
  private boolean recovering = true;

  private PlantedFileStore(FileStore store, PlantedBug bug) {
    this.store = store;
    this.bug = bug;
  }

  static FileStore wrap(FileStore store, PlantedBug bug) {
    return new PlantedFileStore(store, bug);
  }

  @Override
  public StoredFile open(Path path, OpenMode mode) throws IOException {
    return new PlantedFile(store.open(path, mode));
  }

  @Override
  public boolean exists(Path path) throws IOException {
    boolean hidden = bug == PlantedBug.LOG_START_FORGOTTEN && path.endsWith("log-start-offset");
    return !hidden && store.exists(path);
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    if (bug != PlantedBug.DIRECTORY_NOT_SYNCED) {
      store.forceDirectory(directory);
    }
  }

  @Override
  public void createDirectories(Path path) throws IOException {
    store.createDirectories(path);
  }

  @Override
  public List<Path> list(Path directory) throws IOException {
    return store.list(directory);
  }

  @Override
  public boolean isDirectory(Path path) throws IOException {
    return store.isDirectory(path);
  }

  @Override
  public long size(Path path) throws IOException {
    return store.size(path);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    store.rename(from, to);
  }

  @Override
  public void delete(Path path) throws IOException {
    store.delete(path);
  }

  @Override
  public MappedFile map(Path path, long length) throws IOException {
    return store.map(path, length);
  }

  @Override
  public long usableSpace(Path path) throws IOException {
    return store.usableSpace(path);
  }

  @Override
  public FileLock lock(Path path) throws IOException {
    return store.lock(path);
  }

  private final class PlantedFile implements StoredFile {
    private final StoredFile file;
    private final boolean isLog;
    private final boolean isSnapshot;

    PlantedFile(StoredFile file) {
      this.file = file;
      String name = String.valueOf(file.path().getFileName());
      this.isLog = name.endsWith(".log");
      this.isSnapshot = name.contains(".snapshot");
    }

    @Override
    public Path path() {
      return file.path();
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      int start = into.position();
      int read = file.read(into, position);
      if (bug == PlantedBug.WHOLE_BATCH_CUT
          && isLog
          && recovering
          && read > 0
          && position + read == file.size()) {
        int last = start + read - 1;
        into.put(last, (byte) ~into.get(last));
      }
      return read;
    }

    @Override
    public void write(ByteBuffer[] from, long position) throws IOException {
      recovering &= !isLog;
      if (bug == PlantedBug.WINDOW_LEFT_OUT_OF_SNAPSHOT && isSnapshot) {
        file.write(withoutFirstWindow(from[0]), position);
      } else {
        file.write(from, position);
      }
    }

    @Override
    public void truncate(long length) throws IOException {
      if (bug != PlantedBug.TORN_END_KEPT || !isLog) {
        file.truncate(length);
      }
    }

    @Override
    public void force() throws IOException {
      if (bug == PlantedBug.FLUSH_SKIPPED && isLog) {
        return;
      }
      try {
        file.force();
      } catch (IOException e) {
        if (bug == PlantedBug.FAILED_FLUSH_RETRIED) {
          file.force();
        } else if (bug != PlantedBug.FAILED_FLUSH_BELIEVED) {
          throw e;
        }
      }
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }

  /** A producer snapshot in which the first producer has no batches, as its format is drawn. */
  private static ByteBuffer withoutFirstWindow(ByteBuffer snapshot) {
    int producersAt = 16;
    int firstAt = 20;
    int countAt = firstAt + 18;
    int batchesAt = countAt + 4;
    int batchBytes = 24;
    int start = snapshot.position();
    int bodyBytes = snapshot.remaining() - Integer.BYTES;
    if (bodyBytes < batchesAt || snapshot.getInt(start + producersAt) == 0) {
      return snapshot;
    }
    int dropped = snapshot.getInt(start + countAt) * batchBytes;
    byte[] body = new byte[bodyBytes];
    snapshot.get(start, body);
    ByteBuffer out = ByteBuffer.allocate(bodyBytes - dropped + Integer.BYTES);
    out.put(body, 0, countAt).putInt(0);
    out.put(body, batchesAt + dropped, bodyBytes - batchesAt - dropped);
    CRC32C crc = new CRC32C();
    crc.update(out.array(), 0, out.position());
    return out.putInt((int) crc.getValue()).flip();
  }
}
