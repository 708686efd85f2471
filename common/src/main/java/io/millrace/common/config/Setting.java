package io.millrace.common.config;

/**
 * A key with the value in force.
 *
 * @param key the key
 * @param value the value
 * @param origin where the value comes from
 * @param place the file and line, the variable or the flag; empty for a default
 * @param <T> what a value is in Java
 */
public record Setting<T>(ConfigKey<T> key, T value, Origin origin, String place) {
  /** The value as text. */
  public String text() {
    return key.type().render(value);
  }
}
