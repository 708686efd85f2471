package io.millrace.broker.replica.link;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Both ends of a link with everything between them that a network does: frames under way are lost
 * with their connection, which each end hears of at another time or only by silence.
 */
class CoupledLinksTest {
  private static final int SEEDS = 100;
  private static final int STEPS = 600;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void everyRecordArrivesOnceAndInOrderOverLostConnections(int group) {
    int lost = 0;
    int movedOver = 0;
    for (int seed = group * SEEDS; seed < (group + 1) * SEEDS; seed++) {
      CoupledLinks world = new CoupledLinks(seed);
      try {
        for (int step = 0; step < STEPS; step++) {
          world.step();
        }
        world.heal();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
      }
      lost += world.lostConnections();
      movedOver += world.movedOver();
    }
    assertThat(lost).as("connections lost").isGreaterThan(SEEDS);
    assertThat(movedOver).as("partitions moved over").isGreaterThan(SEEDS / 2);
  }
}
