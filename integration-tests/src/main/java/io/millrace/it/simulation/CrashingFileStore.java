package io.millrace.it.simulation;

import io.millrace.common.file.FileStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * A process's door to its disk, which can be made to end the process at any change of the disk: the
 * change is then done, half done or not done. Once it has ended nothing goes through. A force that
 * fails is told to the system, which gives the file's changes up. Confined to the simulation's
 * thread.
 */
final class CrashingFileStore implements FileStore {
  /** What becomes of the change at which the process ends. */
  enum LastChange {
    DONE,
    HALF_DONE,
    NOT_DONE
  }

  private final FileStore store;
  private final Consumer<Path> giveUp;
  private boolean ended;
  private int changesLeft = Integer.MAX_VALUE;
  private LastChange lastChange = LastChange.DONE;

  /**
   * A door.
   *
   * @param store the disk, with its errors
   * @param giveUp told of the file whose force failed
   */
  CrashingFileStore(FileStore store, Consumer<Path> giveUp) {
    this.store = store;
    this.giveUp = giveUp;
  }

  /** Ends the process at the so-many-th change from now. */
  void crashAt(int change, LastChange last) {
    changesLeft = change;
    lastChange = last;
  }

  /** The process has ended: what it still tries fails. */
  void end() {
    ended = true;
  }

  private interface Change {
    void run() throws IOException;
  }

  private void change(Change change) throws IOException {
    change(change, change);
  }

  private void change(Change change, Change half) throws IOException {
    requireAlive();
    if (--changesLeft > 0) {
      change.run();
      return;
    }
    switch (lastChange) {
      case DONE -> change.run();
      case HALF_DONE -> half.run();
      case NOT_DONE -> {}
    }
    ended = true;
    throw new CrashSignal();
  }

  private void requireAlive() {
    if (ended) {
      throw new CrashSignal();
    }
  }

  @Override
  public StoredFile open(Path path, OpenMode mode) throws IOException {
    requireAlive();
    return new CrashingFile(store.open(path, mode));
  }

  @Override
  public boolean exists(Path path) throws IOException {
    requireAlive();
    return store.exists(path);
  }

  @Override
  public void createDirectories(Path path) throws IOException {
    change(() -> store.createDirectories(path));
  }

  @Override
  public List<Path> list(Path directory) throws IOException {
    requireAlive();
    return store.list(directory);
  }

  @Override
  public boolean isDirectory(Path path) throws IOException {
    requireAlive();
    return store.isDirectory(path);
  }

  @Override
  public long size(Path path) throws IOException {
    requireAlive();
    return store.size(path);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    change(() -> store.rename(from, to));
  }

  @Override
  public void delete(Path path) throws IOException {
    change(() -> store.delete(path));
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    change(() -> store.forceDirectory(directory));
  }

  @Override
  public MappedFile map(Path path, long length) throws IOException {
    requireAlive();
    return store.map(path, length);
  }

  @Override
  public long totalSpace(Path path) throws IOException {
    requireAlive();
    return store.totalSpace(path);
  }

  @Override
  public long usableSpace(Path path) throws IOException {
    requireAlive();
    return store.usableSpace(path);
  }

  @Override
  public FileLock lock(Path path) throws IOException {
    requireAlive();
    return store.lock(path);
  }

  private final class CrashingFile implements StoredFile {
    private final StoredFile file;

    CrashingFile(StoredFile file) {
      this.file = file;
    }

    @Override
    public Path path() {
      return file.path();
    }

    @Override
    public long size() throws IOException {
      requireAlive();
      return file.size();
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      requireAlive();
      return file.read(into, position);
    }

    @Override
    public void write(ByteBuffer[] from, long position) throws IOException {
      change(() -> file.write(from, position), () -> writeHalf(from, position));
    }

    private void writeHalf(ByteBuffer[] from, long position) throws IOException {
      ByteBuffer first = from[0];
      file.write(first.slice(first.position(), first.remaining() / 2), position);
    }

    @Override
    public void truncate(long length) throws IOException {
      change(() -> file.truncate(length));
    }

    @Override
    public void force() throws IOException {
      change(this::forceOrGiveUp);
    }

    private void forceOrGiveUp() throws IOException {
      try {
        file.force();
      } catch (IOException e) {
        giveUp.accept(path());
        throw e;
      }
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
