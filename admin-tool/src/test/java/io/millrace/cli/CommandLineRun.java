package io.millrace.cli;

import io.millrace.common.time.SystemClock;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What one command line did.
 *
 * @param exitCode its exit code
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 */
record CommandLineRun(int exitCode, String out, String err) {
  /** Runs a command line in this JVM, without input or environment. */
  static CommandLineRun of(String... args) {
    return with("", Map.of(), args);
  }

  /** Runs a command line in this JVM as if it had been called by another word. */
  static CommandLineRun as(String word, String... args) {
    return run(InputStream.nullInputStream(), Map.of(), word, args);
  }

  /** Runs a command line in this JVM. */
  static CommandLineRun with(String input, Map<String, String> environment, String... args) {
    byte[] bytes = input.getBytes(StandardCharsets.UTF_8);
    return with(new ByteArrayInputStream(bytes), environment, args);
  }

  /** Runs a command line in this JVM. */
  static CommandLineRun with(InputStream input, Map<String, String> environment, String... args) {
    return run(input, environment, "millrace", args);
  }

  private static CommandLineRun run(
      InputStream input, Map<String, String> environment, String word, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    CommandLineRun run = to(out, input, environment, word, args);
    return new CommandLineRun(run.exitCode, out.toString(StandardCharsets.UTF_8), run.err);
  }

  /** Runs a command line in this JVM, its standard output a stream that may fail. */
  static CommandLineRun to(OutputStream out, Map<String, String> environment, String... args) {
    return to(out, InputStream.nullInputStream(), environment, "millrace", args);
  }

  private static CommandLineRun to(
      OutputStream out,
      InputStream input,
      Map<String, String> environment,
      String word,
      String... args) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    CliContext context =
        new CliContext(
            input,
            new ResultStream(out),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            environment,
            false,
            word,
            new SystemClock());
    int exitCode = Millrace.run(context, args);
    return new CommandLineRun(exitCode, "", err.toString(StandardCharsets.UTF_8));
  }
}
