package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The disk failed under a log. Whoever catches it takes the whole log directory offline (S34);
 * nothing is tried again. The log that threw it accepts no further change.
 */
public final class LogDirException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Path partitionDirectory;

  LogDirException(Path partitionDirectory, String what, IOException cause) {
    super(partitionDirectory + ": " + what + ": " + cause, cause);
    this.partitionDirectory = partitionDirectory;
  }

  /** The directory of the partition where it happened; its parent is the log directory. */
  public Path partitionDirectory() {
    return partitionDirectory;
  }
}
