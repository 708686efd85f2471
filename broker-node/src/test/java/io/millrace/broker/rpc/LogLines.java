package io.millrace.broker.rpc;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;

/** What a class, or any, logs while a test runs. */
public final class LogLines implements AutoCloseable {
  public final List<String> lines = new CopyOnWriteArrayList<>();
  private final Logger logger;
  private final Keeper keeper = new Keeper();

  /** What a class logs. */
  public LogLines(Class<?> of) {
    this((Logger) LogManager.getLogger(of));
  }

  /** What any class logs. */
  static LogLines ofAll() {
    return new LogLines((Logger) LogManager.getRootLogger());
  }

  private LogLines(Logger logger) {
    this.logger = logger;
    keeper.start();
    logger.addAppender(keeper);
  }

  @Override
  public void close() {
    logger.removeAppender(keeper);
    keeper.stop();
  }

  private final class Keeper extends AbstractAppender {
    Keeper() {
      super("kept lines", null, null, true, Property.EMPTY_ARRAY);
    }

    @Override
    public void append(LogEvent event) {
      lines.add(event.getLevel() + " " + event.getMessage().getFormattedMessage());
    }
  }
}
