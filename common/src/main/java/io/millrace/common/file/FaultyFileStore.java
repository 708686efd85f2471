package io.millrace.common.file;

import io.millrace.common.file.FaultPlan.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/**
 * Another store, with the errors of a {@link FaultPlan}. Stateless beside the plan; as thread-safe
 * as the other store. A failed {@code force} reaches the other store not at all, so over a {@link
 * MemoryFileStore} its bytes are not durable, whatever a later one says of others.
 */
public final class FaultyFileStore implements FileStore {
  private final FileStore store;
  private final FaultPlan plan;

  public FaultyFileStore(FileStore store, FaultPlan plan) {
    this.store = store;
    this.plan = plan;
  }

  @Override
  public StoredFile open(Path path, OpenMode mode) throws IOException {
    plan.before(Operation.OPEN, path);
    return new FaultyFile(store.open(path, mode), plan);
  }

  @Override
  public boolean exists(Path path) throws IOException {
    return store.exists(path);
  }

  @Override
  public void createDirectories(Path path) throws IOException {
    plan.before(Operation.CREATE_DIRECTORIES, path);
    store.createDirectories(path);
  }

  @Override
  public List<Path> list(Path directory) throws IOException {
    plan.before(Operation.LIST, directory);
    return store.list(directory);
  }

  @Override
  public boolean isDirectory(Path path) throws IOException {
    return store.isDirectory(path);
  }

  @Override
  public long size(Path path) throws IOException {
    plan.before(Operation.SIZE, path);
    return store.size(path);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    plan.before(Operation.RENAME, from);
    store.rename(from, to);
  }

  @Override
  public void delete(Path path) throws IOException {
    plan.before(Operation.DELETE, path);
    store.delete(path);
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    plan.before(Operation.FORCE_DIRECTORY, directory);
    store.forceDirectory(directory);
  }

  @Override
  public MappedFile map(Path path, long length) throws IOException {
    plan.before(Operation.MAP, path);
    return store.map(path, length);
  }

  @Override
  public long totalSpace(Path path) throws IOException {
    plan.before(Operation.USABLE_SPACE, path);
    return store.totalSpace(path);
  }

  @Override
  public long usableSpace(Path path) throws IOException {
    plan.before(Operation.USABLE_SPACE, path);
    return store.usableSpace(path);
  }

  @Override
  public FileLock lock(Path path) throws IOException {
    plan.before(Operation.LOCK, path);
    return store.lock(path);
  }

  private record FaultyFile(StoredFile file, FaultPlan plan) implements StoredFile {
    @Override
    public Path path() {
      return file.path();
    }

    @Override
    public long size() throws IOException {
      plan.before(Operation.SIZE, path());
      return file.size();
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      plan.before(Operation.READ, path());
      return file.read(into, position);
    }

    @Override
    public void write(ByteBuffer[] from, long position) throws IOException {
      OptionalInt written = plan.before(Operation.WRITE, path());
      if (written.isEmpty()) {
        file.write(from, position);
        return;
      }
      long next = position;
      for (ByteBuffer buffer : from) {
        int length = (int) Math.min(buffer.remaining(), position + written.getAsInt() - next);
        file.write(buffer.slice(buffer.position(), length), next);
        next += length;
      }
      throw FaultPlan.failure(path(), "No space left on device");
    }

    @Override
    public void truncate(long length) throws IOException {
      plan.before(Operation.TRUNCATE, path());
      file.truncate(length);
    }

    @Override
    public void force() throws IOException {
      plan.before(Operation.FORCE, path());
      file.force();
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
