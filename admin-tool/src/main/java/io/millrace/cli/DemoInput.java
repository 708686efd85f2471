package io.millrace.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * The lines of a file, or of the log that ships with the command: the output of a build of this
 * project.
 *
 * @param name what to call it
 * @param bytes how long it is
 * @param file empty for the log that ships
 */
record DemoInput(String name, long bytes, Optional<Path> file) {
  private static final String SHIPPED = "build.log";

  static DemoInput of(Optional<Path> file) {
    try {
      if (file.isPresent()) {
        return new DemoInput(file.get().toString(), Files.size(file.get()), file);
      }
      try (InputStream in = shipped()) {
        long bytes = in.transferTo(java.io.OutputStream.nullOutputStream());
        return new DemoInput("the log of a build of this project", bytes, file);
      }
    } catch (NoSuchFileException e) {
      throw new CliException("there is no file " + e.getMessage());
    } catch (IOException e) {
      throw new CliException("can't read the input: " + e.getMessage());
    }
  }

  InputStream open() throws IOException {
    return file.isPresent() ? Files.newInputStream(file.get()) : shipped();
  }

  private static InputStream shipped() {
    return Objects.requireNonNull(
        DemoInput.class.getResourceAsStream(SHIPPED), "the command lacks its " + SHIPPED);
  }
}
