package io.millrace.it.soak;

import io.millrace.common.time.SystemClock;
import io.millrace.it.cluster.BrokerProcess;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Runs the soak: {@code MINUTES REPORT}. Ends with 0 if all is well; with 1, and the table and the
 * broker's files kept, if not; with 2 if the arguments are wrong. Linux only.
 */
public final class SoakMain {
  /**
   * The heap is touched at the start, so that resident memory grows by other things only, and the
   * JVM keeps its own threads.
   */
  private static final List<String> BROKER_JVM =
      List.of(
          "-Xms512m",
          "-Xmx512m",
          "-XX:+AlwaysPreTouch",
          "-XX:+UseG1GC",
          "-XX:-UseDynamicNumberOfCompilerThreads",
          "-XX:-UseDynamicNumberOfGCThreads");

  private SoakMain() {}

  /** The command. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    SoakPlan plan;
    Path report;
    try {
      double minutes = Double.parseDouble(arguments[0]);
      plan = new SoakPlan(Duration.ofMillis((long) (minutes * 60_000)));
      report = Path.of(arguments[1]);
    } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
      System.out.println(e.getMessage() + "\nusage: MINUTES REPORT-FILE");
      System.exit(2);
      return;
    }
    System.exit(run(plan, report) ? 0 : 1);
  }

  private static boolean run(SoakPlan plan, Path report) throws IOException, InterruptedException {
    Path home = Files.createTempDirectory("millrace-soak-");
    boolean well;
    try (PrintStream out =
            new PrintStream(
                new Both(System.out, Files.newOutputStream(report)), true, StandardCharsets.UTF_8);
        BrokerProcess broker = BrokerProcess.start(home, SoakLoad.brokerSettings(), BROKER_JVM)) {
      out.println(
          "%d s of load on %s, in %s"
              .formatted(plan.total().toSeconds(), broker.bootstrap(), home));
      well = new SoakRun(plan, new SystemClock(), out).run(broker);
      int exitCode = broker.stop();
      if (exitCode != 0) {
        out.println("FAILED: the broker ended with " + exitCode);
        well = false;
      }
      out.println(well ? "all is well" : "FAILED; the broker's files are in " + home);
    }
    if (well) {
      delete(home);
    }
    return well;
  }

  private static void delete(Path home) throws IOException {
    try (var paths = Files.walk(home)) {
      for (Path path : paths.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /** Writes to the console and to the report. */
  private static final class Both extends OutputStream {
    private final OutputStream first;
    private final OutputStream second;

    Both(OutputStream first, OutputStream second) {
      this.first = first;
      this.second = second;
    }

    @Override
    public void write(int b) throws IOException {
      first.write(b);
      second.write(b);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      first.write(bytes, from, length);
      second.write(bytes, from, length);
    }

    @Override
    public void flush() throws IOException {
      first.flush();
      second.flush();
    }

    @Override
    public void close() throws IOException {
      first.flush();
      second.close();
    }
  }
}
