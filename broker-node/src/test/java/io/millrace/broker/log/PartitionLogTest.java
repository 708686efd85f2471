package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.log.SequenceCheck.Duplicate;
import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultyFileStore;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class PartitionLogTest {
  private static final LogConfig SMALL =
      LogConfig.DEFAULT.toBuilder().segmentBytes(500).indexIntervalBytes(100).build();

  private final TestLog test = new TestLog(SMALL);

  @Test
  void readsBackWhatWasAppendedAcrossSegments() {
    for (int i = 0; i < 50; i++) {
      test.append("a" + i, "b" + i);
    }

    assertThat(test.log.logEndOffset()).isEqualTo(100);
    assertThat(test.log.snapshot().segmentCount()).isGreaterThan(5);
    assertThat(test.values(0)).hasSize(100).startsWith("a0", "b0", "a1").endsWith("a49", "b49");
    for (int from = 0; from <= 100; from++) {
      assertThat(test.values(from)).hasSize(100 - from);
    }
  }

  @Test
  void readsNothingOfItsBatchesAfterAnOrderlyClose() {
    test.append(30, 40);
    test.restart();

    assertThat(test.log.recovery()).isEqualTo(RecoveryResult.NOTHING_TO_DO);
    assertThat(test.log.durableOffset()).isEqualTo(30);
    assertThat(test.values(0)).hasSize(30);
    test.append("more");
    assertThat(test.values(0)).hasSize(31).endsWith("more");
  }

  @Test
  void recoversEverythingAfterTheProcessDied() {
    test.append(30, 40);
    test.log.abandon();
    test.reopen(false);

    assertThat(test.log.recovery().checkedBytes()).isPositive();
    assertThat(test.log.recovery().defect()).isEmpty();
    assertThat(test.log.recovery().unclean()).isFalse();
    assertThat(test.values(0)).hasSize(30);
  }

  @Test
  void S30_rollsBySegmentBytes() {
    test.append(8, 100);

    assertThat(test.log.snapshot().segmentCount()).isEqualTo(4);
    assertThat(test.log.snapshot().sealed())
        .extracting(SegmentView::baseOffset)
        .containsExactly(0L, 2L, 4L);
  }

  @Test
  void durableOffsetFollowsAFlush() {
    test.append("a", "b");
    FlushTicket ticket = test.log.prepareFlush();
    test.append("c");
    assertThat(test.log.durableOffset()).isZero();

    ticket.run();
    test.log.flushed(ticket);

    assertThat(test.log.durableOffset()).isEqualTo(2);
  }

  @Test
  void truncatesIntoAnEarlierSegmentAndGoesOn() {
    test.append(20, 60);
    test.flush();

    test.log.truncateTo(7);
    test.append("new");

    assertThat(test.log.logEndOffset()).isEqualTo(8);
    assertThat(test.log.durableOffset()).isEqualTo(7);
    assertThat(test.values(0)).hasSize(8).endsWith("new");
    test.restart();
    assertThat(test.values(0)).hasSize(8).endsWith("new");
  }

  @Test
  void aLogIsWholeWhereverItsLogStartMovesWhileItIsCut() {
    long operations = cutWhileItsLogStartMoves(Long.MAX_VALUE);
    assertThat(operations).isGreaterThan(5);
    for (long moment = -1; moment < operations; moment++) {
      cutWhileItsLogStartMoves(moment);
    }
  }

  /** The flush thread gets its turn before the cut or before that operation on the disk. */
  private static long cutWhileItsLogStartMoves(long moment) {
    FaultPlan plan = new FaultPlan();
    TestLog test =
        new TestLog(
            new FaultyFileStore(TestLog.emptyDisk(), plan),
            SMALL.toBuilder().retentionBytes(100).build());
    test.append(20, 60);
    test.flush();
    LogStartMove move =
        test.log.prepareRetention(new RetentionInput(test.clock.wallMs, 18, true)).orElseThrow();
    if (moment < 0) {
      move.run();
    }
    long before = plan.operations();
    AtomicBoolean itsTurn = new AtomicBoolean(true);
    plan.on()
        .run(
            () -> {
              if (plan.operations() - before > moment && itsTurn.getAndSet(false)) {
                move.run();
              }
            });

    test.log.truncateTo(19);
    long operations = plan.operations() - before;
    test.log.logStartMoved(move).forEach(DetachedSegment::delete);

    long start = test.log.logStartOffset();
    assertThat(start).as("moved at %d", moment).isEqualTo(move.isDone() ? 18 : 0);
    assertThat(test.values(start)).as("moved at %d", moment).hasSize((int) (19 - start));
    test.log.abandon();
    plan.clear();
    test.log = test.open(19, false);
    assertThat(test.values(test.log.logStartOffset())).hasSize((int) (19 - start));
    return operations;
  }

  @Test
  void S28_producersSurviveRestartCrashAndTruncation() {
    for (int i = 0; i < 20; i++) {
      test.append(5L, 0, i, "v" + i);
    }
    assertThat(test.log.producers().check(5, (short) 0, 19, 19))
        .isEqualTo(new Duplicate(19, 19, -1));

    test.restart();
    assertThat(test.log.producers().check(5, (short) 0, 4, 4)).isEqualTo(new Duplicate(4, 4, -1));
    test.log.abandon();
    test.reopen(false);
    assertThat(test.log.producers().check(5, (short) 0, 19, 19))
        .isEqualTo(new Duplicate(19, 19, -1));
    test.log.truncateTo(10);
    assertThat(test.log.producers().check(5, (short) 0, 9, 9)).isEqualTo(new Duplicate(9, 9, -1));
    assertThat(test.log.producers().check(5, (short) 0, 10, 10))
        .isInstanceOf(SequenceCheck.Accept.class);
  }

  @Test
  void S33_logStartMovesDurablyAndSpaceComesBack() {
    test.append(20, 60);
    test.flush();

    test.moveLogStartTo(9);
    List<DetachedSegment> detached = test.retain(20);

    assertThat(detached).isNotEmpty();
    assertThat(test.log.logStartOffset()).isEqualTo(9);
    assertThat(test.values(9)).hasSize(11);
    detached.forEach(DetachedSegment::delete);
    test.restart();
    assertThat(test.log.logStartOffset()).isEqualTo(9);
    assertThat(test.values(9)).hasSize(11);
  }

  @Test
  void refusesABatchThatDoesNotFollow() {
    test.append("a");
    ByteBuffer gap = TestLog.stamped(5, 0, TestLog.batch(1, "b"));

    assertThatThrownBy(() -> test.log.append(gap))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("baseOffset: 5 (expected: 1)");
  }

  @Test
  void refusesAnOlderLeaderEpoch() {
    test.epoch = 4;
    test.append("a");
    test.epoch = 3;

    assertThatThrownBy(() -> test.append("b"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("leader epoch: 3 (expected: >= 4)");
    assertThat(test.log.logEndOffset()).isEqualTo(1);
  }
}
