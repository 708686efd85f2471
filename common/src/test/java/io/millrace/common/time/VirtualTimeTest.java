package io.millrace.common.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VirtualTimeTest {
  private final VirtualTime time = new VirtualTime();
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
  void timeAdvancesToWhereItIsToldAndRunsWhatLiesBefore() {
    time.schedule(3, () -> ran.add("at 3"));
    time.schedule(4, () -> ran.add("cancelled")).cancel();
    time.schedule(5, () -> ran.add("at 5"));

    time.advance(4);

    assertThat(ran).containsExactly("at 3");
    assertThat(time.nowMs()).isEqualTo(4);
    assertThat(time.monotonicNanos()).isEqualTo(4_000_000);
  }

  @Test
  void aConditionThatNeverComesToBeIsAnError() {
    time.schedule(3, () -> ran.add("done"));
    time.runUntil(() -> ran.contains("done"));
    assertThatThrownBy(() -> time.runUntil(() -> false)).hasMessageContaining("virtual ms 3");
  }

  private void runAll() {
    while (time.runNext()) {
      // Tasks note that they ran.
    }
  }
}
