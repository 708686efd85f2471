package io.millrace.client.internal;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The client's log. A logging system is started by the first line only: most clients write none.
 */
final class ClientLog {
  private ClientLog() {}

  static void warn(String message) {
    Holder.LOG.warn(message);
  }

  static void error(String message, Throwable cause) {
    Holder.LOG.error(message, cause);
  }

  private static final class Holder {
    static final Logger LOG = LoggerFactory.getLogger("io.millrace.client");
  }
}
