package io.millrace.broker.replica;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

/** What the threads of this package have in common. */
final class Threads {
  private Threads() {}

  /** Waits for a thread's end, however often this one is interrupted. */
  static void join(Thread thread) {
    untilDone(
        () -> {
          thread.join();
          return true;
        });
  }

  /** Waits for the end of a pool that was shut down, however often this thread is interrupted. */
  static void awaitTermination(ExecutorService pool) {
    untilDone(() -> pool.awaitTermination(1, TimeUnit.MINUTES));
  }

  private interface Waiting {
    boolean done() throws InterruptedException;
  }

  private static void untilDone(Waiting waiting) {
    boolean interrupted = false;
    boolean done = false;
    while (!done) {
      try {
        done = waiting.done();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
