package io.millrace.common;

/** What counts as acknowledged by a replica: {@code flush.mode}. */
public enum FlushMode {
  /** What is appended, in the page cache. */
  OS("os"),
  /** What is fsynced. */
  COMMIT("commit");

  private final String configName;

  FlushMode(String configName) {
    this.configName = configName;
  }

  /** The name in configurations. */
  public String configName() {
    return configName;
  }
}
