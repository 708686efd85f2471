package io.millrace.broker.group.core;

import io.millrace.broker.group.core.GroupWorld.Plant;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Groups under schedules in which requests and answers are lost, late and doubled, members die,
 * stall and come back, coordinators fail between append and commit, and topics come and go. Each
 * seed is a schedule; {@code -Dmillrace.group.seeds=N} runs more of them.
 */
final class GroupScheduleTest {
  private static final int STEPS = 6_000;

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("millrace.group.seeds", 30));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void onePartitionHasOneOwnerAndNoOffsetIsLostAndEverythingSettles(long seed) {
    run(new GroupWorld(seed, Parts::new, Plant.NONE));
  }

  static void run(GroupWorld world) {
    for (int step = 0; step < STEPS; step++) {
      world.step();
    }
    world.calmDown();
  }
}
