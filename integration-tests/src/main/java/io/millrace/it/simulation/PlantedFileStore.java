package io.millrace.it.simulation;

import io.millrace.common.file.FileStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32C;

/**
 * A door to the disk through which a {@link PlantedBug} gets in. Confined to the simulation's
 * thread.
 */
final class PlantedFileStore implements FileStore {
  private final FileStore store;
  private final PlantedBug bug;

  /** Until something is appended to a log: the time of recovery. */
  private boolean recovering = true;

  /** The next sync of a directory is left out. */
  private boolean nameLeftOut;

  /** What is synced behind the checksums that cover it. */
  private final List<StoredFile> postponed = new ArrayList<>();

  /** The next sync of a directory is for a checksum. */
  private boolean checksumNamed;

  private PlantedFileStore(FileStore store, PlantedBug bug) {
    this.store = store;
    this.bug = bug;
  }

  static PlantedFileStore wrap(FileStore store, PlantedBug bug) {
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
    if (bug != PlantedBug.DIRECTORY_NOT_SYNCED && !nameLeftOut) {
      store.forceDirectory(directory);
    }
    nameLeftOut = false;
    if (!checksumNamed) {
      syncPostponed();
    }
    checksumNamed = false;
  }

  /** At the latest when a task ends. */
  void syncPostponed() throws IOException {
    for (StoredFile file : postponed) {
      file.force();
    }
    postponed.clear();
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
    if (bug == PlantedBug.SNAPSHOT_MISSING && to.toString().endsWith(".snapshot")) {
      return;
    }
    store.rename(from, to);
    checksumNamed = to.toString().endsWith(".checksum");
    nameLeftOut |=
        (bug == PlantedBug.EPOCHS_NOT_SYNCED && to.endsWith("leader-epoch-checkpoint"))
            || (bug == PlantedBug.LOG_START_NOT_SYNCED && to.endsWith("log-start-offset"));
  }

  @Override
  public void delete(Path path) throws IOException {
    if (bug != PlantedBug.CLEAN_MARK_KEPT || !path.endsWith("clean-shutdown")) {
      store.delete(path);
    }
  }

  @Override
  public MappedFile map(Path path, long length) throws IOException {
    return store.map(path, length);
  }

  @Override
  public long totalSpace(Path path) throws IOException {
    return store.totalSpace(path);
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
      boolean again = isLog && position < file.size();
      recovering &= !isLog || again;
      if (bug == PlantedBug.WINDOW_LEFT_OUT_OF_SNAPSHOT && isSnapshot) {
        file.write(withoutFirstWindow(from[0]), position);
      } else if (bug == PlantedBug.WRONG_OFFSETS_IN_SNAPSHOT && isSnapshot) {
        file.write(withWrongFirstOffset(from[0]), position);
      } else if (bug != PlantedBug.RECOVERED_NOT_WRITTEN_AGAIN || !again) {
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
      if (isLog && isLeftOut()) {
        return;
      }
      if (bug == PlantedBug.CHECKSUM_BEFORE_DATA && isLog && !isNewestSegment()) {
        postponed.add(file);
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

    private boolean isLeftOut() throws IOException {
      return bug == PlantedBug.FLUSH_SKIPPED
          || (bug == PlantedBug.ROLLED_SEGMENT_NOT_SYNCED && !isNewestSegment());
    }

    private boolean isNewestSegment() throws IOException {
      Path directory = Objects.requireNonNull(path().getParent());
      return store.list(directory).stream()
          .noneMatch(other -> other.toString().endsWith(".log") && other.compareTo(path()) > 0);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }

  /** Where a producer snapshot has what, as its format is drawn. */
  private static final int PRODUCERS_AT = 16;

  private static final int FIRST_COUNT_AT = 20 + 18;
  private static final int FIRST_BATCHES_AT = FIRST_COUNT_AT + 4;
  private static final int BATCH_BYTES = 24;
  private static final int FIRST_OFFSET_IN_BATCH = 8;

  private static boolean hasBatches(ByteBuffer snapshot) {
    int start = snapshot.position();
    return snapshot.remaining() >= FIRST_BATCHES_AT + BATCH_BYTES
        && snapshot.getInt(start + PRODUCERS_AT) > 0
        && snapshot.getInt(start + FIRST_COUNT_AT) > 0;
  }

  /** A producer snapshot in which the first producer has no batches. */
  private static ByteBuffer withoutFirstWindow(ByteBuffer snapshot) {
    if (!hasBatches(snapshot)) {
      return snapshot;
    }
    int start = snapshot.position();
    int bodyBytes = snapshot.remaining() - Integer.BYTES;
    int dropped = snapshot.getInt(start + FIRST_COUNT_AT) * BATCH_BYTES;
    byte[] body = new byte[bodyBytes];
    snapshot.get(start, body);
    ByteBuffer out = ByteBuffer.allocate(bodyBytes - dropped + Integer.BYTES);
    out.put(body, 0, FIRST_COUNT_AT).putInt(0);
    out.put(body, FIRST_BATCHES_AT + dropped, bodyBytes - FIRST_BATCHES_AT - dropped);
    return withChecksum(out);
  }

  /** A producer snapshot in which the first producer's oldest batch lies one offset too high. */
  private static ByteBuffer withWrongFirstOffset(ByteBuffer snapshot) {
    if (!hasBatches(snapshot)) {
      return snapshot;
    }
    ByteBuffer out = ByteBuffer.allocate(snapshot.remaining()).put(snapshot.duplicate());
    int at = FIRST_BATCHES_AT + FIRST_OFFSET_IN_BATCH;
    out.putLong(at, out.getLong(at) + 1);
    return withChecksum(out.position(out.position() - Integer.BYTES));
  }

  private static ByteBuffer withChecksum(ByteBuffer body) {
    CRC32C crc = new CRC32C();
    crc.update(body.duplicate().flip());
    return body.putInt((int) crc.getValue()).flip();
  }
}
