package io.millrace.broker.log.inspect;

import java.io.IOException;
import java.nio.file.Path;

/** A broker works on the directory: what it writes at this moment would look damaged. */
public final class LogInUseException extends IOException {
  private static final long serialVersionUID = 1L;

  LogInUseException(Path dataDirectory) {
    super(
        "data directory "
            + dataDirectory
            + ": in use by a running broker (expected: a stopped one)");
  }
}
