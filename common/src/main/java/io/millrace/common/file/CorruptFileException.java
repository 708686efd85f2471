package io.millrace.common.file;

import java.io.IOException;
import java.nio.file.Path;

/** A file's contents are not what its format promises. The message names the file and the place. */
public final class CorruptFileException extends IOException {
  private static final long serialVersionUID = 1L;

  public CorruptFileException(Path path, String what) {
    super(path + ": " + what);
  }
}
