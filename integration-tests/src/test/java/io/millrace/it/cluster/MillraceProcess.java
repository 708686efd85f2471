package io.millrace.it.cluster;

import io.millrace.cli.LocalNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The {@code millrace} command in a JVM of its own, its output in files. Ended, if need be by
 * force, when closed.
 */
public final class MillraceProcess implements AutoCloseable {
  /** For short tests: starts quickly and stays small. */
  static final List<String> SMALL_JVM =
      List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  private final Process process;
  private final Path stdout;
  private final Path stderr;

  private MillraceProcess(Process process, Path stdout, Path stderr) {
    this.process = process;
    this.stdout = stdout;
    this.stderr = stderr;
  }

  /** Starts the command; its standard input is a pipe, {@link #input()}. */
  static MillraceProcess start(Path logs, String name, List<String> arguments) throws IOException {
    return start(logs, name, SMALL_JVM, arguments);
  }

  /** Starts the command in a JVM with these options. */
  static MillraceProcess start(
      Path logs, String name, List<String> jvmOptions, List<String> arguments) throws IOException {
    Path stdout = logs.resolve(name + ".out");
    Path stderr = logs.resolve(name + ".err");
    SharedClasses classes = SharedClasses.ofThisBuild();
    List<String> options = new ArrayList<>(classes.options());
    options.addAll(jvmOptions);
    Process process =
        LocalNode.process(options, classes.classPath(), arguments)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(stdout.toFile()))
            .redirectError(ProcessBuilder.Redirect.appendTo(stderr.toFile()))
            .start();
    return new MillraceProcess(process, stdout, stderr);
  }

  java.io.OutputStream input() {
    return process.getOutputStream();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  public long pid() {
    return process.pid();
  }

  /** Waits for the end and returns the exit code. */
  int waitFor(Duration atMost) throws InterruptedException {
    if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IllegalStateException(
          "still running after " + atMost + "; output in " + stdout + " and " + stderr);
    }
    return process.exitValue();
  }

  /** kill -9. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** kill -9, without waiting for the end. */
  public void killSoon() {
    process.destroyForcibly();
  }

  /** SIGTERM. */
  public void terminate() {
    process.destroy();
  }

  String stdout() throws IOException {
    return Files.readString(stdout);
  }

  public String stderr() throws IOException {
    return Files.readString(stderr);
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
