package io.millrace.it.node;

import io.millrace.broker.server.BrokerSettings;
import io.millrace.broker.server.MillraceServer;
import io.millrace.broker.server.ServerEnvironment;
import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.RealFileStore;
import io.millrace.common.time.SystemClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A node in this process, which can be stopped and started again on the same port and data. */
public final class LocalNode implements AutoCloseable {
  private final FileStore store;
  private final Map<String, String> settings = new LinkedHashMap<>();
  private MillraceServer server;
  private int port;

  /**
   * Starts a node that keeps everything under {@code data}.
   *
   * @param settings beyond that, each as KEY=VALUE
   */
  public LocalNode(Path data, String... settings) {
    this(new RealFileStore(), List.of(data), settings);
  }

  /** The same on a disk of the test's, in several directories. */
  LocalNode(FileStore store, List<Path> dirs, String... settings) {
    this.store = store;
    this.settings.put(
        "data.dirs", dirs.stream().map(Path::toString).collect(Collectors.joining(",")));
    for (String listener : List.of("internal", "quorum", "admin")) {
      this.settings.put("listener." + listener, "127.0.0.1:0");
    }
    for (String setting : settings) {
      int separator = setting.indexOf('=');
      this.settings.put(setting.substring(0, separator), setting.substring(separator + 1));
    }
    start();
  }

  /** Starts it again after a {@link #stop}. */
  public void start() {
    server =
        MillraceServer.start(
            EffectiveConfig.builder(BrokerSettings.SCHEMA).flags("test", flags()).build(),
            new ServerEnvironment(
                store, new SystemClock(), (what, why) -> new IllegalStateException(what, why)));
    port = server.clientPort();
  }

  private List<String> flags() {
    List<String> flags = new ArrayList<>();
    flags.add("listener.client=127.0.0.1:" + port);
    settings.forEach((key, value) -> flags.add(key + "=" + value));
    return flags;
  }

  /** Stops it in order. */
  public void stop() {
    server.close();
  }

  /** host:port for clients. */
  public String bootstrap() {
    return "127.0.0.1:" + port;
  }

  /** A client that retries quickly. */
  public MillraceClient connect() {
    return MillraceClient.connect(
        ClientConfig.builder()
            .bootstrap(BrokerAddress.parseList(bootstrap()))
            .retryBackoff(Duration.ofMillis(10), Duration.ofMillis(50))
            .build());
  }

  @Override
  public void close() {
    server.close();
  }
}
