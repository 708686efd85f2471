package io.millrace.it.build;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the transport's leak detector, which is at its highest level in all tests, wrote into their
 * output.
 */
final class LeakReports {
  /** The output of a test class. */
  static final String FILES = ".*-output\\.txt";

  private static final String MARK = "LEAK: ";

  private LeakReports() {}

  /** The reports in these files, each behind the name of its file. */
  static List<String> in(List<Path> outputs) throws IOException {
    List<String> leaks = new ArrayList<>();
    for (Path output : outputs) {
      // Tests print any bytes: those that are no text don't matter here.
      try (Stream<String> lines = Files.lines(output, StandardCharsets.ISO_8859_1)) {
        lines
            .filter(line -> line.contains(MARK))
            .forEach(line -> leaks.add(output.getFileName() + ": " + line.strip()));
      }
    }
    return leaks;
  }
}
