package io.millrace.it.simulation;

import io.millrace.common.time.Clock;
import io.millrace.common.time.SystemClock;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Runs the simulation from a command: {@code --seeds FROM..TO [--threads N] [--only
 * node|controllers|clusters] [--bug NAME] [--sums]}. Ends with 0 if every seed passed, 1 with the
 * command that replays the seed that did not, 2 if the arguments are wrong. With {@code --sums} it
 * only writes for each seed the sum of its events, which is the same wherever it runs.
 */
public final class SimulationMain {
  private static final long PROGRESS_STEP = 10_000;

  private SimulationMain() {}

  /** The command. */
  public static void main(String[] arguments) {
    System.exit(run(List.of(arguments), new SystemClock(), System.out));
  }

  static int run(List<String> arguments, Clock clock, PrintStream out) {
    SeedRange seeds;
    int threads;
    Optional<PlantedBug> bug;
    Set<Model> models;
    try {
      seeds = SeedRange.parse(option(arguments, "--seeds").orElse("0..999"));
      threads = Integer.parseInt(option(arguments, "--threads").orElse("1"));
      bug = option(arguments, "--bug").map(PlantedBug::valueOf);
      models =
          option(arguments, "--only").map(Model::parse).map(Set::of).orElse(Model.playing(bug));
    } catch (IllegalArgumentException e) {
      out.println(
          e.getMessage()
              + "\nusage: --seeds FROM..TO [--threads N] [--only node|controllers|clusters] [--bug NAME] [--sums], a bug being one of "
              + Arrays.toString(PlantedBug.values()));
      return 2;
    }
    if (arguments.contains("--sums")) {
      sums(seeds, models, out);
      return 0;
    }
    long startMs = clock.monotonicMs();
    SimulationRuns runs =
        new SimulationRuns(
            seeds,
            models,
            bug,
            done -> {
              if (done % PROGRESS_STEP == 0) {
                out.println(done + " runs");
              }
            });
    Optional<SimulationRuns.FailedSeed> failed = runs.run(threads);
    out.println(summary(runs.total(), clock.monotonicMs() - startMs));
    failed.ifPresent(seed -> out.println(seed.describe()));
    return failed.isPresent() ? 1 : 0;
  }

  private static void sums(SeedRange seeds, Set<Model> models, PrintStream out) {
    SimulationRuns.silenceLogs();
    for (long seed = seeds.from(); seed <= seeds.to(); seed++) {
      for (Model model : models.stream().sorted().toList()) {
        out.printf("%s %d %08x%n", model, seed, model.sumOf(seed));
      }
    }
  }

  private static Optional<String> option(List<String> arguments, String name) {
    int at = arguments.indexOf(name);
    return at >= 0 && at + 1 < arguments.size()
        ? Optional.of(arguments.get(at + 1))
        : Optional.empty();
  }

  private static String summary(SimulationStats total, long tookMs) {
    int runs = Math.max(Math.max(total.runs, total.controllers.runs), total.clusters.runs);
    List<String> lines = new ArrayList<>();
    lines.add(
        "runs %,d in %.1f s (%.0f a second)"
            .formatted(runs, tookMs / 1e3, runs * 1e3 / Math.max(1, tookMs)));
    if (total.runs > 0) {
      lines.add(ofNodes(total, total.runs));
    }
    if (total.controllers.runs > 0) {
      lines.add(total.controllers.describe());
    }
    if (total.clusters.runs > 0) {
      lines.add(total.clusters.describe());
    }
    return String.join("\n", lines);
  }

  private static String ofNodes(SimulationStats total, int runs) {
    return String.join(
        "\n",
        "events %,d (%,d a run, at least %d)"
            .formatted(total.events, total.events / runs, total.fewestEvents),
        "faults %,d (%.1f a run, at least %d): %,d kills, %,d power losses, %,d orderly ends, %,d disk errors (%,d of one directory alone), %,d broken connections, %,d clock jumps"
            .formatted(
                total.faults(),
                (double) total.faults() / runs,
                total.fewestFaults,
                total.kills,
                total.powerLosses,
                total.closes,
                total.diskErrors,
                total.loneDiskErrors,
                total.brokenConnections,
                total.clockJumps),
        "batches appended %,d, repeated %,d, doubled on the way %,d, lost as the mode allows %,d; producers forgotten %,d"
            .formatted(
                total.appendedBatches,
                total.retries,
                total.duplicates,
                total.lostBatches,
                total.forgottenProducers),
        "share of runs with a crash %s, with loss %s, with a disk error %s, with a doubled frame %s, with a repeat %s"
            .formatted(
                share(total.runsWithCrash, runs),
                share(total.runsWithLoss, runs),
                share(total.runsWithDiskError, runs),
                share(total.runsWithDuplicate, runs),
                share(total.runsWithRetry, runs)));
  }

  private static String share(int part, int whole) {
    return "%.0f %%".formatted(100.0 * part / whole);
  }
}
