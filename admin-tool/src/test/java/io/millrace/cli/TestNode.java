package io.millrace.cli;

import io.millrace.broker.server.BrokerSettings;
import io.millrace.broker.server.MillraceServer;
import io.millrace.broker.server.ServerEnvironment;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.RealFileStore;
import io.millrace.common.time.SystemClock;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A real node in this process, which can be stopped and started again on the same port. */
final class TestNode implements AutoCloseable {
  private final List<Path> data;
  private MillraceServer server;
  private int port;

  TestNode(Path... data) {
    this.data = List.of(data);
    start();
  }

  void start() {
    start(new RealFileStore());
  }

  /** Starts it on a disk that may fail. */
  void start(FileStore disk) {
    server =
        MillraceServer.start(
            EffectiveConfig.builder(BrokerSettings.SCHEMA)
                .flags("test", DevCommand.preset(data.get(0), 0))
                .flags(
                    "test",
                    List.of(
                        "listener.client=127.0.0.1:" + port,
                        "data.dirs="
                            + data.stream().map(Path::toString).collect(Collectors.joining(","))))
                .build(),
            new ServerEnvironment(
                disk, new SystemClock(), (what, why) -> new IllegalStateException(what, why)));
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

  /** Runs a command line against this node; its arguments may hold underlines. */
  CommandLineRun runWithRawInput(String input, String... args) {
    return CommandLineRun.with(input, Map.of(ConnectionOptions.VARIABLE, bootstrap()), args);
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
