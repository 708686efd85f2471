package io.millrace.broker.server;

import io.millrace.broker.server.LoggingSettings.LogFormat;
import io.millrace.common.config.EffectiveConfig;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LifeCycle;
import org.apache.logging.log4j.core.appender.ConsoleAppender;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.config.builder.api.ConfigurationBuilder;
import org.apache.logging.log4j.core.config.builder.api.ConfigurationBuilderFactory;
import org.apache.logging.log4j.core.config.builder.api.LayoutComponentBuilder;
import org.apache.logging.log4j.core.config.builder.impl.BuiltConfiguration;
import org.apache.logging.log4j.core.impl.Log4jContextFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * The log of a process of its own: on standard error, as text or as JSON, with what libraries write
 * to {@code java.util.logging}. An embedding program keeps its own logging.
 */
public final class Logging {
  private static final String PATTERN =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level [%thread] %logger{1} %message%n%throwable";

  private Logging() {}

  /** Sets the log up as the settings say. */
  public static void configure(EffectiveConfig config) {
    configure(
        config.get(LoggingSettings.LOGGING_FORMAT),
        Level.toLevel(config.get(LoggingSettings.LOGGING_LEVEL).name()));
  }

  private static void configure(LogFormat format, Level level) {
    ConfigurationBuilder<BuiltConfiguration> builder =
        ConfigurationBuilderFactory.newConfigurationBuilder();
    LayoutComponentBuilder layout =
        switch (format) {
          case TEXT -> builder.newLayout("PatternLayout").addAttribute("pattern", PATTERN);
          case JSON ->
              builder
                  .newLayout("JsonTemplateLayout")
                  .addAttribute("eventTemplateUri", "classpath:EcsLayout.json");
        };
    builder
        .setStatusLevel(Level.ERROR)
        .setShutdownHook("disable")
        .add(
            builder
                .newAppender("stderr", "Console")
                .addAttribute("target", ConsoleAppender.Target.SYSTEM_ERR)
                .add(layout))
        .add(builder.newLogger("io.millrace", level))
        // It would log a stack trace for each message of a client that is too large.
        .add(builder.newLogger("io.grpc.netty.shaded.io.grpc.netty", Level.ERROR))
        // It would log each attempt to reach a voter that is away; the quorum's watchdog tells
        // once.
        .add(builder.newLogger("org.apache.ratis.grpc.server", Level.ERROR))
        .add(builder.newRootLogger(Level.WARN).add(builder.newAppenderRef("stderr")));
    Configurator.reconfigure(builder.build(false));
    keepOpenToTheEnd();
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
  }

  /**
   * The server's last words come after shutdown hooks began. The library's hook, which would close
   * the log beside them, was set when the first logger was made, before the settings were known.
   */
  private static void keepOpenToTheEnd() {
    if (LogManager.getFactory() instanceof Log4jContextFactory factory
        && factory.getShutdownCallbackRegistry() instanceof LifeCycle hook) {
      hook.stop();
    }
  }
}
