package io.millrace.it.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.millrace.common.time.VirtualTime;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * A fixed share of the simulation. {@code -Dsimulation.seeds=FROM..TO} runs others, as a failing
 * seed says itself.
 */
class SimulationTest {
  private static final String SEEDS = "simulation.seeds";
  private static final String SHARE = "0..299";
  private static final String CLUSTER_SHARE = "0..149";

  /** S01, S02, S03, S07, S08, S13, S14, S15, S19, S20, S27, S28, S28b, S31, S33, S34. */
  @Test
  void everySeedKeepsWhatTheBrokerPromises() {
    SeedRange seeds = SeedRange.parse(System.getProperty(SEEDS, SHARE));
    SimulationRuns runs =
        new SimulationRuns(
            seeds, Set.of(Model.NODE, Model.CONTROLLERS), Optional.empty(), done -> {});

    runs.run(1).ifPresent(failed -> fail(failed.describe()));

    assertThat(runs.total().fewestEvents).isGreaterThanOrEqualTo(500);
    assertThat(runs.total().fewestFaults).isGreaterThanOrEqualTo(2);
    if (System.getProperty(SEEDS) == null) {
      requireEveryKindOfFault(runs.total());
    }
  }

  private static void requireEveryKindOfFault(SimulationStats total) {
    assertThat(
            List.of(
                total.kills,
                total.powerLosses,
                total.closes,
                total.diskErrors,
                total.loneDiskErrors,
                total.forgottenProducers,
                total.brokenConnections,
                total.clockJumps,
                total.duplicates,
                total.retries,
                total.lostBatches))
        .allMatch(count -> count > 0);
    assertThat(
            List.of(
                total.controllers.elections,
                total.controllers.restarts,
                total.controllers.brokerDeaths,
                total.controllers.uncleanReturns,
                total.controllers.controlledShutdowns,
                total.controllers.oddEntries,
                total.controllers.isrChanges,
                total.controllers.failovers,
                total.controllers.uncleanElections))
        .allMatch(count -> count > 0);
  }

  /** S02, S03, S07, S09, S10, S12, S13, S14, S17, S19, S28, S33, over whole clusters. */
  @Test
  void everySeedOfAClusterKeepsWhatTheBrokersPromise() {
    SeedRange seeds = SeedRange.parse(System.getProperty(SEEDS, CLUSTER_SHARE));
    SimulationRuns runs =
        new SimulationRuns(seeds, Set.of(Model.CLUSTERS), Optional.empty(), done -> {});

    runs.run(1).ifPresent(failed -> fail(failed.describe()));

    ClusterStats total = runs.total().clusters;
    assertThat(total.fewestEvents).isGreaterThanOrEqualTo(1_000);
    assertThat(total.fewestFaults).isGreaterThanOrEqualTo(2);
    if (System.getProperty(SEEDS) == null) {
      int fifth = total.runs / 5;
      assertThat(total.runsWithElection).as("with an election").isGreaterThanOrEqualTo(fifth);
      assertThat(total.runsWithTruncation).as("with a truncation").isGreaterThanOrEqualTo(fifth);
      assertThat(total.runsWithShrink).as("with an ISR shrink").isGreaterThanOrEqualTo(fifth);
      assertThat(total.runsWithLossyCrash).as("with a loss").isGreaterThanOrEqualTo(fifth);
      assertThat(total.runsWithLogStart).as("with a log start").isGreaterThanOrEqualTo(fifth);
    }
  }

  @Test
  void aRunIsAFunctionOfItsSeed() {
    for (long seed = 0; seed < 10; seed++) {
      for (Model model : Model.values()) {
        assertThat(model.sumOf(seed)).as("%s %d", model, seed).isEqualTo(model.sumOf(seed));
      }
    }
  }

  /** Another process has other hash codes, and goes through maps and sets in another order. */
  @Test
  void aRunIsTheSameInAnotherProcess() throws Exception {
    List<String> arguments = List.of("--seeds", "0..5", "--sums");
    var out = new ByteArrayOutputStream();
    SimulationMain.run(
        arguments,
        new SimulatedClock(new VirtualTime(), 0, 0),
        new PrintStream(out, true, StandardCharsets.UTF_8));

    assertThat(inAnotherProcess(arguments).lines().toList())
        .containsExactlyElementsOf(out.toString(StandardCharsets.UTF_8).lines().toList())
        .hasSize(18);
  }

  private static String inAnotherProcess(List<String> arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:+UnlockExperimentalVMOptions",
                "-XX:hashCode=2",
                "-cp",
                System.getProperty("java.class.path"),
                SimulationMain.class.getName()));
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void theCommandSaysWhatItDid() {
    var out = new ByteArrayOutputStream();

    int status =
        SimulationMain.run(
            List.of("--seeds", "0..4", "--threads", "2"),
            new SimulatedClock(new VirtualTime(), 0, 0),
            new PrintStream(out, true, StandardCharsets.UTF_8));

    assertThat(status).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("runs 5 in").contains("kills");
  }

  @Test
  void theCommandPlaysOneModelOnly() {
    var out = new ByteArrayOutputStream();

    int status =
        SimulationMain.run(
            List.of("--seeds", "0..4", "--only", "controllers"),
            new SimulatedClock(new VirtualTime(), 0, 0),
            new PrintStream(out, true, StandardCharsets.UTF_8));

    assertThat(status).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .startsWith("runs 5 in")
        .contains("controllers: runs 5")
        .doesNotContain("batches");
  }

  @Test
  void theCommandFailsWithTheWayToReplayASeed() {
    var out = new ByteArrayOutputStream();

    int status =
        SimulationMain.run(
            List.of("--seeds", "0..50", "--bug", "FLUSH_SKIPPED"),
            new SimulatedClock(new VirtualTime(), 0, 0),
            new PrintStream(out, true, StandardCharsets.UTF_8));

    assertThat(status).isEqualTo(1);
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("run it again: ./mvnw")
        .contains("-Dsimulation.seeds=")
        .contains("the node is POWER_LOST");
  }

  @Test
  void theCommandRefusesWhatIsNoRange() {
    var out = new ByteArrayOutputStream();

    int status =
        SimulationMain.run(
            List.of("--seeds", "9..1"),
            new SimulatedClock(new VirtualTime(), 0, 0),
            new PrintStream(out, true, StandardCharsets.UTF_8));

    assertThat(status).isEqualTo(2);
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("expected: FROM..TO");
  }
}
