package io.millrace.cli;

import io.millrace.common.time.SystemClock;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A command line that runs on, and what it has written so far. */
final class BackgroundRun {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final CompletableFuture<Integer> exitCode;

  /** Starts it in this JVM, against a node. */
  BackgroundRun(TestNode node, String line) {
    CliContext context =
        new CliContext(
            InputStream.nullInputStream(),
            new ResultStream(out),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Map.of(ConnectionOptions.VARIABLE, node.bootstrap()),
            false,
            "millrace",
            new SystemClock());
    exitCode = CompletableFuture.supplyAsync(() -> Millrace.run(context, line.split(" ")));
  }

  CompletableFuture<Integer> exitCode() {
    return exitCode;
  }

  String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  String err() {
    return err.toString(StandardCharsets.UTF_8);
  }
}
