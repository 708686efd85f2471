package io.millrace.broker.server;

import io.millrace.common.config.EffectiveConfig;
import java.io.PrintStream;
import java.security.Security;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node as a process of its own: logging, signals, exit codes. */
public final class ServerProcess {
  /** The exit code of a node that could not start or stop in order. */
  public static final int FAILED = 1;

  private final CompletableFuture<Void> stop = new CompletableFuture<>();

  /** The node once it serves; empty once its start has failed and everything is closed. */
  private final CompletableFuture<Optional<MillraceServer>> outcome = new CompletableFuture<>();

  private ServerProcess() {}

  /**
   * Runs a node until the process is told to end (SIGTERM, SIGINT), which it then does in order,
   * with code 0, also while it still starts; logs that are being recovered then are recovered
   * first. Logging is set up by the settings.
   *
   * @param started called once the node serves
   * @param errors gets one line if the node can't start
   * @return {@link #FAILED} if the node could not start; else it does not return
   */
  public static int run(EffectiveConfig config, Started started, PrintStream errors) {
    Logging.configure(config);
    lookNamesUpAnew();
    Thread.setDefaultUncaughtExceptionHandler(
        new UncaughtThrowables(HaltingFaultHandler.ofProcess()));
    Logger log = LoggerFactory.getLogger(ServerProcess.class);
    config.warnings().forEach(warning -> log.warn("{}", warning));
    ServerProcess process = new ServerProcess();
    Runtime.getRuntime().addShutdownHook(new Thread(process::end, "shutdown"));
    try {
      MillraceServer server =
          MillraceServer.start(config, ServerEnvironment.ofProcess(), process.stop);
      process.outcome.complete(Optional.of(server));
      started.serving(server);
    } catch (RuntimeException e) {
      log.debug("could not start", e);
      if (process.stop.isDone()) {
        // Whatever it says: parts fail in their own ways once the process is ending.
        log.info("told to end before it was ready: what was open is closed");
      } else if (e instanceof StartException) {
        errors.println("millrace: " + e.getMessage());
        return FAILED;
      } else {
        throw e;
      }
    } finally {
      process.outcome.complete(Optional.empty());
    }
    awaitEnd();
    return FAILED;
  }

  /** Other nodes are found by name; a name may move to another address, or not exist yet. */
  private static void lookNamesUpAnew() {
    Security.setProperty("networkaddress.cache.ttl", "30");
    Security.setProperty("networkaddress.cache.negative.ttl", "0");
  }

  /** The shutdown hook. */
  private void end() {
    if (outcome.isDone() && outcome.join().isEmpty()) {
      // The start has failed by itself, and the process ends with the code that tells so.
      return;
    }
    stop.complete(null);
    boolean well = outcome.join().map(MillraceServer::end).orElse(true);
    Runtime.getRuntime().halt(well ? 0 : FAILED);
  }

  /** Told when a node serves. */
  public interface Started {
    /** Called once, on the starting thread. */
    void serving(MillraceServer server);
  }

  /** The shutdown hook ends the process. */
  private static void awaitEnd() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
