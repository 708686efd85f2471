package io.millrace.metadata.ratis;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes what may wait for ever. Ratis 3.3 closes its log under the log's write lock and waits
 * there, without a bound, for the thread that drops old segments from the cache; if that thread
 * just waits for the same lock, neither goes on. An interrupt ends the wait, and the rest of the
 * closing follows. Nothing is lost by it: what was acknowledged is synced.
 */
final class BoundedClose {
  private static final Logger LOG = LoggerFactory.getLogger(BoundedClose.class);

  private final Duration patience;

  /**
   * @param patience how long to wait before the interrupt, and once more after it
   */
  BoundedClose(Duration patience) {
    this.patience = patience;
  }

  /**
   * Closes it, on a thread of its own.
   *
   * @return whether it closed without an interrupt
   */
  boolean close(Closeable closed) {
    Thread closing = new Thread(() -> closeInOrder(closed), "metadata-close");
    closing.setDaemon(true);
    closing.start();
    try {
      closing.join(patience.toMillis());
      if (!closing.isAlive()) {
        return true;
      }
      LOG.warn("[metadata] the log did not close within {}: interrupting it", patience);
      closing.interrupt();
      closing.join(patience.toMillis());
    } catch (InterruptedException e) {
      closing.interrupt();
      Thread.currentThread().interrupt();
    }
    return false;
  }

  private static void closeInOrder(Closeable closed) {
    try {
      closed.close();
    } catch (IOException | RuntimeException e) {
      LOG.warn("[metadata] the log did not close in order", e);
    }
  }
}
