package io.millrace.it.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The simulation is worth what it finds: each planted bug must be caught, and by the way it shows.
 */
class PlantedBugTest {
  private static final int SEEDS = 2_000;

  @ParameterizedTest
  @EnumSource
  void isCaught(PlantedBug bug) {
    SimulationRuns runs =
        new SimulationRuns(new SeedRange(0, SEEDS - 1), Optional.of(bug), done -> {});

    Optional<SimulationRuns.FailedSeed> caught = runs.run(1);

    assertThat(caught).as("%s within %d seeds", bug, SEEDS).isPresent();
    System.out.printf(
        "%-34s caught after %4d seeds: %s%n",
        bug, runs.total().runs, caught.get().failure().what().lines().findFirst().orElse(""));
  }
}
