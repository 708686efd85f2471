package io.millrace.it.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The simulation is worth what it finds: each planted bug must be caught, by what it leads to and
 * not by something else that its seed has.
 */
class PlantedBugTest {
  private static final int SEEDS = 2_000;

  @ParameterizedTest
  @EnumSource
  void isCaught(PlantedBug bug) {
    SimulationRuns runs =
        new SimulationRuns(
            new SeedRange(bug.firstSeed(), bug.firstSeed() + SEEDS - 1),
            Model.playing(Optional.of(bug)),
            Optional.of(bug),
            done -> {});

    Optional<SimulationRuns.FailedSeed> caught = runs.run(1);

    assertThat(caught).as("%s within %d seeds", bug, SEEDS).isPresent();
    String what = caught.get().failure().what();
    assertThat(bug.isShownBy(what)).as("%s shows as: %s", bug, what).isTrue();
    assertThat(
            SimulationRuns.runOne(
                caught.get().seed(),
                Model.playing(Optional.empty()),
                Optional.empty(),
                new SimulationStats()))
        .as("seed %d without the bug", caught.get().seed())
        .isEmpty();
    System.out.printf(
        "%-34s caught after %4d seeds: %s%n",
        bug, runs.total().runs, caught.get().failure().what().lines().findFirst().orElse(""));
  }
}
