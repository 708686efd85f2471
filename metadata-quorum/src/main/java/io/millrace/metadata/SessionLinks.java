package io.millrace.metadata;

/** Ways for a broker to hold its session with the active controller. Thread-safe. */
@FunctionalInterface
public interface SessionLinks {
  /**
   * Opens a link to a node's controller; for this node's own, too. Never fails: a link that can't
   * be made answers with UNAVAILABLE.
   */
  SessionLink open(int nodeId);
}
