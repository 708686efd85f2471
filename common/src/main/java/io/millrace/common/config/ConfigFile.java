package io.millrace.common.config;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A configuration file: {@code key = value} a line, {@code #} begins a comment line. Nothing is
 * escaped and nothing continues on the next line.
 */
public final class ConfigFile {
  private ConfigFile() {}

  /**
   * A line of the file.
   *
   * @param key the key, not checked
   * @param value the value, not checked
   * @param line the line's number, from 1
   */
  public record Line(String key, String value, int line) {}

  /**
   * Splits a file into its lines.
   *
   * @param name what to call the file in messages
   * @throws MillraceException with {@link ErrorCode#INVALID_CONFIG} for a line without {@code =}
   *     and for a key that stands there twice
   */
  public static List<Line> parse(String name, String text) {
    List<Line> lines = new ArrayList<>();
    Map<String, Integer> seen = new HashMap<>();
    String[] texts = text.split("\\R", -1);
    for (int i = 0; i < texts.length; i++) {
      String line = texts[i].strip();
      if (!line.isEmpty() && !line.startsWith("#")) {
        Line parsed = parseLine(name, i + 1, line);
        Integer earlier = seen.putIfAbsent(parsed.key(), i + 1);
        if (earlier != null) {
          throw refusal(
              name,
              i + 1,
              parsed.key() + " is set twice (expected: once; see line " + earlier + ")");
        }
        lines.add(parsed);
      }
    }
    return lines;
  }

  private static Line parseLine(String name, int number, String line) {
    int equals = line.indexOf('=');
    if (equals <= 0) {
      throw refusal(name, number, line + " (expected: key = value)");
    }
    return new Line(line.substring(0, equals).strip(), line.substring(equals + 1).strip(), number);
  }

  private static MillraceException refusal(String name, int number, String what) {
    return new MillraceException(ErrorCode.INVALID_CONFIG, name + ":" + number + ": " + what);
  }
}
