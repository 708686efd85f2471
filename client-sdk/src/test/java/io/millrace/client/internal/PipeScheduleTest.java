package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PipeScheduleTest {
  private final PipeSchedule<String> schedule = new PipeSchedule<>();

  @Test
  void looksAtWhatChangedAndAtNothingElse() {
    IntStream.range(0, 5_000).forEach(i -> schedule.lookAgainAt("waits " + i, 1_000 + i));
    schedule.changed("a");
    schedule.changed("b");
    schedule.changed("a");
    assertThat(schedule.nextMs(7)).isEqualTo(7);
    assertThat(schedule.takeDue(7)).containsExactly("a", "b");
    assertThat(schedule.takeDue(8)).isEmpty();
    assertThat(schedule.nextMs(8)).isEqualTo(1_000);
  }

  @Test
  void looksAtEachWhenItsTimeHasCome() {
    schedule.lookAgainAt("late", 30);
    schedule.lookAgainAt("early", 10);
    schedule.lookAgainAt("never", Long.MAX_VALUE);
    assertThat(schedule.takeDue(9)).isEmpty();
    assertThat(schedule.takeDue(10)).containsExactly("early");
    assertThat(schedule.nextMs(10)).isEqualTo(30);
    assertThat(schedule.takeDue(40)).containsExactly("late");
    assertThat(schedule.nextMs(40)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void onlyTheTimeThatWasSaidLastCounts() {
    schedule.lookAgainAt("a", 30);
    schedule.lookAgainAt("a", 20);
    assertThat(schedule.nextMs(0)).isEqualTo(20);
    schedule.lookAgainAt("a", 40);
    schedule.lookAgainAt("b", 40);
    assertThat(schedule.takeDue(39)).isEmpty();
    assertThat(schedule.takeDue(40)).containsExactly("a", "b");
    assertThat(schedule.takeDue(50)).isEmpty();
    schedule.lookAgainAt("a", 60);
    schedule.lookAgainAt("a", Long.MAX_VALUE);
    assertThat(schedule.nextMs(50)).isEqualTo(Long.MAX_VALUE);
  }

  /** A pipe whose turn has come by an event still has its deadline. */
  @Test
  void whatChangesKeepsItsTime() {
    schedule.lookAgainAt("a", 30);
    schedule.changed("a");
    assertThat(schedule.takeDue(10)).containsExactly("a");
    assertThat(schedule.nextMs(10)).isEqualTo(30);
    assertThat(schedule.takeDue(30)).containsExactly("a");
  }

  @Test
  void whatChangesWhileOthersAreLookedAtIsLookedAtNext() {
    schedule.changed("a");
    for (String taken : schedule.takeDue(5)) {
      schedule.changed(taken);
      schedule.lookAgainAt(taken, 1_000);
    }
    assertThat(schedule.nextMs(5)).isEqualTo(5);
    assertThat(schedule.takeDue(5)).containsExactly("a");
    assertThat(schedule.nextMs(5)).isEqualTo(1_000);
  }

  @Test
  void whatIsForgottenIsNotLookedAt() {
    schedule.lookAgainAt("a", 10);
    schedule.lookAgainAt("b", 20);
    schedule.changed("a");
    schedule.forget("a");
    assertThat(schedule.nextMs(0)).isEqualTo(20);
    assertThat(schedule.takeDue(20)).containsExactly("b");
  }
}
