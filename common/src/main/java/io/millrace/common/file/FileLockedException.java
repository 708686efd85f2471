package io.millrace.common.file;

import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** The lock file is held: another process, or another part of this one, works on its directory. */
public final class FileLockedException extends FileSystemException {
  private static final long serialVersionUID = 1L;

  public FileLockedException(Path path) {
    super(path.toString(), null, "locked by another process");
  }
}
