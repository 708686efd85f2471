package io.millrace.cli;

import io.millrace.broker.server.BrokerSettings;
import io.millrace.broker.server.MillraceServer;
import io.millrace.common.config.EffectiveConfig;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** A real node in this process, which can be stopped and started again on the same port. */
final class TestNode implements AutoCloseable {
  private final Path data;
  private MillraceServer server;
  private int port;

  TestNode(Path data) {
    this.data = data;
    start();
  }

  void start() {
    server =
        MillraceServer.start(
            EffectiveConfig.builder(BrokerSettings.SCHEMA)
                .flags("test", DevCommand.preset(data, 0))
                .flags("test", java.util.List.of("listener.client=127.0.0.1:" + port))
                .build());
    port = server.clientPort();
  }

  void stop() {
    server.close();
  }

  String bootstrap() {
    return "127.0.0.1:" + port;
  }

  /** Runs a command line against this node. */
  CommandLineRun run(String line) {
    return runWithInput("", line.split(" "));
  }

  CommandLineRun runWithInput(String input, String... args) {
    return CommandLineRun.with(
        input,
        Map.of(ConnectionOptions.VARIABLE, bootstrap()),
        Arrays.stream(args).map(a -> a.replace('_', ' ')).toArray(String[]::new));
  }

  @Override
  public void close() {
    server.close();
  }
}
