package io.millrace.common.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The operating system's files. Stateless and thread-safe.
 *
 * <p>Mappings: from Java 22 on, closing one unmaps at once, and a late read of its buffer throws.
 * Before that there is no safe way to unmap (a late read would end the process), so closing only
 * drops the reference and the collector gives the pages back; the platform collects and tries again
 * by itself when it runs out of maps.
 */
public final class RealFileStore implements FileStore {
  /**
   * What this process has locked. Asking the operating system again would open the file, and
   * closing it would end the lock that is held.
   */
  private static final Set<Path> HELD_LOCKS = ConcurrentHashMap.newKeySet();

  @Override
  public StoredFile open(Path path, OpenMode mode) throws IOException {
    return RealStoredFile.open(path, mode);
  }

  @Override
  public boolean exists(Path path) {
    return Files.exists(path);
  }

  @Override
  public void createDirectories(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      Files.createDirectories(path);
    }
  }

  @Override
  public List<Path> list(Path directory) throws IOException {
    List<Path> paths = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      entries.forEach(paths::add);
    } catch (NoSuchFileException missing) {
      return List.of();
    }
    Collections.sort(paths);
    return List.copyOf(paths);
  }

  @Override
  public boolean isDirectory(Path path) {
    return Files.isDirectory(path);
  }

  @Override
  public long size(Path path) throws IOException {
    return Files.size(path);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void delete(Path path) throws IOException {
    Files.deleteIfExists(path);
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    Interrupts.shield(
        () -> {
          try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
          }
          return true;
        });
  }

  @Override
  public MappedFile map(Path path, long length) throws IOException {
    return Interrupts.repeat(() -> RealMappedFile.map(path, length));
  }

  @Override
  public long totalSpace(Path path) throws IOException {
    return volume(path).getTotalSpace();
  }

  @Override
  public long usableSpace(Path path) throws IOException {
    return volume(path).getUsableSpace();
  }

  private static java.nio.file.FileStore volume(Path path) throws IOException {
    Path existing = path.toAbsolutePath();
    while (!Files.exists(existing)) {
      Path parent = existing.getParent();
      if (parent == null) {
        throw new NoSuchFileException(path.toString());
      }
      existing = parent;
    }
    return Files.getFileStore(existing);
  }

  @Override
  public FileLock lock(Path path) throws IOException {
    Path name = path.toAbsolutePath().normalize();
    Path directory = name.getParent();
    Path real = directory == null ? name : directory.toRealPath().resolve(name.getFileName());
    if (!HELD_LOCKS.add(real)) {
      throw new FileLockedException(path);
    }
    boolean locked = false;
    try {
      FileLock lock = lockForProcess(path, real);
      locked = true;
      return lock;
    } finally {
      if (!locked) {
        HELD_LOCKS.remove(real);
      }
    }
  }

  private static FileLock lockForProcess(Path path, Path real) throws IOException {
    FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean locked = false;
    try {
      locked = Interrupts.shield(() -> channel.tryLock() != null);
    } finally {
      if (!locked) {
        channel.close();
      }
    }
    if (!locked) {
      throw new FileLockedException(path);
    }
    AtomicBoolean held = new AtomicBoolean(true);
    return () -> {
      if (held.compareAndSet(true, false)) {
        channel.close();
        HELD_LOCKS.remove(real);
      }
    };
  }
}
