package io.millrace.bench.kafka;

import io.millrace.bench.kafka.load.Processes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A broker in a process of its own, which ends when it is closed.
 *
 * @param peer which of the two
 * @param process its process
 * @param port the client port on loopback
 * @param dataDir where it keeps its logs
 * @param settings what it was started with beside its defaults
 */
record Node(Peer peer, Process process, int port, Path dataDir, Map<String, String> settings)
    implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 30;

  String bootstrap() {
    return "127.0.0.1:" + port;
  }

  long pid() {
    return process.pid();
  }

  Duration cpu() {
    return Processes.cpu(pid());
  }

  long residentBytes() throws IOException {
    return Processes.residentBytes(pid());
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** The flags of its JVM: all arguments before the class path. */
  List<String> jvmFlags() {
    List<String> arguments = List.of(process.info().arguments().orElse(new String[0]));
    int classPath = arguments.indexOf("-cp");
    return classPath < 0 ? arguments : arguments.subList(0, classPath);
  }

  /** SIGTERM, and SIGKILL for one that does not end. */
  @Override
  public void close() {
    end(process);
  }

  /** Ends a process and waits for it. */
  static void end(Process process) {
    process.destroy();
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
