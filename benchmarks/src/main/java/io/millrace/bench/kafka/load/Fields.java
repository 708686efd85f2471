package io.millrace.bench.kafka.load;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Names and values on one line, as the comparison and its client processes exchange them: {@code
 * name=value}, separated by tabs. Immutable.
 */
public record Fields(Map<String, String> values) {
  private static final String SEPARATOR = "\t";

  public Fields {
    values = Map.copyOf(values);
  }

  /** No fields. */
  public static Fields none() {
    return new Fields(Map.of());
  }

  /** Reads what {@link #line} wrote. */
  public static Fields parse(String line) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String field : line.split(SEPARATOR, -1)) {
      int equals = field.indexOf('=');
      if (equals > 0) {
        values.put(field.substring(0, equals), field.substring(equals + 1));
      } else if (!field.isEmpty()) {
        throw new IllegalArgumentException("'" + field + "' (expected: name=value)");
      }
    }
    return new Fields(values);
  }

  /** The same with one more. */
  public Fields with(String name, Object value) {
    Map<String, String> more = new LinkedHashMap<>(values);
    more.put(name, String.valueOf(value).replaceAll("[\\t\\r\\n]+", " "));
    return new Fields(more);
  }

  /** The same with all of these, their names after a prefix. */
  public Fields withAll(String prefix, Map<String, String> more) {
    Fields all = this;
    for (Map.Entry<String, String> entry : more.entrySet()) {
      all = all.with(prefix + entry.getKey(), entry.getValue());
    }
    return all;
  }

  /** Those whose names begin with a prefix, without it. */
  public Map<String, String> after(String prefix) {
    Map<String, String> found = new LinkedHashMap<>();
    values.forEach(
        (name, value) -> {
          if (name.startsWith(prefix)) {
            found.put(name.substring(prefix.length()), value);
          }
        });
    return found;
  }

  /** Whether there is such a field. */
  public boolean has(String name) {
    return values.containsKey(name);
  }

  /** A field that must be there. */
  public String text(String name) {
    String value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("no field " + name + " in " + values);
    }
    return value;
  }

  /** A whole number that must be there. */
  public long number(String name) {
    return Long.parseLong(text(name));
  }

  /** A number that must be there. */
  public double real(String name) {
    return Double.parseDouble(text(name));
  }

  /** All of them on one line. */
  public String line() {
    StringBuilder line = new StringBuilder();
    values.forEach(
        (name, value) ->
            line.append(line.isEmpty() ? "" : SEPARATOR).append(name).append('=').append(value));
    return line.toString();
  }
}
