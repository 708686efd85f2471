package io.millrace.common;

/** How a log is kept small: an entry of {@code cleanup.policy}. */
public enum CleanupPolicy {
  /** Old segments are deleted by time and size. */
  DELETE("delete"),

  /** Of each key the newest record alone is kept. */
  COMPACT("compact");

  private final String configName;

  CleanupPolicy(String configName) {
    this.configName = configName;
  }

  /** The name in configurations. */
  public String configName() {
    return configName;
  }
}
