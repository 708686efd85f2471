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
    /** The broker's file, environment or flags. */
    BROKER,
    /** Set through the cluster for all brokers. */
    CLUSTER_DYNAMIC,
    /** Set through the cluster for the broker. */
    BROKER_DYNAMIC,
    /** The topic's own configuration. */
    TOPIC
  }
}
