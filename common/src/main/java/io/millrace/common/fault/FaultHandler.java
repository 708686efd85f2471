package io.millrace.common.fault;

import org.jspecify.annotations.Nullable;

/**
 * Told of a broken invariant: a state the code holds impossible. The server's handler logs it and
 * halts the process with a non-zero code; the simulator's fails the seed. Never for a client's or a
 * disk's error. Thread-safe.
 */
public interface FaultHandler {
  /**
   * Reports the fault.
   *
   * @param message what was found and what was expected
   * @param cause what was caught, if anything
   * @return an exception for the caller to throw, so that nothing runs on after the report
   */
  RuntimeException fatal(String message, @Nullable Throwable cause);
}
