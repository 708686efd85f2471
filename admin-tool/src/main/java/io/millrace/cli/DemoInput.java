package io.millrace.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * The lines of a file, or of the log that ships with the command: the output of a build of this
 * project.
 *
 * @param name what to call it
 * @param bytes how long the log that ships is
 * @param file empty for the log that ships
 */
record DemoInput(String name, long bytes, Optional<Path> file) {
  private static final String SHIPPED = "build.log";

  static DemoInput of(Optional<Path> file) {
    if (file.isPresent()) {
      InputFile.requireContent(file.get());
      return new DemoInput(file.get().toString(), 0, file);
    }
    try (InputStream in = shipped()) {
      long bytes = in.transferTo(OutputStream.nullOutputStream());
      return new DemoInput("the log of a build of this project", bytes, file);
    } catch (IOException e) {
      throw new CliException("can't read the log that ships: " + e.getMessage());
    }
  }

  InputStream open() {
    return file.map(InputFile::open).orElseGet(DemoInput::shipped);
  }

  private static InputStream shipped() {
    return Objects.requireNonNull(
        DemoInput.class.getResourceAsStream(SHIPPED), "the command lacks its " + SHIPPED);
  }
}
