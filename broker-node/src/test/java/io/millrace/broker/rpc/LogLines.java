package io.millrace.broker.rpc;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;

/** What a class logs while a test runs. */
final class LogLines implements AutoCloseable {
  final List<String> lines = new CopyOnWriteArrayList<>();
  private final Logger logger;
  private final Keeper keeper = new Keeper();

  LogLines(Class<?> of) {
    logger = (Logger) LogManager.getLogger(of);
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
