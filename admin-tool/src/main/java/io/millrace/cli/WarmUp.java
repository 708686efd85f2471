package io.millrace.cli;

import io.millrace.broker.server.BrokerSettings;
import io.millrace.broker.server.MillraceServer;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.time.SystemClock;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Starts a node in a temporary directory, runs client commands against it and throws their output
 * away. The launcher runs it once after a build with {@code -XX:ArchiveClassesAtExit}, so that
 * nodes and commands find their classes loaded and checked from then on.
 */
final class WarmUp {
  private static final byte[] INPUT = "k=v\n".repeat(100).getBytes(StandardCharsets.UTF_8);

  private WarmUp() {}

  public static void main(String[] args) throws IOException {
    System.exit(runAll() + failToStart());
  }

  /** A node's process, as far as it comes where nothing can be written. */
  private static int failToStart() {
    return run(1, "server", "--set", "data.dirs=" + Path.of("/dev/null/data"));
  }

  /** Tells how many of the commands did not end as they should. */
  static int runAll() throws IOException {
    Path directory = Files.createTempDirectory("millrace-warm-up-");
    EffectiveConfig settings =
        EffectiveConfig.builder(BrokerSettings.SCHEMA)
            .flags("set by the warm-up:", DevCommand.preset(directory, 0))
            .build();
    try (MillraceServer server = MillraceServer.start(settings)) {
      return runCommands("127.0.0.1:" + server.clientPort()) + ask(server.adminPort());
    } finally {
      DemoCommand.delete(directory);
    }
  }

  private static int runCommands(String bootstrap) {
    int failed = run(0, "--version") + run(0, "--help") + run(0, "config", "show");
    failed += run(2, "topic", "lsit");
    failed += run(1, "topic", "list", "--bootstrap", "127.0.0.1:1");
    failed += run(0, "topic", "create", "t", "--bootstrap", bootstrap);
    failed += run(0, "topic", "list", "--bootstrap", bootstrap);
    failed += run(0, "topic", "list", "-o", "json", "--bootstrap", bootstrap);
    failed += run(0, "topic", "describe", "t", "--bootstrap", bootstrap);
    failed += run(0, "produce", "t", "--codec", "zstd", "--bootstrap", bootstrap);
    failed += run(0, "consume", "t", "--max", "100", "--bootstrap", bootstrap);
    failed += run(0, "perf", "produce", "t", "-n", "100", "-s", "100", "--bootstrap", bootstrap);
    failed += run(0, "perf", "consume", "t", "-n", "100", "-o", "json", "--bootstrap", bootstrap);
    failed += run(0, "perf", "latency", "t", "-n", "2", "--bootstrap", bootstrap);
    failed += run(0, "topic", "delete", "t", "--bootstrap", bootstrap);
    return failed;
  }

  /** Asks for the pages that a node's surroundings ask for. */
  private static int ask(int adminPort) throws IOException {
    int failed = 0;
    for (String page : List.of("/healthz", "/readyz", "/metrics")) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), adminPort)) {
        String request =
            "GET " + page + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        byte[] answer = socket.getInputStream().readAllBytes();
        failed += new String(answer, StandardCharsets.UTF_8).startsWith("HTTP/1.1 200 ") ? 0 : 1;
      }
    }
    return failed;
  }

  private static int run(int expected, String... command) {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    CliContext context =
        new CliContext(
            new ByteArrayInputStream(INPUT),
            new ResultStream(OutputStream.nullOutputStream()),
            nowhere,
            Map.of(),
            false,
            "millrace",
            new SystemClock());
    return Millrace.run(context, command) == expected ? 0 : 1;
  }
}
