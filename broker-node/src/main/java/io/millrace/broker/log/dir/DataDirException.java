package io.millrace.broker.log.dir;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Locale;

/** A data directory can't be used. The message is for a person: which one, why, what to do. */
public final class DataDirException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Why it can't be used. */
  public enum Reason {
    /** It, or what it should lie in, is a file. */
    NOT_A_DIRECTORY,
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
    String found = describe(cause);
    String message = found.toLowerCase(Locale.ROOT);
    if (message.contains("no space left") || message.contains("quota exceeded")) {
      return new DataDirException(
          directory, Reason.NO_SPACE, found + " (expected: room to write; make some)", cause);
    }
    if (message.contains("read-only file system")) {
      return new DataDirException(
          directory,
          Reason.NOT_WRITABLE,
          found + " (expected: a writable one; mount it so, or name another directory)",
          cause);
    }
    if (message.contains("permission denied") || message.contains("operation not permitted")) {
      return new DataDirException(
          directory,
          Reason.NOT_WRITABLE,
          "%s (expected: user '%s', who runs this process, may read and write it and all that is in it; change its owner or mode)"
              .formatted(found, System.getProperty("user.name")),
          cause);
    }
    if (message.contains("is a directory")) {
      return new DataDirException(
          directory,
          Reason.CORRUPT,
          found + " (expected: a file that Millrace wrote; move it away)",
          cause);
    }
    return new DataDirException(directory, Reason.IO_ERROR, "the disk failed: " + found, cause);
  }

  /** A person's words for what Java says in class names, or by a path alone. */
  private static String describe(IOException cause) {
    if (cause instanceof AccessDeniedException denied) {
      return denied.getFile() + ": permission denied";
    }
    if (cause instanceof FileSystemException failed && failed.getReason() != null) {
      return failed.getFile() + ": " + failed.getReason();
    }
    return cause instanceof FileNotFoundException
        ? String.valueOf(cause.getMessage())
        : cause.toString();
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }
}
