package io.millrace.it.build;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The checkout that the tests run in, and what a test may compare with it. */
final class ProjectFiles {
  private ProjectFiles() {}

  static Path root() {
    return Path.of(System.getProperty("millrace.root"));
  }

  static String read(String file) throws IOException {
    return Files.readString(root().resolve(file));
  }
}
