package io.millrace.bench.kafka;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The main class of {@code benchmarks/against-kafka}: starts both brokers, runs the workloads one
 * after the other, and writes the report, also while it goes on.
 */
public final class Comparison {
  private final Installation installation;
  private final Options options;
  private final Path directory;
  private final Path out;

  private Comparison(Installation installation, Options options, Path directory) {
    this.installation = installation;
    this.options = options;
    this.directory = directory;
    this.out = options.out.orElse(installation.root().resolve("benchmarks/target/against-kafka"));
  }

  /**
   * Runs the comparison; ends with 1 if a row failed and with 2 if the options are wrong.
   *
   * @param arguments see {@link Options#USAGE}
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Options options;
    try {
      options = Options.parse(arguments);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.err.print(Options.USAGE);
      System.exit(2);
      return;
    }
    if (options.help) {
      System.out.print(Options.USAGE);
    } else if (options.list) {
      Catalogue.all(options, Path.of("lines"))
          .forEach(workload -> System.out.println(workload.name() + "\t" + workload.title()));
    } else {
      System.exit(run(options) ? 0 : 1);
    }
  }

  private static boolean run(Options options) throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory(options.directory, "against-kafka");
    Thread atExit = new Thread(() -> cleanUp(directory), "clean-up");
    Runtime.getRuntime().addShutdownHook(atExit);
    return new Comparison(Installation.ofProperties(), options, directory).run();
  }

  /** Ends every process that this one has started, and then removes their data. */
  private static void cleanUp(Path directory) {
    List<ProcessHandle> children = ProcessHandle.current().descendants().toList();
    while (!children.isEmpty()) { // The run may be starting nodes of a cluster meanwhile.
      children.forEach(ProcessHandle::destroyForcibly);
      children.forEach(child -> child.onExit().join());
      children = ProcessHandle.current().descendants().toList();
    }
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      Progress.say("could not remove " + directory + ": " + e);
    }
  }

  private boolean run() throws IOException, InterruptedException {
    Path lines = options.payloadFile.orElse(directory.resolve("lines.json"));
    if (options.payloadFile.isEmpty()) {
      JsonLines.write(lines);
    }
    List<Workload> chosen =
        Catalogue.all(options, lines).stream()
            .filter(workload -> options.workloads.matcher(workload.name()).matches())
            .toList();
    if (chosen.isEmpty()) {
      Progress.say("no workload matches " + options.workloads + " (see --list)");
      return false;
    }
    Path profiles = out.resolveSibling(out.getFileName() + "-profiles");
    if (options.profiler.isPresent()) {
      Files.createDirectories(profiles);
    }
    try (Bench bench = new Bench(installation, options, directory, profiles)) {
      return compare(bench, chosen);
    }
  }

  private boolean compare(Bench bench, List<Workload> chosen)
      throws IOException, InterruptedException {
    Progress.say("starting both brokers; their idle memory and CPU take twenty seconds");
    bench.startNodes();
    for (Peer peer : Peer.values()) {
      bench.awaitReady(peer, new Brokers(List.of(bench.node(peer))));
    }
    Memory idle = Memory.ofIdle(bench);
    List<Row> rows = new ArrayList<>();
    Report report = new Report(Facts.of(bench, installation), rows, idle.now(bench));
    for (Workload workload : chosen) {
      Row row = rowOf(bench, workload);
      row.failure().ifPresent(why -> Progress.say("FAILED " + workload.name() + ": " + why));
      rows.add(row);
      report = new Report(report.facts(), rows, idle.now(bench));
      write(report);
    }
    System.out.print(report.markdown());
    return rows.stream().allMatch(row -> row.failure().isEmpty());
  }

  private static Row rowOf(Bench bench, Workload workload) throws InterruptedException {
    return switch (workload.kind()) {
      case START -> new Starts(bench, workload).run();
      case CLUSTER -> new Clusters(bench, workload).run();
      case PRODUCE, CONSUME, LATENCY -> {
        try (Rounds rounds = new Rounds(bench, workload)) {
          yield rounds.run();
        }
      }
    };
  }

  private void write(Report report) throws IOException {
    Files.createDirectories(out.toAbsolutePath().getParent());
    Files.writeString(Path.of(out + ".md"), report.markdown());
    Files.writeString(Path.of(out + ".json"), JsonReport.of(report));
  }
}
