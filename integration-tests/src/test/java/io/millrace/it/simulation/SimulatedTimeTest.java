package io.millrace.it.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SimulatedTimeTest {
  private final SimulatedTime time = new SimulatedTime();
  private final List<String> ran = new ArrayList<>();

  @Test
  void runsTasksInTheOrderOfTheirTimesAndOfOneTimeInTheOrderOfScheduling() {
    time.schedule(2, () -> ran.add("c"));
    time.scheduleMicros(1_999, () -> ran.add("a"));
    time.schedule(2, () -> ran.add("d"));
    time.scheduleMicros(1_999, () -> ran.add("b"));

    runAll();

    assertThat(ran).containsExactly("a", "b", "c", "d");
    assertThat(time.nowMicros()).isEqualTo(2_000);
    assertThat(time.executed()).isEqualTo(4);
  }

  @Test
  void aCancelledTaskNeitherRunsNorMovesTheTime() {
    time.schedule(5, () -> ran.add("late")).cancel();

    assertThat(time.runNext()).isFalse();
    assertThat(ran).isEmpty();
    assertThat(time.nowMicros()).isZero();
  }

  @Test
  void whatIsDueAlreadyRunsNowAndNotBefore() {
    time.schedule(3, () -> time.schedule(-7, () -> ran.add("at " + time.nowMs())));

    runAll();

    assertThat(ran).containsExactly("at 3");
  }

  @Test
  void theWallClockDriftsAndJumpsWhileTheMonotonicOneGoesOn() {
    SimulatedClock clock = new SimulatedClock(time, 7_000_000, 100);
    long wallAtStart = clock.wallMs();
    time.schedule(1_000_000, () -> {});
    runAll();
    clock.jump(-5_000);

    assertThat(clock.wallMs() - wallAtStart).isEqualTo(1_000_000 + 100 - 5_000);
    assertThat(clock.monotonicMs()).isEqualTo(7 + 1_000_000);
  }

  private void runAll() {
    while (time.runNext()) {
      // Tasks note that they ran.
    }
  }
}
