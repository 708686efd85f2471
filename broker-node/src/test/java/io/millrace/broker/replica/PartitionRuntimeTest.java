package io.millrace.broker.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.LogConfig;
import io.millrace.broker.replica.core.LeaderState;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.broker.replica.core.ProduceOutcome;
import io.millrace.broker.replica.core.Role;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.FlushMode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TimestampType;
import io.millrace.common.file.FaultPlan.Operation;
import io.millrace.common.record.RecordBatch;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PartitionRuntimeTest {
  @Test
  void S07_answersAtTheEndOfTheRunWhenReadersCanSeeTheBatch() {
    RuntimeHarness harness = RuntimeHarness.leading(FlushMode.OS);

    ProduceCommand command = harness.produce(Batches.of("a", "b"), Acks.ALL);
    assertThat(harness.answers).isEmpty();
    harness.finish();

    assertThat(acknowledged(harness, command).lastOffset()).isEqualTo(1);
    PartitionView view = harness.runtime.view();
    assertThat(view.highWatermark()).isEqualTo(2);
    RecordBatch stored =
        RecordBatch.at(view.log().read(0, 1_000, view.highWatermark(), true).records(), 0);
    assertThat(stored.recordCount()).isEqualTo(2);
    assertThat(stored.leaderEpoch()).isZero();
  }

  @Test
  void S08_underCommitOneTicketCoversAllThatWaits() {
    RuntimeHarness harness = RuntimeHarness.leading(FlushMode.COMMIT);
    for (int i = 0; i < 10; i++) {
      harness.produce(Batches.of("a"), i % 2 == 0 ? Acks.ALL : Acks.LEADER);
    }
    harness.finish();
    assertThat(harness.answers).isEmpty();
    assertThat(harness.tasks).hasSize(1);
    ProduceCommand later = harness.produce(Batches.of("b"), Acks.LEADER);
    harness.finish();
    assertThat(harness.tasks).as("one ticket at a time").hasSize(1);

    harness.runTask();
    assertThat(harness.answers).hasSize(10).doesNotContainKey(later);
    harness.runTask();

    assertThat(acknowledged(harness, later).baseOffset()).isEqualTo(10);
    assertThat(harness.runtime.recoveryPoint()).isEqualTo(11);
  }

  @Test
  void S27_logAppendTimeGoesOnTheBatchAndIntoTheAnswerAlsoOfARepeat() {
    RuntimeHarness harness = new RuntimeHarness(LogConfig.DEFAULT, TimestampType.LOG_APPEND_TIME);
    harness.lead();
    long thenMs = harness.clock.wallMs();
    ByteBuffer batch = Batches.sequenced(7, 0, "a");
    ByteBuffer repeat = Batches.sequenced(7, 0, "a");

    ProduceCommand first = harness.produce(batch, Acks.ALL);
    harness.finish();
    harness.clock.advance(5_000);
    ProduceCommand second = harness.produce(repeat, Acks.ALL);
    harness.finish();

    assertThat(acknowledged(harness, first).logAppendTimeMs()).isEqualTo(thenMs);
    assertThat(acknowledged(harness, second).logAppendTimeMs()).isEqualTo(thenMs);
    assertThat(acknowledged(harness, second).duplicate()).isTrue();
    RecordBatch stored =
        RecordBatch.at(harness.log.snapshot().read(0, 1_000, 1, true).records(), 0);
    assertThat(stored.timestampType().name()).isEqualTo(TimestampType.LOG_APPEND_TIME.name());
    assertThat(stored.maxTimestamp()).isEqualTo(thenMs);
    assertThat(stored.crcValid()).isTrue();
  }

  @Test
  void S28_sequencesAreCheckedBatchByBatchWithinOneRun() {
    RuntimeHarness harness = RuntimeHarness.leading(FlushMode.OS);

    ProduceCommand first = harness.produce(Batches.sequenced(7, 0, "a", "b"), Acks.ALL);
    ProduceCommand next = harness.produce(Batches.sequenced(7, 2, "c"), Acks.ALL);
    ProduceCommand gap = harness.produce(Batches.sequenced(7, 9, "d"), Acks.ALL);
    ProduceCommand repeat = harness.produce(Batches.sequenced(7, 0, "a", "b"), Acks.ALL);
    harness.finish();

    assertThat(acknowledged(harness, first).baseOffset()).isZero();
    assertThat(acknowledged(harness, next).baseOffset()).isEqualTo(2);
    assertThat(errorOf(harness, gap)).isEqualTo(ErrorCode.OUT_OF_ORDER_SEQUENCE);
    assertThat(acknowledged(harness, repeat).baseOffset()).isZero();
    assertThat(harness.runtime.view().logEndOffset()).isEqualTo(3);
  }

  @Test
  void S34_aFailedWriteRefusesWhatWaitsAndWhatComesAndIsToldOnce() {
    RuntimeHarness harness = RuntimeHarness.leading(FlushMode.COMMIT);
    ProduceCommand waiting = harness.produce(Batches.of("a"), Acks.ALL);
    harness.finish();
    harness.faults.on(Operation.WRITE).path("**.log").failFromThenOn("Input/output error");

    ProduceCommand failing = harness.produce(Batches.of("b"), Acks.ALL);
    ProduceCommand after = harness.produce(Batches.of("c"), Acks.NONE);
    harness.finish();

    for (ProduceCommand each : List.of(waiting, failing, after)) {
      assertThat(errorOf(harness, each)).isEqualTo(ErrorCode.LOG_DIR_OFFLINE);
    }
    assertThat(harness.diskFailures).hasSize(1);
    assertThat(harness.runtime.view().role()).isEqualTo(Role.OFFLINE);
    assertThat(harness.runtime.view().highWatermark()).isZero();
  }

  @Test
  void S33_deletedRecordsAreGoneForReadersAndDurablySoWhenTheAnswerComes() {
    RuntimeHarness harness = RuntimeHarness.leading(FlushMode.OS);
    harness.produce(Batches.of("a", "b", "c"), Acks.ALL);
    CompletableFuture<Long> done = new CompletableFuture<>();
    CompletableFuture<Long> beyond = new CompletableFuture<>();

    harness.deleteRecords(2, done);
    harness.deleteRecords(4, beyond);
    harness.finish();
    assertThat(done).isNotDone();
    assertThat(harness.runtime.view().logStartOffset()).isZero();
    harness.runTask();

    assertThat(done).isCompletedWithValue(2L);
    assertThat(harness.runtime.view().logStartOffset()).isEqualTo(2);
    assertThat(harness.afterPowerLoss().log.logStartOffset()).isEqualTo(2);
    assertThat(beyond)
        .failsWithin(Duration.ZERO)
        .withThrowableOfType(ExecutionException.class)
        .havingCause()
        .isInstanceOfSatisfying(
            MillraceException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE));
  }

  @Test
  void S33_deletionsThatWaitForTheDiskTogetherShareTheNextMove() {
    RuntimeHarness harness = RuntimeHarness.leading(FlushMode.OS);
    harness.produce(Batches.of("a", "b", "c", "d"), Acks.ALL);
    List<CompletableFuture<Long>> results = new ArrayList<>();
    for (int before = 1; before <= 3; before++) {
      results.add(new CompletableFuture<>());
      harness.deleteRecords(before, results.get(before - 1));
      harness.finish();
    }

    harness.runTask();
    assertThat(results.get(0)).isCompletedWithValue(1L);
    assertThat(results.get(1)).isNotDone();
    harness.runTask();

    assertThat(results.get(1)).isCompletedWithValue(3L);
    assertThat(results.get(2)).isCompletedWithValue(3L);
    assertThat(harness.tasks).isEmpty();
  }

  /** ARCHITECTURE: a shard never waits for a sync, whatever it is asked. */
  @Test
  void nothingThatTheShardDoesWaitsForTheDiskToSync() {
    LogConfig config =
        LogConfig.DEFAULT.toBuilder()
            .segmentBytes(2_000)
            .retentionBytes(1_000)
            .flushMode(FlushMode.COMMIT)
            .build();
    RuntimeHarness harness = new RuntimeHarness(config, TimestampType.CREATE_TIME);
    AtomicInteger blocking = new AtomicInteger();
    harness
        .faults
        .on(Operation.FORCE, Operation.FORCE_DIRECTORY, Operation.RENAME)
        .run(
            () -> {
              if (!harness.runsTask) {
                blocking.incrementAndGet();
              }
            });
    for (int epoch = 0; epoch < 3; epoch++) {
      harness.runtime.handle(
          new PartitionEvent.BecomeLeader(new LeaderState(epoch, epoch, List.of(1), Set.of(1), 1)));
      for (int i = 0; i < 4; i++) {
        harness.produce(Batches.ofBytes(900), Acks.ALL);
        harness.finish();
        harness.runTasks();
      }
      harness.deleteRecords(epoch + 1, new CompletableFuture<>());
      harness.finish();
      harness.runTasks();
      harness.runtime.applyRetention(true);
      harness.finish();
      harness.runTasks();
    }
    harness.runtime.abandon(new MillraceError(ErrorCode.UNKNOWN_TOPIC_ID, "deleted"));
    harness.finish();

    assertThat(harness.runtime.view().logEndOffset()).isEqualTo(12);
    assertThat(harness.runtime.view().logStartOffset()).isEqualTo(10);
    assertThat(blocking).hasValue(0);
  }

  @Test
  void S28b_whatFollowsTheFirstBatchOfAnEpochWaitsWithItForTheEpochToBeWrittenDown() {
    RuntimeHarness harness = RuntimeHarness.leading(FlushMode.OS);
    harness.becomeLeader(1);
    ProduceCommand first = harness.produce(7, 0, "a");
    ProduceCommand gap = harness.produce(7, 5, "b");
    ProduceCommand behindTheGap = harness.produce(7, 1, "c");
    harness.runtime.handle(new PartitionEvent.ResumePipeline(7, 1));
    ProduceCommand resumed = harness.produce(7, 1, "c");
    harness.finish();
    assertThat(harness.answers).isEmpty();
    assertThat(harness.runtime.view().logEndOffset()).isZero();

    harness.runTasks();

    assertThat(acknowledged(harness, first).baseOffset()).isZero();
    assertThat(errorOf(harness, gap)).isEqualTo(ErrorCode.OUT_OF_ORDER_SEQUENCE);
    assertThat(errorOf(harness, behindTheGap)).isEqualTo(ErrorCode.PREVIOUS_FRAME_FAILED);
    assertThat(acknowledged(harness, resumed).baseOffset()).isEqualTo(1);
    assertThat(harness.log.leaderEpochs().latestEpoch()).hasValue(1);
  }

  @Test
  void S28b_aBadFrameBehindABatchThatWaitsForItsEpochStopsThePipelineInItsPlace() {
    RuntimeHarness harness = RuntimeHarness.leading(FlushMode.OS);
    harness.becomeLeader(1);
    ProduceCommand first = harness.produce(7, 0, "a");
    ProduceCommand bad =
        new ProduceCommand(Batches.of("b"), Acks.ALL, -1, 7, 1_000, 1, harness::answered);
    harness.runtime.handle(
        new PartitionEvent.RefuseFrame(
            bad, 7, -1, new MillraceError(ErrorCode.CORRUPT_BATCH, "crc")));
    ProduceCommand behind = harness.produce(7, 1, "c");
    harness.finish();

    harness.runTasks();

    assertThat(acknowledged(harness, first).baseOffset()).isZero();
    assertThat(errorOf(harness, bad)).isEqualTo(ErrorCode.CORRUPT_BATCH);
    assertThat(errorOf(harness, behind)).isEqualTo(ErrorCode.PREVIOUS_FRAME_FAILED);
  }

  @Test
  void S01_theViewEndsWhereTheLogDoesAlsoWhileNothingNewIsCommitted() {
    RuntimeHarness harness = RuntimeHarness.leading(FlushMode.COMMIT);
    harness.produce(Batches.of("a"), Acks.ALL);
    harness.finish();

    assertThat(harness.runtime.view().highWatermark()).isZero();
    assertThat(harness.runtime.view().logEndOffset()).isEqualTo(1);
  }

  @Test
  void aBatchThatWaitsForItsEpochIsRefusedWhenTheLeaderOrTheDiskGoes() {
    for (boolean disk : new boolean[] {true, false}) {
      RuntimeHarness harness = RuntimeHarness.leading(FlushMode.OS);
      harness.becomeLeader(1);
      ProduceCommand waiting = harness.produce(Batches.of("a"), Acks.ALL);
      harness.finish();
      if (disk) {
        harness.runtime.logDirFailed("Input/output error");
      } else {
        harness.runtime.close(new MillraceError(ErrorCode.NOT_LEADER, "stopping"));
      }
      harness.finish();

      assertThat(errorOf(harness, waiting))
          .isEqualTo(disk ? ErrorCode.LOG_DIR_OFFLINE : ErrorCode.NOT_LEADER);
      harness.runTasks();
    }
  }

  @Test
  void aBatchThatWaitsForItsEpochGoesIntoTheNextOneIfThatHasBegun() {
    RuntimeHarness harness = RuntimeHarness.leading(FlushMode.OS);
    harness.becomeLeader(1);
    ProduceCommand waiting = harness.produce(Batches.of("a"), Acks.ALL);
    harness.finish();
    harness.becomeLeader(2);
    harness.runTasks();

    assertThat(acknowledged(harness, waiting).baseOffset()).isZero();
    assertThat(harness.log.leaderEpochs().epochOf(0)).hasValue(2);
  }

  /** The flush thread is behind a slow sync and does not come to the epoch. */
  private static RuntimeHarness waitingForItsEpoch() {
    RuntimeHarness harness =
        new RuntimeHarness(
            LogConfig.DEFAULT.toBuilder().flushMode(FlushMode.OS).build(),
            TimestampType.CREATE_TIME);
    harness.becomeLeader(0);
    return harness;
  }

  @Test
  void S07_aBatchThatWaitsForItsEpochTimesOutAndIsNotAppended() {
    RuntimeHarness harness = waitingForItsEpoch();
    ProduceCommand first = harness.produce(Batches.of("a"), Acks.ALL);
    harness.pass(200);
    ProduceCommand second = harness.produce(Batches.of("b"), Acks.ALL);
    harness.pass(299);
    assertThat(harness.answers).isEmpty();

    harness.pass(1);
    assertThat(errorOf(harness, first)).isEqualTo(ErrorCode.REQUEST_TIMED_OUT);
    assertThat(((ProduceOutcome.Failed) harness.answers.get(first)).baseOffset())
        .as("it was not appended, for certain")
        .isEqualTo(-1);
    assertThat(harness.answers).doesNotContainKey(second);
    harness.pass(200);
    assertThat(errorOf(harness, second)).isEqualTo(ErrorCode.REQUEST_TIMED_OUT);

    ProduceCommand third = harness.produce(Batches.of("c"), Acks.ALL);
    harness.finish();
    harness.runTasks();
    assertThat(acknowledged(harness, third).baseOffset()).isZero();
    assertThat(harness.log.logEndOffset()).isEqualTo(1);
  }

  @Test
  void S28b_whatFollowsABatchThatTimedOutWaitingForItsEpochFailsToo() {
    RuntimeHarness harness = waitingForItsEpoch();
    ProduceCommand first = harness.produce(7, 0, "a");
    harness.pass(300);
    ProduceCommand behind = harness.produce(7, 1, "b");
    ProduceCommand other = harness.produce(8, 0, "c");
    harness.pass(200);
    assertThat(harness.answers).containsOnlyKeys(first);

    harness.runTasks();
    assertThat(errorOf(harness, behind)).isEqualTo(ErrorCode.PREVIOUS_FRAME_FAILED);
    assertThat(acknowledged(harness, other).baseOffset()).isZero();
  }

  @Test
  void S28b_aPipelineThatIsResumedBehindABatchThatTimedOutGoesOn() {
    RuntimeHarness harness = waitingForItsEpoch();
    ProduceCommand first = harness.produce(7, 0, "a");
    harness.pass(300);
    harness.produce(8, 0, "b");
    harness.runtime.handle(new PartitionEvent.ResumePipeline(7, 0));
    ProduceCommand again = harness.produce(7, 0, "a");
    harness.pass(200);
    assertThat(harness.answers).containsOnlyKeys(first);

    harness.runTasks();
    assertThat(acknowledged(harness, again).baseOffset()).isEqualTo(1);
  }

  @Test
  void S28b_aBadFrameBehindABatchThatWaitsForItsEpochIsAnsweredInItsTurn() {
    RuntimeHarness harness = waitingForItsEpoch();
    ProduceCommand first = harness.produce(7, 0, "a");
    ProduceCommand bad =
        new ProduceCommand(
            Batches.of("b"),
            Acks.ALL,
            -1,
            7,
            harness.clock.monotonicMs() + 500,
            9,
            harness::answered);
    harness.runtime.handle(
        new PartitionEvent.RefuseFrame(
            bad, 7, 1, new MillraceError(ErrorCode.CORRUPT_BATCH, "CRC is wrong")));
    harness.finish();
    assertThat(harness.answers).isEmpty();

    harness.pass(500);
    assertThat(errorOf(harness, first)).isEqualTo(ErrorCode.REQUEST_TIMED_OUT);
    assertThat(errorOf(harness, bad)).isEqualTo(ErrorCode.PREVIOUS_FRAME_FAILED);
  }

  @Test
  void aDeletedPartitionsLogIsLeftToItsRunningTasksAndTheShardDoesNotWait() {
    RuntimeHarness harness = RuntimeHarness.leading(FlushMode.COMMIT);
    harness.produce(Batches.of("a"), Acks.ALL);
    harness.finish();
    assertThat(harness.tasks).hasSize(1);

    CompletableFuture<Void> left =
        harness.runtime.abandon(new MillraceError(ErrorCode.UNKNOWN_TOPIC_ID, "deleted"));
    harness.finish();
    assertThat(left).as("the flush needs the files yet").isNotDone();
    harness.runTask();

    assertThat(left).isCompleted();
    assertThat(harness.diskFailures).isEmpty();
  }

  @Test
  void aDeletedPartitionsLogIsLeftAtOnceWhenTheDiskFailsUnderItsTasks() {
    RuntimeHarness harness = RuntimeHarness.leading(FlushMode.COMMIT);
    harness.produce(Batches.of("a"), Acks.ALL);
    harness.finish();
    CompletableFuture<Void> left =
        harness.runtime.abandon(new MillraceError(ErrorCode.UNKNOWN_TOPIC_ID, "deleted"));
    assertThat(left).isNotDone();

    harness.runtime.logDirFailed("Input/output error");

    assertThat(left).isCompleted();
  }

  @Test
  void S21_listenersAreCalledOnceForARunThatMovesTheHighWatermark() {
    RuntimeHarness harness = RuntimeHarness.leading(FlushMode.COMMIT);
    List<Long> seen = new ArrayList<>();
    Registration registration =
        harness.runtime.listeners().add(() -> seen.add(harness.runtime.view().highWatermark()));

    harness.produce(Batches.of("a"), Acks.ALL);
    harness.produce(Batches.of("b"), Acks.ALL);
    harness.finish();
    assertThat(seen).as("nothing more to see yet").isEmpty();
    harness.runTask();
    registration.close();
    harness.produce(Batches.of("c"), Acks.ALL);
    harness.finish();
    harness.runTask();

    assertThat(seen).containsExactly(2L);
  }

  @Test
  void S31_aRolledSegmentIsFlushedUnderOsTooSoThatARecoveryHasLittleToCheck() {
    RuntimeHarness harness =
        new RuntimeHarness(
            LogConfig.DEFAULT.toBuilder().segmentBytes(2_000).build(), TimestampType.CREATE_TIME);
    harness.lead();

    for (int i = 0; i < 3; i++) {
      harness.produce(Batches.ofBytes(900), Acks.ALL);
      harness.finish();
    }
    assertThat(harness.tasks).hasSize(1);
    harness.runTask();

    assertThat(harness.runtime.recoveryPoint()).isEqualTo(3);
  }

  @Test
  void S27_S30_retentionMovesTheLogStartForReaders() {
    LogConfig config =
        LogConfig.DEFAULT.toBuilder().segmentBytes(2_000).retentionBytes(1_000).build();
    RuntimeHarness harness = new RuntimeHarness(config, TimestampType.CREATE_TIME);
    harness.lead();
    for (int i = 0; i < 7; i++) {
      harness.produce(Batches.ofBytes(900), Acks.ALL);
      harness.finish();
    }
    harness.runTasks();

    var detached = harness.runtime.applyRetention(true);
    harness.finish();
    assertThat(detached).as("the disk has not been waited for").isNotDone();
    assertThat(harness.runtime.view().logStartOffset()).isZero();
    harness.runTasks();

    assertThat(detached.join()).as("more would leave less than 1,000 bytes").hasSize(2);
    assertThat(harness.runtime.view().logStartOffset()).isEqualTo(4);
    assertThat(harness.runtime.view().highWatermark()).isEqualTo(7);
  }

  /** A log of several segments, all of them flushed. */
  private static RuntimeHarness severalSegments() {
    LogConfig config =
        LogConfig.DEFAULT.toBuilder().segmentBytes(2_000).retentionBytes(1_000).build();
    RuntimeHarness harness = new RuntimeHarness(config, TimestampType.CREATE_TIME);
    harness.lead();
    for (int i = 0; i < 7; i++) {
      harness.produce(Batches.ofBytes(900), Acks.ALL);
      harness.finish();
    }
    harness.runTasks();
    return harness;
  }

  @Test
  void S33_retentionLeavesADeletionThatIsUnderWayAlone() {
    RuntimeHarness harness = severalSegments();
    CompletableFuture<Long> deleted = new CompletableFuture<>();
    harness.deleteRecords(1, deleted);
    harness.finish();
    assertThat(harness.tasks).hasSize(1);

    var detached = harness.runtime.applyRetention(true);
    harness.finish();
    assertThat(detached).as("it is left to the next time").isCompletedWithValue(List.of());
    assertThat(harness.tasks).hasSize(1);
    harness.runTasks();
    assertThat(deleted).isCompletedWithValue(1L);
  }

  @Test
  void S33_twoDeletionsAtOnceReachTheHigherOffset() {
    RuntimeHarness harness = severalSegments();
    CompletableFuture<Long> higher = new CompletableFuture<>();
    CompletableFuture<Long> lower = new CompletableFuture<>();
    harness.deleteRecords(5, higher);
    harness.deleteRecords(3, lower);
    harness.finish();
    harness.runTasks();

    assertThat(higher).isCompletedWithValue(5L);
    assertThat(lower).isCompletedWithValue(5L);
  }

  @Test
  void aRollCostsOneFlushAlsoIfBatchesComeMeanwhile() {
    LogConfig config = LogConfig.DEFAULT.toBuilder().segmentBytes(1_000).build();
    RuntimeHarness harness = new RuntimeHarness(config, TimestampType.CREATE_TIME);
    harness.lead();
    for (int i = 0; i < 2; i++) {
      harness.produce(Batches.ofBytes(700), Acks.ALL);
      harness.finish();
    }
    assertThat(harness.tasks).as("the first segment has been rolled").hasSize(1);
    harness.produce(Batches.of("a"), Acks.ALL);
    harness.finish();
    harness.runTask();
    assertThat(harness.tasks).as("nothing was rolled since").isEmpty();

    for (int i = 0; i < 2; i++) {
      harness.produce(Batches.ofBytes(700), Acks.ALL);
      harness.finish();
    }
    harness.runTask();
    assertThat(harness.tasks).as("another was rolled under way").hasSize(1);
  }

  @Test
  void anEpochBeginsWhenTheLogStartHasMoved() {
    RuntimeHarness harness = severalSegments();
    harness.deleteRecords(1, new CompletableFuture<>());
    harness.finish();
    harness.becomeLeader(1);
    ProduceCommand first = harness.produce(Batches.of("a"), Acks.ALL);
    harness.finish();

    assertThat(harness.tasks).as("one at a time").hasSize(1);
    harness.runTasks();
    assertThat(acknowledged(harness, first).baseOffset()).isEqualTo(7);
  }

  @Test
  void whoWaitsForRetentionIsLetGoWhenThePartitionCloses() {
    RuntimeHarness harness = severalSegments();
    var detached = harness.runtime.applyRetention(true);
    harness.finish();
    assertThat(detached).isNotDone();

    harness.runtime.close(new MillraceError(ErrorCode.NOT_LEADER, "stopping"));
    harness.finish();

    assertThat(detached).isCompletedWithValue(List.of());
  }

  @Test
  void S17_theLatestOffsetIsKnownOnceTheHighWatermarkHasReachedTheEpochsStart() {
    RuntimeHarness harness = RuntimeHarness.leading(FlushMode.COMMIT);
    harness.produce(Batches.of("a"), Acks.ALL);
    harness.finish();
    assertThat(harness.runtime.view().latestOffsetKnown()).isTrue();
    harness.runtime.handle(
        new PartitionEvent.BecomeLeader(new LeaderState(1, 1, List.of(1), Set.of(1), 1)));
    harness.finish();
    assertThat(harness.runtime.view().latestOffsetKnown()).isFalse();

    harness.runTask();

    assertThat(harness.runtime.view().latestOffsetKnown()).isTrue();
  }

  @Test
  void S02_aChangeToCommitIsTakenUpByARunningPartition() {
    RuntimeHarness harness = RuntimeHarness.leading(FlushMode.OS);
    harness.produce(Batches.of("a"), Acks.ALL);
    harness.runtime.reconfigure(
        harness.config(
            LogConfig.DEFAULT.toBuilder().flushMode(FlushMode.COMMIT).build(),
            TimestampType.CREATE_TIME));
    harness.finish();
    harness.runTask();

    ProduceCommand waiting = harness.produce(Batches.of("b"), Acks.ALL);
    harness.finish();
    assertThat(harness.answers).doesNotContainKey(waiting);
    harness.runTask();

    assertThat(acknowledged(harness, waiting).baseOffset()).isEqualTo(1);
  }

  @Test
  void aClosedPartitionRefusesAndItsLogIsDurable() {
    RuntimeHarness harness = RuntimeHarness.leading(FlushMode.COMMIT);
    ProduceCommand waiting = harness.produce(Batches.of("a"), Acks.ALL);
    harness.runtime.close(new MillraceError(ErrorCode.NOT_LEADER, "stopping"));
    harness.finish();

    assertThat(errorOf(harness, waiting)).isEqualTo(ErrorCode.NOT_LEADER);
    assertThat(harness.runtime.recoveryPoint()).isEqualTo(1);
    assertThat(harness.runtime.view().role()).isEqualTo(Role.CLOSED);
  }

  @Test
  void aReaderOfADeletedLogSeesThatThePartitionIsClosedBeforeTheRunEnds() {
    RuntimeHarness harness = RuntimeHarness.leading(FlushMode.OS);
    List<Role> told = new ArrayList<>();
    harness.runtime.listeners().add(() -> told.add(harness.runtime.view().role()));
    harness.runtime.abandon(new MillraceError(ErrorCode.UNKNOWN_TOPIC_ID, "deleted"));

    assertThat(harness.runtime.view().role()).isEqualTo(Role.CLOSED);
    assertThat(harness.runtime.view().refusal().code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC_ID);
    assertThat(told).as("listeners are told at the end of the run").isEmpty();
    harness.finish();
    assertThat(told).containsExactly(Role.CLOSED);
  }

  private static ProduceOutcome.Acknowledged acknowledged(
      RuntimeHarness harness, ProduceCommand command) {
    assertThat(harness.answers.get(command)).isInstanceOf(ProduceOutcome.Acknowledged.class);
    return (ProduceOutcome.Acknowledged) harness.answers.get(command);
  }

  private static ErrorCode errorOf(RuntimeHarness harness, ProduceCommand command) {
    assertThat(harness.answers.get(command)).isInstanceOf(ProduceOutcome.Failed.class);
    return ((ProduceOutcome.Failed) harness.answers.get(command)).error().code();
  }
}
