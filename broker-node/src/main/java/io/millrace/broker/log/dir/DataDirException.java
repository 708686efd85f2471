package io.millrace.broker.log.dir;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.Locale;

/** A data directory can't be used. The message is for a person: which one, why, what to do. */
public final class DataDirException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Why it can't be used. */
  public enum Reason {
    /** There is no {@code meta.properties}. */
    NOT_FORMATTED,
    /** It is prepared already, or holds something else. */
    NOT_EMPTY,
    /** It belongs to another cluster. */
    WRONG_CLUSTER,
    /** It belongs to another node. */
    WRONG_NODE,
    /** Its files are of a newer release. */
    WRONG_VERSION,
    /** Another process works on it. */
    IN_USE,
    /** It, or its file system, is read-only for this process. */
    NOT_WRITABLE,
    /** Its file system is full. */
    NO_SPACE,
    /** A file that tells whose it is is damaged. */
    CORRUPT,
    /** It is a copy of another one of this node. */
    DUPLICATE,
    /** The disk failed. */
    IO_ERROR
  }

  private final Reason reason;

  DataDirException(Path directory, Reason reason, String what) {
    super("data directory " + directory + ": " + what);
    this.reason = reason;
  }

  private DataDirException(Path directory, Reason reason, String what, IOException cause) {
    super("data directory " + directory + ": " + what, cause);
    this.reason = reason;
  }

  /** What an error of the disk means for a directory. */
  static DataDirException of(Path directory, IOException cause) {
    if (cause instanceof DataDirException known) {
      return known;
    }
    String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
    if (message.contains("no space left") || message.contains("quota exceeded")) {
      return new DataDirException(
          directory, Reason.NO_SPACE, "the disk is full (expected: room to write)", cause);
    }
    if (cause instanceof AccessDeniedException
        || message.contains("permission denied")
        || message.contains("read-only file system")) {
      return new DataDirException(
          directory,
          Reason.NOT_WRITABLE,
          "can't be written: " + cause.getMessage() + " (expected: this user may write there)",
          cause);
    }
    return new DataDirException(directory, Reason.IO_ERROR, "the disk failed: " + cause, cause);
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }
}
