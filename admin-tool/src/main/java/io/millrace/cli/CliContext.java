package io.millrace.cli;

import io.millrace.common.time.Clock;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;

/**
 * What a command sees of the world, so that a test can hand in another one.
 *
 * @param in standard input
 * @param out standard output: results only
 * @param err standard error: progress, hints and errors
 * @param environment the environment variables
 * @param interactive whether a person looks at the output as it comes
 * @param command how the command is called, for hints that can be copied
 * @param clock the clocks
 */
public record CliContext(
    InputStream in,
    ResultStream out,
    PrintStream err,
    Map<String, String> environment,
    boolean interactive,
    String command,
    Clock clock) {
  /** The exit code of a process that Ctrl-C has ended. */
  public static final int INTERRUPTED = 130;

  /** Registers what must be done if the process is asked to end; to be closed when it is over. */
  public OnInterrupt onInterrupt(Runnable action) {
    Thread hook = new Thread(action, "millrace-interrupt");
    Runtime.getRuntime().addShutdownHook(hook);
    return () -> {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The process is ending: the action runs.
      }
    };
  }

  /** A registered action. */
  public interface OnInterrupt extends AutoCloseable {
    @Override
    void close();
  }
}
