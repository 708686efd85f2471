package io.millrace.broker.server;

import io.millrace.common.fault.FaultHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of what a thread did not catch. An {@link Error} (no memory, no stack, a class that
 * is missing) may have left anything half done, and somebody may wait for the other half for ever:
 * it stops the process. Anything else hurts the task that threw it only, and is logged.
 * Thread-safe.
 */
final class UncaughtThrowables implements Thread.UncaughtExceptionHandler {
  private static final Logger log = LoggerFactory.getLogger(UncaughtThrowables.class);

  private final FaultHandler faults;

  UncaughtThrowables(FaultHandler faults) {
    this.faults = faults;
  }

  @Override
  public void uncaughtException(Thread thread, Throwable thrown) {
    if (thrown instanceof Error) {
      throw faults.fatal("thread " + thread.getName() + " ended", thrown);
    }
    log.error("a task of thread {} failed", thread.getName(), thrown);
  }

  /** Runs a task whose caller drops what it throws, as a timer does. */
  void guard(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error thrown) {
      uncaughtException(Thread.currentThread(), thrown);
    }
  }
}
