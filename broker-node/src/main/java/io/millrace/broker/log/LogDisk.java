package io.millrace.broker.log;

import io.millrace.common.file.FileStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The disk as one partition's log sees it. Every failure becomes a {@link LogDirException} and is
 * remembered: what was on its way is in doubt from then on, so that nothing more is written.
 * Thread-safe.
 */
class LogDisk {
  private final FileStore store;
  private final Path directory;
  private volatile @Nullable LogDirException failure;

  LogDisk(FileStore store, Path directory) {
    this.store = store;
    this.directory = directory;
  }

  /** Something done with files. */
  interface Work<T> {
    T run() throws IOException;
  }

  /** Something done with files, without a result. */
  interface Action {
    void run() throws IOException;
  }

  FileStore store() {
    return store;
  }

  Path directory() {
    return directory;
  }

  /** Throws the failure again, if there was one. */
  void requireUsable() {
    LogDirException known = failure;
    if (known != null) {
      throw known;
    }
  }

  <T> T get(String what, Work<T> work) {
    try {
      return work.run();
    } catch (IOException e) {
      throw failed(what, e);
    }
  }

  void run(String what, Action action) {
    try {
      action.run();
    } catch (IOException e) {
      throw failed(what, e);
    }
  }

  LogDirException failed(String what, IOException e) {
    LogDirException raised = new LogDirException(directory, what, e);
    failure = raised;
    return raised;
  }

  /** The bytes of a small file, if it exists. */
  Optional<byte[]> readIfPresent(Path path) {
    return get(
        "read " + path.getFileName(),
        () -> {
          try (FileStore.StoredFile file = store.open(path, FileStore.OpenMode.READ)) {
            ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(file.size()));
            file.read(bytes, 0);
            return Optional.of(Arrays.copyOf(bytes.array(), bytes.position()));
          } catch (NoSuchFileException missing) {
            return Optional.empty();
          }
        });
  }

  /**
   * Writes a file anew beside the old one, forces it and gives it the name: whoever has the old one
   * mapped keeps it. The name is durable after {@link #forceDirectory}.
   */
  void replace(Path path, ByteBuffer bytes) {
    run(
        "write " + path.getFileName(),
        () -> {
          Path fresh = path.resolveSibling(path.getFileName() + ".tmp");
          store.delete(fresh);
          try (FileStore.StoredFile file = store.open(fresh, FileStore.OpenMode.CREATE_NEW)) {
            file.write(bytes.duplicate(), 0);
            file.force();
          }
          store.rename(fresh, path);
        });
  }

  void forceDirectory() {
    run("force the directory", () -> store.forceDirectory(directory));
  }

  void delete(Path path) {
    run("delete " + path.getFileName(), () -> store.delete(path));
  }
}
