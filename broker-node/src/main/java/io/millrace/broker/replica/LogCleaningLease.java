package io.millrace.broker.replica;

import io.millrace.broker.log.CleaningEndedException;
import io.millrace.broker.log.LogConfig;
import io.millrace.broker.log.LogSnapshot;
import java.util.Map;

/**
 * Leave for one cleaning of a log: what may be cleaned, and whether it must end. Made on the
 * partition's thread; any thread.
 */
public final class LogCleaningLease {
  private final LogSnapshot log;
  private final LogConfig config;
  private final long bound;
  private final Map<Long, Long> lastOffsets;
  private volatile boolean over;

  LogCleaningLease(LogSnapshot log, LogConfig config, long bound, Map<Long, Long> lastOffsets) {
    this.log = log;
    this.config = config;
    this.bound = bound;
    this.lastOffsets = Map.copyOf(lastOffsets);
  }

  /** The log as it was when the cleaning began. */
  public LogSnapshot log() {
    return log;
  }

  /** The settings then. */
  public LogConfig config() {
    return config;
  }

  /** Nothing at or above it is cleaned. */
  public long bound() {
    return bound;
  }

  /** Where the last batch of each producer ends. */
  public Map<Long, Long> lastOffsets() {
    return lastOffsets;
  }

  boolean isOver() {
    return over;
  }

  /** The log was cut or is ended: the cleaning must end too. */
  void end() {
    over = true;
  }

  /**
   * To be called often.
   *
   * @throws CleaningEndedException if the cleaning must end
   */
  public void requireStanding() {
    if (over) {
      throw new CleaningEndedException("the log was cut or is ended");
    }
  }
}
