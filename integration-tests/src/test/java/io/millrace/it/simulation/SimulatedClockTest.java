package io.millrace.it.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.time.VirtualTime;
import org.junit.jupiter.api.Test;

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
}
