package io.millrace.broker.server;

import io.millrace.common.config.EffectiveConfig;
import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node as a process of its own: logging, signals, exit codes. */
public final class ServerProcess {
  /** The exit code of a node that could not start or stop in order. */
  public static final int FAILED = 1;

  private ServerProcess() {}

  /**
   * Runs a node until the process is told to end (SIGTERM, SIGINT), which it then does in order,
   * with code 0. Logging is set up by the settings.
   *
   * @param started called once the node serves
   * @param errors gets one line if the node can't start
   * @return {@link #FAILED} if the node could not start; else it does not return
   */
  public static int run(EffectiveConfig config, Started started, PrintStream errors) {
    Logging.configure(config);
    Thread.setDefaultUncaughtExceptionHandler(
        new UncaughtThrowables(HaltingFaultHandler.ofProcess()));
    Logger log = LoggerFactory.getLogger(ServerProcess.class);
    config.warnings().forEach(warning -> log.warn("{}", warning));
    MillraceServer server;
    try {
      server = MillraceServer.start(config);
    } catch (StartException e) {
      log.debug("could not start", e);
      errors.println("millrace: " + e.getMessage());
      return FAILED;
    }
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  boolean well = server.end();
                  Runtime.getRuntime().halt(well ? 0 : FAILED);
                },
                "shutdown"));
    started.serving(server);
    awaitSignal();
    return FAILED;
  }

  /** Told when a node serves. */
  public interface Started {
    /** Called once, on the starting thread. */
    void serving(MillraceServer server);
  }

  private static void awaitSignal() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
