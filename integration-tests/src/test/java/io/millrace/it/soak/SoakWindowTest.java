package io.millrace.it.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class SoakWindowTest {
  /** A process whose heap holds one value after the other. */
  private static final class FakeProbe implements ProcessProbe {
    private final Deque<Long> heaps;

    FakeProbe(Long... heaps) {
      this.heaps = new ArrayDeque<>(List.of(heaps));
    }

    @Override
    public ProcessSample sample() {
      return new ProcessSample(100_000, 400, 40, 50_000);
    }

    @Override
    public long pid() {
      return ProcessHandle.current().pid();
    }

    @Override
    public long liveHeapKb() {
      return heaps.remove();
    }
  }

  @Test
  void takesTheLeastOfTheHeapsThatItSaw() throws Exception {
    SoakWindow window = new SoakWindow();
    FakeProbe probe = new FakeProbe(60_000L, 40_000L, 50_000L);
    for (int i = 0; i < 3; i++) {
      window.look(probe);
    }
    assertThat(window.leastHeapKb()).isEqualTo(40_000);
    assertThat(window.samples()).hasSize(3);
  }

  @Test
  void hasNothingToCompareWhenNobodyLooked() {
    assertThatThrownBy(new SoakWindow()::leastHeapKb).isInstanceOf(IllegalStateException.class);
  }
}
