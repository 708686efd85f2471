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

  /** Never throws: whoever reports a failure has others to tell of it. */
  static void error(String message, Throwable cause) {
    try {
      Holder.LOG.error(message, cause);
    } catch (RuntimeException | Error e) {
      // Memory has run out, or there is no log to write to.
    }
  }

  private static final class Holder {
    static final Logger LOG = LoggerFactory.getLogger("io.millrace.client");
  }
}
