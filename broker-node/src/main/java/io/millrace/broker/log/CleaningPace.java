package io.millrace.broker.log;

/** Holds a cleaning back, and ends it. Called on the cleaning thread. */
@FunctionalInterface
public interface CleaningPace {
  /**
   * So many bytes were read or written. May wait.
   *
   * @throws CleaningEndedException if the cleaning must end
   */
  void moved(long bytes);
}
