package io.millrace.client.api;

/**
 * A configuration entry in force.
 *
 * @param key the key, for example {@code retention.ms}
 * @param value the value as text
 * @param source where the value comes from
 */
public record ConfigValue(String key, String value, Source source) {
  /** Where a value comes from. */
  public enum Source {
    /** Not told. */
    UNKNOWN,
    /** The software's default. */
    DEFAULT,
    /** The broker's settings. */
    BROKER,
    /** The topic's own configuration. */
    TOPIC
  }
}
