package io.millrace.common.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Files in memory that can be cloned as a crash would leave them, for the simulator and for tests.
 * Guarded by the monitor of its {@link MemoryDisk}, which its open files share; thread-safe.
 *
 * <p>What is durable is kept apart from what is merely written: the contents of a file as of its
 * last {@link StoredFile#force}, the names of a directory as of its last {@link #forceDirectory}.
 * {@link #crashClone} is the disk after a loss of power, {@link #killClone} after the death of the
 * process alone. A clone shares nothing with its original, so a thread of the dead process can go
 * on writing without harm.
 *
 * <p>An instance is one process: a lock is held until it is closed, and is free in every clone.
 * Relative and absolute paths of the same names are the same file. Where the real disk would end
 * the process (a mapped file is cut under its reader), this one throws {@link
 * IllegalStateException}.
 */
public final class MemoryFileStore implements FileStore {
  private static final long UNBOUNDED = Long.MAX_VALUE;

  private final MemoryDisk disk;
  private final Set<MemoryFile> locked = new HashSet<>();

  public MemoryFileStore() {
    this(new MemoryDisk(new MemoryDirectory(), UNBOUNDED));
  }

  /** A disk on which so many bytes of contents fit. */
  public MemoryFileStore(long capacityBytes) {
    this(new MemoryDisk(new MemoryDirectory(), capacityBytes));
  }

  private MemoryFileStore(MemoryDisk disk) {
    this.disk = disk;
  }

  /**
   * The disk as a loss of power leaves it: everything forced is there; of the rest, each write and
   * each change of a name is kept, dropped or (writes only) torn, as the seed decides. Later writes
   * may survive where earlier ones do not; changes of one name survive in their order. A rename is
   * never half done. The same history and seed give the same clone.
   */
  public MemoryFileStore crashClone(long seed) {
    synchronized (disk) {
      return new MemoryFileStore(new PowerLoss(new SplittableRandom(seed)).of(disk));
    }
  }

  /** The disk as the death of the process leaves it: everything is there, locks are free. */
  public MemoryFileStore killClone() {
    synchronized (disk) {
      return new MemoryFileStore(disk.copy());
    }
  }

  /** Makes everything durable, as {@code sync} does. */
  public void forceAll() {
    synchronized (disk) {
      disk.forceAll();
    }
  }

  /**
   * The disk did not take the file's contents, and the system gives them up as Linux does after a
   * failed sync: what was written since the last force can be read as long as the machine runs, and
   * no later force makes it durable; only writing it again and forcing that does. Nothing happens
   * if there is no such file.
   */
  public void giveUp(Path path) {
    synchronized (disk) {
      disk.find(path)
          .filter(MemoryFile.class::isInstance)
          .ifPresent(file -> ((MemoryFile) file).giveUp());
    }
  }

  /** From now on so many bytes of contents fit; what is there already stays. */
  public void limitTo(long capacityBytes) {
    synchronized (disk) {
      disk.limitTo(capacityBytes);
    }
  }

  @Override
  public StoredFile open(Path path, OpenMode mode) throws IOException {
    synchronized (disk) {
      return new MemoryStoredFile(disk, fileFor(path, mode), path, mode != OpenMode.READ);
    }
  }

  private MemoryFile fileFor(Path path, OpenMode mode) throws IOException {
    MemoryDirectory parent = disk.directory(disk.parentOf(path));
    Optional<MemoryNode> found = parent.find(disk.nameOf(path));
    if (found.isEmpty()) {
      if (mode == OpenMode.READ || mode == OpenMode.READ_WRITE) {
        throw new NoSuchFileException(path.toString());
      }
      MemoryFile created = new MemoryFile();
      disk.change(new NameChange.Link(parent, disk.nameOf(path), created));
      return created;
    }
    if (mode == OpenMode.CREATE_NEW) {
      throw new FileAlreadyExistsException(path.toString());
    }
    if (found.get() instanceof MemoryFile file) {
      return file;
    }
    throw new FileSystemException(path.toString(), null, "Is a directory");
  }

  @Override
  public boolean exists(Path path) {
    synchronized (disk) {
      return disk.find(path).isPresent();
    }
  }

  @Override
  public void createDirectories(Path path) throws IOException {
    synchronized (disk) {
      MemoryDirectory directory = disk.root();
      for (Path name : path.normalize()) {
        if (name.toString().isEmpty()) {
          continue;
        }
        Optional<MemoryNode> found = directory.find(name.toString());
        if (found.isEmpty()) {
          MemoryDirectory created = new MemoryDirectory();
          disk.change(new NameChange.Link(directory, name.toString(), created));
          directory = created;
        } else if (found.get() instanceof MemoryDirectory existing) {
          directory = existing;
        } else {
          throw new FileAlreadyExistsException(path.toString());
        }
      }
    }
  }

  @Override
  public List<Path> list(Path directory) throws IOException {
    synchronized (disk) {
      Optional<MemoryNode> found = disk.find(directory);
      if (found.isEmpty()) {
        return List.of();
      }
      if (found.get() instanceof MemoryDirectory entries) {
        return entries.names().keySet().stream().map(directory::resolve).toList();
      }
      throw new NotDirectoryException(directory.toString());
    }
  }

  @Override
  public boolean isDirectory(Path path) {
    synchronized (disk) {
      return disk.find(path).filter(MemoryDirectory.class::isInstance).isPresent();
    }
  }

  @Override
  public long size(Path path) throws IOException {
    synchronized (disk) {
      return disk.file(path).size();
    }
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    synchronized (disk) {
      MemoryDirectory fromParent = disk.directory(disk.parentOf(from));
      MemoryDirectory toParent = disk.directory(disk.parentOf(to));
      MemoryNode node =
          fromParent
              .find(disk.nameOf(from))
              .orElseThrow(() -> new NoSuchFileException(from.toString()));
      Optional<MemoryNode> replaced = toParent.find(disk.nameOf(to));
      if (replaced.isPresent()) {
        if (replaced.get() == node) {
          return;
        }
        requireReplaceable(node, replaced.get(), to);
        disk.removed(replaced.get());
      }
      disk.change(
          new NameChange.Move(fromParent, disk.nameOf(from), toParent, disk.nameOf(to), node));
    }
  }

  private static void requireReplaceable(MemoryNode node, MemoryNode replaced, Path to)
      throws IOException {
    if (replaced instanceof MemoryDirectory directory) {
      if (node instanceof MemoryFile) {
        throw new FileSystemException(to.toString(), null, "Is a directory");
      }
      if (!directory.names().isEmpty()) {
        throw new DirectoryNotEmptyException(to.toString());
      }
    } else if (node instanceof MemoryDirectory) {
      throw new NotDirectoryException(to.toString());
    }
  }

  @Override
  public void delete(Path path) throws IOException {
    synchronized (disk) {
      Optional<MemoryNode> found = disk.find(path);
      if (found.isEmpty()) {
        return;
      }
      if (found.get() instanceof MemoryDirectory directory && !directory.names().isEmpty()) {
        throw new DirectoryNotEmptyException(path.toString());
      }
      disk.removed(found.get());
      disk.change(new NameChange.Unlink(disk.directory(disk.parentOf(path)), disk.nameOf(path)));
    }
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    synchronized (disk) {
      disk.forceNames(disk.directory(directory));
    }
  }

  @Override
  public MappedFile map(Path path, long length) throws IOException {
    synchronized (disk) {
      MemoryFile file = disk.file(path);
      ByteBuffer buffer = file.map(path, length);
      return new MappedFile() {
        private boolean closed;

        @Override
        public ByteBuffer buffer() {
          return buffer;
        }

        @Override
        public void close() {
          synchronized (disk) {
            if (!closed) {
              closed = true;
              file.unmap(length);
            }
          }
        }
      };
    }
  }

  @Override
  public long totalSpace(Path path) {
    synchronized (disk) {
      return disk.capacity();
    }
  }

  @Override
  public long usableSpace(Path path) {
    synchronized (disk) {
      return disk.usableSpace();
    }
  }

  @Override
  public FileLock lock(Path path) throws IOException {
    synchronized (disk) {
      MemoryFile file = fileFor(path, OpenMode.CREATE);
      if (!locked.add(file)) {
        throw new FileLockedException(path);
      }
      AtomicBoolean held = new AtomicBoolean(true);
      return () -> {
        synchronized (disk) {
          if (held.getAndSet(false)) {
            locked.remove(file);
          }
        }
      };
    }
  }
}
