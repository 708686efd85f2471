package io.millrace.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Opens the files that a command line names, and says what is wrong with one that can't be read.
 */
public final class InputFile {
  private InputFile() {}

  /**
   * A file to read from its start.
   *
   * @throws CliException if it is missing, a directory or not to be read
   */
  public static InputStream open(Path file) {
    requireNoDirectory(file);
    try {
      return Files.newInputStream(file);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /**
   * Fails as {@link #open} does, and if there is nothing in the file. A pipe is not looked into:
   * what is read from it is gone.
   */
  static void requireContent(Path file) {
    requireNoDirectory(file);
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      return;
    }
    try (InputStream in = open(file)) {
      if (in.read() < 0) {
        throw empty(file.toString());
      }
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  public static CliException empty(String name) {
    return new CliException(name + " is empty (expected: a line or more)");
  }

  /** Why a file can't be read, or can't be read on. */
  public static CliException unreadable(Path file, IOException e) {
    if (e instanceof NoSuchFileException) {
      return new CliException("there is no file " + file);
    }
    String why = e instanceof AccessDeniedException ? "permission denied" : e.getMessage();
    return new CliException("can't read " + file + ": " + why);
  }

  private static void requireNoDirectory(Path file) {
    if (Files.isDirectory(file)) {
      throw new CliException(file + " is a directory (expected: a file)");
    }
  }
}
