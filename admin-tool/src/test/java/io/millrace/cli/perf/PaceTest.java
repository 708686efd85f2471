package io.millrace.cli.perf;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PaceTest {
  /** Goes on by a step whenever it is read. */
  private static final class SteppingClock implements Clock {
    private long nanos = -1_000_000_000L;
    private long stepNanos;

    @Override
    public long wallMs() {
      return 0;
    }

    @Override
    public long monotonicNanos() {
      nanos += stepNanos;
      return nanos;
    }
  }

  private final SteppingClock clock = new SteppingClock();

  @Test
  void startsWithItsFirstRecordAndNotWhenItIsMade() {
    Pace pace = new FixedPace(clock, 1_000, () -> false);
    clock.nanos += TimeUnit.SECONDS.toNanos(1);
    assertThat(pace.await(0)).isEqualTo(clock.nanos);
  }

  @Test
  void hasRecordsDueAtTheirTimesEvenAfterAStall() {
    Pace pace = new FixedPace(clock, 1_000, () -> false);
    long start = pace.await(0);
    clock.nanos += TimeUnit.SECONDS.toNanos(1);

    List<Long> due = new ArrayList<>();
    for (long i = 1; i < 4; i++) {
      due.add(pace.await(i) - start);
    }

    assertThat(due).containsExactly(1_000_000L, 2_000_000L, 3_000_000L);
  }

  @Test
  void waitsUntilARecordIsDue() {
    Pace pace = new FixedPace(clock, 10, () -> false);
    long start = pace.await(0);
    clock.stepNanos = 20_000_000;
    assertThat(pace.await(1) - start).isEqualTo(100_000_000);
    assertThat(clock.nanos - start).isGreaterThanOrEqualTo(100_000_000);
  }

  @Test
  void waitsNoLongerOnceItIsStopped() {
    Pace pace = new FixedPace(clock, 1, () -> true);
    pace.await(0);
    assertThat(pace.await(1_000_000)).isEqualTo(clock.nanos + TimeUnit.SECONDS.toNanos(1_000_000));
  }
}
