package io.millrace.common;

/** Who gives a record its timestamp: {@code message.timestamp.type}. */
public enum TimestampType {
  /** The producer; bit 3 of the batch's attributes is 0. */
  CREATE_TIME("CreateTime"),
  /** The leader, when it appends; bit 3 of the batch's attributes is 1. */
  LOG_APPEND_TIME("LogAppendTime");

  private final String configName;

  TimestampType(String configName) {
    this.configName = configName;
  }

  /** The name in configurations. */
  public String configName() {
    return configName;
  }
}
