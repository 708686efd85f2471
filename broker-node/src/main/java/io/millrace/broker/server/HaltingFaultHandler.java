package io.millrace.broker.server;

import io.millrace.common.fault.FaultHandler;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops the process at the first broken invariant: a state that is not understood must not be
 * written to disk. Thread-safe.
 */
public final class HaltingFaultHandler implements FaultHandler {
  /** The exit code of a process that was stopped so. */
  public static final int EXIT_CODE = 70;

  private static final Logger log = LoggerFactory.getLogger(HaltingFaultHandler.class);

  private final IntConsumer halt;

  /**
   * Makes a handler.
   *
   * @param halt ends the process with the exit code, without running shutdown hooks
   */
  public HaltingFaultHandler(IntConsumer halt) {
    this.halt = halt;
  }

  /** The handler of a process of its own. */
  public static HaltingFaultHandler ofProcess() {
    return new HaltingFaultHandler(Runtime.getRuntime()::halt);
  }

  @Override
  public RuntimeException fatal(String message, @Nullable Throwable cause) {
    try {
      log.error(
          "a broken invariant stops the process (exit code {}): {}", EXIT_CODE, message, cause);
    } finally {
      // Also when there is no memory left to say why.
      halt.accept(EXIT_CODE);
    }
    return new IllegalStateException(message, cause);
  }
}
