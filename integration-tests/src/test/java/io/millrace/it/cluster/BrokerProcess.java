package io.millrace.it.cluster;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/**
 * A broker in a process of its own, on ports and a directory of its own; can be killed, stopped and
 * started again.
 */
public final class BrokerProcess implements AutoCloseable {
  /** How many ports a broker takes: clients, internal, quorum, administrators. */
  static final int PORTS = 4;

  private static final Duration START_TIMEOUT = Duration.ofSeconds(90);

  private final Path home;
  private final int firstPort;
  private final Map<String, String> settings;
  private final List<String> jvmOptions;
  private final HttpClient http = HttpClient.newHttpClient();
  private MillraceProcess process;

  private BrokerProcess(
      Path home, int firstPort, Map<String, String> settings, List<String> jvmOptions)
      throws IOException {
    this.home = home;
    this.firstPort = firstPort;
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
    BrokerProcess broker = new BrokerProcess(home, FreePorts.inARow(PORTS), settings, jvmOptions);
    broker.awaitReady();
    return broker;
  }

  /** Starts a broker and does not wait for it. */
  static BrokerProcess begin(Path home, Map<String, String> settings) throws IOException {
    return begin(home, FreePorts.inARow(PORTS), settings);
  }

  /** Starts a broker on {@value #PORTS} ports in a row and does not wait for it. */
  static BrokerProcess begin(Path home, int firstPort, Map<String, String> settings)
      throws IOException {
    return new BrokerProcess(home, firstPort, settings, MillraceProcess.SMALL_JVM);
  }

  private MillraceProcess launch() throws IOException {
    List<String> arguments = new ArrayList<>(List.of("server"));
    set(arguments, "data.dirs", home.resolve("data").toString());
    set(arguments, "listener.client", address(0));
    set(arguments, "listener.internal", address(1));
    set(arguments, "listener.quorum", address(2));
    set(arguments, "listener.admin", address(3));
    settings.forEach((key, value) -> set(arguments, key, value));
    return MillraceProcess.start(home, "broker", jvmOptions, arguments);
  }

  private static void set(List<String> arguments, String key, String value) {
    arguments.add("--set");
    arguments.add(key + "=" + value);
  }

  private String address(int listener) {
    return "127.0.0.1:" + (firstPort + listener);
  }

  /** host:port for clients. */
  public String bootstrap() {
    return address(0);
  }

  public Path dataDir() {
    return home.resolve("data");
  }

  public MillraceProcess process() {
    return process;
  }

  /** kill -9. */
  void kill() throws InterruptedException {
    process.kill();
  }

  /** SIGTERM; returns the exit code. */
  public int stop() throws InterruptedException {
    process.terminate();
    return process.waitFor(Duration.ofSeconds(30));
  }

  /** Starts the broker again on the same directory and ports. */
  void restart() throws IOException {
    beginAgain();
    awaitReady();
  }

  /** Starts it again and does not wait for it. */
  void beginAgain() throws IOException {
    process = launch();
  }

  /** Waits until it is ready. */
  void awaitReady() {
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
        HttpRequest.newBuilder(URI.create("http://" + address(3) + path))
            .timeout(Duration.ofSeconds(5))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Override
  public void close() {
    process.close();
  }
}
