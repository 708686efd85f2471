package io.millrace.broker.server;

import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.ConfigSchema.Section;
import io.millrace.common.config.ConfigTypes;
import java.util.List;
import java.util.Locale;

/** What the node says of its own doing. */
public final class LoggingSettings {
  /** How the log is written. */
  public enum LogFormat {
    /** A line for people. */
    TEXT,
    /** One JSON object a line in the Elastic Common Schema. */
    JSON;

    String configName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How much is logged. */
  public enum LogLevel {
    ERROR,
    WARN,
    INFO,
    DEBUG,
    TRACE;

    String configName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public static final ConfigKey<LogFormat> LOGGING_FORMAT =
      ConfigKey.of(
          "logging.format",
          ConfigTypes.oneOf(LogFormat.class, LogFormat::configName),
          LogFormat.TEXT,
          "How the log on standard error is written: text, or json in the Elastic Common Schema.");
  public static final ConfigKey<LogLevel> LOGGING_LEVEL =
      ConfigKey.of(
          "logging.level",
          ConfigTypes.oneOf(LogLevel.class, LogLevel::configName),
          LogLevel.INFO,
          "How much of Millrace's own doing is logged.");

  static final Section SECTION = new Section("Logging", List.of(LOGGING_FORMAT, LOGGING_LEVEL));

  private LoggingSettings() {}
}
