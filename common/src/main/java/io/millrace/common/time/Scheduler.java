package io.millrace.common.time;

/**
 * Runs tasks later. Whoever implements it says on which thread; the simulator's runs them on its
 * one thread.
 */
public interface Scheduler {
  /**
   * Runs a task once.
   *
   * @param delayMs from now, on the monotonic clock; 0 or less for as soon as possible
   * @param task must not block
   * @return cancels the task if it has not begun
   */
  Cancellable schedule(long delayMs, Runnable task);

  /** A task that can be called off. */
  interface Cancellable {
    /** Calls the task off; without effect once it has begun. */
    void cancel();
  }
}
