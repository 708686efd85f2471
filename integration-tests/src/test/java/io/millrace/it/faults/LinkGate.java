package io.millrace.it.faults;

/** One direction of a link: lets bytes pass or holds them back. Thread-safe; one lock. */
final class LinkGate {
  private boolean held;
  private boolean closed;

  /** Holds everything back until {@link #open}: nothing is lost, nobody is told. */
  synchronized void hold() {
    held = true;
  }

  synchronized void open() {
    held = false;
    notifyAll();
  }

  /** Lets nobody wait any more. */
  synchronized void close() {
    closed = true;
    notifyAll();
  }

  /**
   * Waits while bytes are held back.
   *
   * @return false if the link is closed for good
   */
  synchronized boolean pass() {
    try {
      while (held && !closed) {
        wait();
      }
      return !closed;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
