package io.millrace.common.file;

import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Small files that are replaced as a whole. Stateless; two writers of one file must not meet.
 *
 * <p>After a crash at any point the file is the old one or the new one, never a part, and once
 * {@link #write} has returned it is the new one. A {@code .tmp} file may be left over; the next
 * write replaces it.
 */
public final class AtomicFile {
  /** The suffix of the file that is written before it takes its name. */
  public static final String TEMPORARY_SUFFIX = ".tmp";

  private AtomicFile() {}

  /** Replaces the file's contents, durably. Its directory must be there. */
  public static void write(FileStore store, Path path, byte[] contents) throws IOException {
    Path temporary = path.resolveSibling(path.getFileName() + TEMPORARY_SUFFIX);
    try (StoredFile file = store.open(temporary, OpenMode.CREATE)) {
      file.truncate(0);
      file.write(ByteBuffer.wrap(contents), 0);
      file.force();
    }
    store.rename(temporary, path);
    Path directory = path.getParent();
    store.forceDirectory(directory == null ? Path.of("") : directory);
  }

  /**
   * The whole file.
   *
   * @throws java.nio.file.NoSuchFileException if it is missing
   */
  public static byte[] read(FileStore store, Path path) throws IOException {
    try (StoredFile file = store.open(path, OpenMode.READ)) {
      ByteBuffer contents = ByteBuffer.allocate(Math.toIntExact(file.size()));
      file.read(contents, 0);
      return contents.array();
    }
  }
}
