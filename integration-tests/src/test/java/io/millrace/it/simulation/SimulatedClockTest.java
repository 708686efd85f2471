package io.millrace.it.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.common.time.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SimulatedClockTest {
  @Test
  void theWallClockDriftsAndJumpsWhileTheMonotonicOneGoesOn() {
    VirtualTime time = new VirtualTime();
    SimulatedClock clock = new SimulatedClock(time, 7_000_000, 100);
    long wallAtStart = clock.wallMs();
    time.advance(1_000_000);
    clock.jump(-5_000);

    assertThat(clock.wallMs() - wallAtStart).isEqualTo(1_000_000 + 100 - 5_000);
    assertThat(clock.monotonicMs()).isEqualTo(7 + 1_000_000);
  }

  @ParameterizedTest
  @ValueSource(ints = {-ClockRate.MOST, -1, 0, 1, 5_003, ClockRate.MOST})
  void aMachinesTimersGoByItsOwnMonotonicClock(int gainPerMillion) {
    VirtualTime time = new VirtualTime();
    ClockRate rate = new ClockRate(gainPerMillion);
    SimulatedClock clock = new SimulatedClock(time, 7_000_000, 0, rate);
    ProcessTime timers = new ProcessTime(time, rate, Runnable::run);
    List<Long> shown = new ArrayList<>();
    for (int startMs = 0; startMs < 50; startMs++) {
      time.advance(1);
      long atMs = clock.monotonicMs() + 1_000;
      timers.schedule(1_000, () -> shown.add(clock.monotonicMs() - atMs));
    }
    time.advance(1_000_000);

    assertThat(shown)
        .as("a timer is not early, nor late")
        .hasSize(50)
        .allMatch(late -> late == 0 || late == 1);
    assertThat(clock.monotonicMs())
        .isCloseTo(7 + 1_000_050 + 1_000_050L * gainPerMillion / 1_000_000, within(1L));
    assertThat(clock.wallMs()).isEqualTo(1_800_000_000_000L + 1_000_050);
  }
}
