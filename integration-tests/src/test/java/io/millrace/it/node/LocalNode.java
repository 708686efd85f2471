package io.millrace.it.node;

import io.millrace.broker.server.BrokerSettings;
import io.millrace.broker.server.MillraceServer;
import io.millrace.broker.server.ServerEnvironment;
import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.file.RealFileStore;
import io.millrace.common.time.SystemClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A node in this process, which can be stopped and started again on the same port and data. */
public final class LocalNode implements AutoCloseable {
  private final Path data;
  private final List<String> settings;
  private MillraceServer server;
  private int port;

  /**
   * Starts a node that keeps everything under {@code data}.
   *
   * @param settings beyond that, each as KEY=VALUE
   */
  public LocalNode(Path data, String... settings) {
    this.data = data;
    this.settings = List.of(settings);
    start();
  }

  /** Starts it again after a {@link #stop}. */
  public void start() {
    server =
        MillraceServer.start(
            EffectiveConfig.builder(BrokerSettings.SCHEMA).flags("test", flags()).build(),
            new ServerEnvironment(
                new RealFileStore(),
                new SystemClock(),
                (what, why) -> new IllegalStateException(what, why)));
    port = server.clientPort();
  }

  private List<String> flags() {
    List<String> flags =
        new ArrayList<>(
            List.of(
                "data.dirs=" + data,
                "listener.client=127.0.0.1:" + port,
                "listener.internal=127.0.0.1:0",
                "listener.quorum=127.0.0.1:0",
                "listener.admin=127.0.0.1:0"));
    flags.addAll(settings);
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
