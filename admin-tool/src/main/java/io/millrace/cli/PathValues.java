package io.millrace.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;

/**
 * Prints values of the metadata by path as they come, a line each; for programs each line is an
 * object. Confined to one thread.
 */
final class PathValues {
  private final CliContext context;
  private final boolean forPrograms;
  private long printed;

  PathValues(CliContext context, OutputOptions output) {
    this.context = context;
    this.forPrograms = output.forPrograms();
  }

  /**
   * Prints one.
   *
   * @param value a text, a number, or a list of these
   * @throws CancellationException if the output takes no more, which the command's end tells
   */
  void print(String path, Object value) {
    if (context.out().failure().isPresent()) {
      throw new CancellationException("nobody reads");
    }
    printed++;
    if (forPrograms) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("path", path);
      line.put("value", value);
      context.out().println(DataWriter.json(line, false));
    } else {
      context.out().println(path + "  " + value);
    }
  }

  /**
   * There are no more.
   *
   * @param path what was asked for
   * @param all the command that prints all of them, after the program's name
   * @throws CliException if there was none
   */
  void end(String path, String all) {
    context.out().flush();
    if (printed == 0) {
      throw new CliException(
          "nothing lies at or below " + path + " (expected: a path such as /topics/NAME)",
          "see them all:  " + context.command() + " " + all);
    }
  }
}
