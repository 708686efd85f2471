package io.millrace.cli.perf;

import io.millrace.cli.CliContext;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C ends a run early: it is asked to stop, and the process goes when what was measured so far
 * is printed. To be closed after that. Thread-safe.
 */
final class Interruption implements AutoCloseable {
  private static final long PRINT_TIMEOUT_SECONDS = 10;

  private final CountDownLatch printed = new CountDownLatch(1);
  private final CliContext.OnInterrupt hook;
  private volatile boolean asked;

  /**
   * @param stop makes the run end soon, also one that is blocked
   */
  Interruption(CliContext context, Runnable stop) {
    hook = context.onInterrupt(() -> end(context, stop));
  }

  /** Whether the run was ended early. */
  boolean asked() {
    return asked;
  }

  private void end(CliContext context, Runnable stop) {
    asked = true;
    context.err().println("\nmillrace: interrupted; what was measured so far:");
    stop.run();
    try {
      if (!printed.await(PRINT_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        context.err().println("millrace: the run did not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    context.err().flush();
    Runtime.getRuntime().halt(CliContext.INTERRUPTED);
  }

  @Override
  public void close() {
    printed.countDown();
    hook.close();
  }
}
