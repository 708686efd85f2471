package io.millrace.cli;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A node of a cluster of {@code millrace dev}. Immutable: its process is found by what it left in
 * the node's directory, also by another command.
 *
 * @param home the node's directory
 * @param local what it is started with
 */
record DevNode(Path home, LocalNode local) {
  private static final Duration PAGE_TIMEOUT = Duration.ofSeconds(2);
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  /** A node that has its directory in the cluster's. */
  static DevNode of(Path cluster, int id, int port) {
    Path home = cluster.resolve("node-" + id);
    return new DevNode(home, new LocalNode(id, home.resolve("data"), port));
  }

  int id() {
    return local.id();
  }

  Path log() {
    return home.resolve("server.log");
  }

  /** Whether it ever began to keep something. */
  boolean hasData() {
    return Files.exists(local.data().resolve("meta.properties"));
  }

  /** The node for programs; without a pid while it does not run. */
  Map<String, Object> data() {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("node_id", id());
    process().ifPresent(process -> data.put("pid", process.pid()));
    data.put("clients", local.clients());
    data.put("internal", local.internal());
    data.put("quorum", local.quorum());
    data.put("administrators", local.administrators());
    data.put("data", local.data().toString());
    data.put("log", log().toString());
    return data;
  }

  /** Its process, if it runs. */
  Optional<ProcessHandle> process() {
    try {
      List<String> lines = Files.readAllLines(pidFile());
      return lines.size() < 2
          ? Optional.empty()
          : ProcessHandle.of(Long.parseLong(lines.get(0)))
              .filter(ProcessHandle::isAlive)
              .filter(found -> ProcessMark.of(found).equals(lines.get(1)));
    } catch (IOException | NumberFormatException none) {
      return Optional.empty();
    }
  }

  private Path pidFile() {
    return home.resolve("pid");
  }

  /**
   * Starts its process, on the JVM that runs this one and with its options.
   *
   * @param voters of the cluster
   * @param arguments further ones of {@code millrace server}
   */
  Process start(String voters, List<String> arguments) throws IOException {
    Map<String, String> settings = local.settings();
    settings.put("quorum.voters", voters);
    List<String> server = new ArrayList<>(LocalNode.server(settings));
    server.addAll(arguments);
    Files.createDirectories(home);
    Process process =
        LocalNode.process(ManagementFactory.getRuntimeMXBean().getInputArguments(), server)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
            .start();
    Files.writeString(pidFile(), process.pid() + "\n" + ProcessMark.of(process.toHandle()) + "\n");
    return process;
  }

  /** Whether clients can be sent to it. */
  boolean isReady() {
    try {
      URI page = URI.create(local.administrators() + "/readyz");
      HttpRequest request = HttpRequest.newBuilder(page).timeout(PAGE_TIMEOUT).build();
      return HTTP.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException starting) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliException("interrupted");
    }
  }

  /** Waits for the end of a process; whether it came. */
  static boolean awaitEnd(ProcessHandle process, Duration atMost) {
    try {
      process.onExit().get(atMost.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException still) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException("a process can't be waited for", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliException("interrupted");
    }
  }

  /** The end of its log, for a person. */
  String lastLines(int most) {
    try {
      List<String> lines = Files.readAllLines(log());
      return String.join("\n", lines.subList(Math.max(0, lines.size() - most), lines.size()));
    } catch (IOException unreadable) {
      return "";
    }
  }
}
