package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.log.LeaderEpochCache.Entry;
import io.millrace.common.OffsetAndEpoch;
import io.millrace.common.file.MemoryFileStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** KIP-101, KIP-279: which leader epoch wrote which offsets. */
class LeaderEpochCacheTest {
  private final LeaderEpochCache cache =
      LeaderEpochCache.EMPTY.assign(2, 0).assign(5, 100).assign(6, 250);

  @Test
  void tellsTheEpochOfAnOffset() {
    assertThat(cache.epochOf(0)).hasValue(2);
    assertThat(cache.epochOf(99)).hasValue(2);
    assertThat(cache.epochOf(100)).hasValue(5);
    assertThat(cache.epochOf(249)).hasValue(5);
    assertThat(cache.epochOf(1_000)).hasValue(6);
    assertThat(LeaderEpochCache.EMPTY.epochOf(0)).isEmpty();
    assertThat(cache.truncateFromStart(120).epochOf(110)).isEmpty();
  }

  @Test
  void tellsWhereAnEpochEnds() {
    assertThat(cache.endOffsetFor(2, 300)).hasValue(new OffsetAndEpoch(100, 2));
    assertThat(cache.endOffsetFor(6, 300)).hasValue(new OffsetAndEpoch(300, 6));
    assertThat(cache.endOffsetFor(7, 300)).isEmpty();
    assertThat(LeaderEpochCache.EMPTY.endOffsetFor(0, 0)).isEmpty();
  }

  @Test
  void answersForAnUnknownEpochWithTheNextOlderOne() {
    assertThat(cache.endOffsetFor(4, 300)).hasValue(new OffsetAndEpoch(100, 2));
    assertThat(cache.endOffsetFor(1, 300)).hasValue(new OffsetAndEpoch(0, 1));
  }

  @Test
  void ignoresTheNewestEpochAssignedAgain() {
    assertThat(cache.assign(6, 400)).isSameAs(cache);
  }

  @Test
  void dropsEpochsThatWroteNothing() {
    assertThat(cache.assign(8, 250).entries())
        .containsExactly(new Entry(2, 0), new Entry(5, 100), new Entry(8, 250));
  }

  @Test
  void refusesAnOlderEpoch() {
    assertThatThrownBy(() -> cache.assign(5, 400))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("leader epoch: 5 (expected: >= 6)");
    assertThatThrownBy(() -> LeaderEpochCache.EMPTY.assign(-1, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void isCutAtBothEnds() {
    assertThat(cache.truncateFromEnd(250).entries())
        .containsExactly(new Entry(2, 0), new Entry(5, 100));
    assertThat(cache.truncateFromEnd(251)).isEqualTo(cache);
    assertThat(cache.truncateFromEnd(0)).isEqualTo(LeaderEpochCache.EMPTY);
    assertThat(cache.truncateFromStart(100).entries())
        .containsExactly(new Entry(5, 100), new Entry(6, 250));
    assertThat(cache.truncateFromStart(101).entries())
        .containsExactly(new Entry(5, 101), new Entry(6, 250));
    assertThat(cache.truncateFromStart(900).entries()).containsExactly(new Entry(6, 900));
  }

  @Test
  void refusesEntriesOutOfOrder() {
    assertThatThrownBy(() -> LeaderEpochCache.of(List.of(new Entry(3, 10), new Entry(2, 20))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> LeaderEpochCache.of(List.of(new Entry(3, 10), new Entry(4, 10))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theCheckpointHasTheseBytes() throws IOException {
    TestLog test = new TestLog(LogConfig.DEFAULT);
    test.epoch = 4;
    test.append("a", "b");
    test.epoch = 7;
    test.append("c");

    byte[] bytes = test.read(TestLog.DIRECTORY.resolve("leader-epoch-checkpoint"));

    assertThat(new String(bytes, StandardCharsets.UTF_8))
        .isEqualTo("millrace leader-epochs 1\n4 0\n7 2\ncrc32c f9906e50\n");
  }

  @Test
  void anEpochIsDurableBeforeItsFirstBatch() {
    MemoryFileStore disk = TestLog.emptyDisk();
    TestLog test = new TestLog(disk, LogConfig.DEFAULT);
    test.append("a");
    test.flush();
    test.startEpoch(12);

    test.epoch = 12;
    test.append("b");
    int survived = 0;

    for (long seed = 0; seed < 20; seed++) {
      TestLog crashed = new TestLog(disk.crashClone(seed), LogConfig.DEFAULT);
      if (crashed.log.logEndOffset() == 2) {
        survived++;
        assertThat(crashed.log.leaderEpochs()).isEqualTo(test.log.leaderEpochs());
      }
    }
    // If the batch could be there without its epoch, it would have been cut as not following.
    assertThat(survived).isPositive();
    TestLog killed = new TestLog(disk.killClone(), LogConfig.DEFAULT);
    assertThat(killed.log.leaderEpochs().entries())
        .containsExactly(new Entry(0, 0), new Entry(12, 1));
  }
}
