package io.millrace.common.file;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;

/**
 * Keeps the interrupt flag away from {@link java.nio.channels.FileChannel}, which would answer it
 * by closing itself. Stateless and thread-safe.
 */
final class Interrupts {
  private Interrupts() {}

  /** An operation on a channel. */
  interface Operation<T> {
    T run() throws IOException;
  }

  /** Runs the operation with the thread's interrupt flag down, and raises it again afterwards. */
  static <T> T shield(Operation<T> operation) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      return operation.run();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** As {@link #shield}, and runs the operation again if an interrupt comes in the middle of it. */
  static <T> T repeat(Operation<T> operation) throws IOException {
    return shield(
        () -> {
          boolean interrupted = false;
          try {
            while (true) {
              try {
                return operation.run();
              } catch (ClosedByInterruptException inTheMiddle) {
                interrupted |= Thread.interrupted();
              }
            }
          } finally {
            if (interrupted) {
              Thread.currentThread().interrupt();
            }
          }
        });
  }
}
