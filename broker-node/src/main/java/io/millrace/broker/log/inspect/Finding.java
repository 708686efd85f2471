package io.millrace.broker.log.inspect;

import java.nio.file.Path;

/**
 * Something that is not as it should be.
 *
 * @param severity how bad
 * @param file where
 * @param position the byte of the file where the damaged part begins; 0 if it is the whole file
 * @param what what was found and what was expected
 */
public record Finding(Severity severity, Path file, long position, String what) {
  /** How bad it is. */
  public enum Severity {
    /** Bytes are not what was written. */
    ERROR,
    /** Something can't be checked, or a crash explains it and the next start puts it right. */
    WARNING
  }

  @Override
  public String toString() {
    return severity + " " + file + " at byte " + position + ": " + what;
  }
}
