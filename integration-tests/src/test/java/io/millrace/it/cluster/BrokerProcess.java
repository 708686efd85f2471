package io.millrace.it.cluster;

import io.millrace.cli.LocalNode;
import io.millrace.common.TopicPartition;
import io.millrace.common.net.FreePorts;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A broker in a process of its own, on ports and a directory of its own; can be killed, stopped and
 * started again.
 */
public final class BrokerProcess implements AutoCloseable {
  private static final Duration START_TIMEOUT = Duration.ofSeconds(90);

  private final Path home;
  private final LocalNode node;
  private final Map<String, String> settings;
  private final List<String> jvmOptions;
  private final HttpClient http = HttpClient.newHttpClient();
  private MillraceProcess process;

  private BrokerProcess(
      Path home, int firstPort, Map<String, String> settings, List<String> jvmOptions)
      throws IOException {
    this.home = home;
    this.node = new LocalNode(1, home.resolve("data"), firstPort);
    this.settings = settings;
    this.jvmOptions = jvmOptions;
    this.process = launch();
  }

  /** Starts a broker that keeps everything under {@code home} and waits until it is ready. */
  static BrokerProcess start(Path home, Map<String, String> settings) throws IOException {
    return start(home, settings, MillraceProcess.SMALL_JVM);
  }

  /** The same in a JVM with these options. */
  public static BrokerProcess start(
      Path home, Map<String, String> settings, List<String> jvmOptions) throws IOException {
    BrokerProcess broker =
        new BrokerProcess(home, FreePorts.inARow(LocalNode.PORTS), settings, jvmOptions);
    broker.awaitReady();
    return broker;
  }

  /** Starts a broker and does not wait for it. */
  static BrokerProcess begin(Path home, Map<String, String> settings) throws IOException {
    return begin(home, FreePorts.inARow(LocalNode.PORTS), settings);
  }

  /** Starts a broker on {@value LocalNode#PORTS} ports in a row and does not wait for it. */
  static BrokerProcess begin(Path home, int firstPort, Map<String, String> settings)
      throws IOException {
    return begin(home, firstPort, settings, MillraceProcess.SMALL_JVM);
  }

  /** The same in a JVM with these options. */
  static BrokerProcess begin(
      Path home, int firstPort, Map<String, String> settings, List<String> jvmOptions)
      throws IOException {
    return new BrokerProcess(home, firstPort, settings, jvmOptions);
  }

  private MillraceProcess launch() throws IOException {
    return MillraceProcess.start(home, "broker", jvmOptions, LocalNode.server(all()));
  }

  private Map<String, String> all() {
    Map<String, String> all = new LinkedHashMap<>(node.settings());
    all.putAll(settings);
    return all;
  }

  /** host:port for clients. */
  public String bootstrap() {
    return settings.getOrDefault("advertised.listener", node.clients());
  }

  public Path dataDir() {
    return node.data();
  }

  /** The directory of a partition's log, in whichever of its data directories it lies. */
  public Optional<Path> directory(TopicPartition partition) {
    String name = partition.topic() + "-" + partition.partition();
    return Stream.of(settings.getOrDefault("data.dirs", dataDir().toString()).split(",", -1))
        .map(dir -> Path.of(dir).resolve(name))
        .filter(Files::isDirectory)
        .findFirst();
  }

  public MillraceProcess process() {
    return process;
  }

  /** kill -9. */
  public void kill() throws InterruptedException {
    process.kill();
  }

  /** SIGTERM; returns the exit code. */
  public int stop() throws InterruptedException {
    process.terminate();
    return awaitEnd();
  }

  /** Waits until the process has ended; returns the exit code. */
  public int awaitEnd() throws InterruptedException {
    return process.waitFor(Duration.ofSeconds(30));
  }

  /** Stops the process where it stands (SIGSTOP), as a machine does that is suspended. */
  public void pause() throws IOException, InterruptedException {
    signal("STOP");
  }

  /** Lets a paused process go on (SIGCONT). */
  public void resume() throws IOException, InterruptedException {
    signal("CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    int code = new ProcessBuilder("kill", "-" + name, "" + process.pid()).start().waitFor();
    if (code != 0) {
      throw new IllegalStateException("kill -" + name + " of " + process.pid() + ": " + code);
    }
  }

  /** Deletes all that the broker has on disk; it must not run. */
  public void wipe() throws IOException {
    if (process.isAlive()) {
      throw new IllegalStateException("the broker runs");
    }
    try (Stream<Path> files = Files.walk(dataDir())) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** Prepares its empty directory for a cluster that has begun, by {@code millrace format}. */
  public void format(String clusterId) throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(LocalNode.server(all()));
    arguments.set(0, "format");
    arguments.addAll(List.of("--cluster-id", clusterId, "--node-id", all().get("node.id")));
    try (MillraceProcess format = MillraceProcess.start(home, "format", jvmOptions, arguments)) {
      if (format.waitFor(START_TIMEOUT) != 0) {
        throw new IllegalStateException(format.stdout() + format.stderr());
      }
    }
  }

  /** ID@HOST:QUORUM-PORT:INTERNAL-PORT, as {@code millrace quorum add} takes it. */
  public String voter() {
    return all().get("node.id") + node.voter().substring(node.voter().indexOf('@'));
  }

  /** Starts the broker again on the same directory and ports. */
  public void restart() throws IOException {
    beginAgain();
    awaitReady();
  }

  /** Starts it again and does not wait for it. */
  public void beginAgain() throws IOException {
    process = launch();
  }

  /** Waits until it is ready. */
  public void awaitReady() {
    Awaitility.await()
        .atMost(START_TIMEOUT)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(this::isReady);
  }

  private boolean isReady() throws IOException, InterruptedException {
    if (!process.isAlive()) {
      throw new IllegalStateException("the broker ended:\n" + process.stdout() + process.stderr());
    }
    return get("/readyz").statusCode() == 200;
  }

  /** What the admin listener answers. */
  public HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create(node.administrators() + path))
            .timeout(Duration.ofSeconds(5))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Override
  public void close() {
    process.close();
  }
}
