package io.millrace.broker.replica.core;

import static io.millrace.broker.replica.core.CoreDriver.alone;
import static io.millrace.broker.replica.core.CoreDriver.of;
import static io.millrace.broker.replica.core.CoreDriver.sequenced;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.FlushMode;
import io.millrace.common.MillraceError;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PartitionCoreTest {
  private static final BatchFacts THREE = BatchFacts.plain(3);
  private static final MillraceError GONE = new MillraceError(ErrorCode.NOT_LEADER, "moved");

  @Test
  void S02_highWatermarkIsTheSmallestAcknowledgedOffsetOfTheIsr() {
    CoreDriver driver = CoreDriver.os().leading(of(1, 0, Set.of(1, 2, 3), 2));
    driver.produce(BatchFacts.plain(10), Acks.LEADER);

    driver.acknowledge(2, 10, 0);
    assertThat(driver.core.highWatermark()).isZero();
    driver.acknowledge(3, 7, 0);

    assertThat(driver.core.highWatermark()).isEqualTo(7);
  }

  @Test
  void S02_aProposedMemberCountsBeforeTheControllerConfirmsIt() {
    CoreDriver driver = CoreDriver.os().leading(of(1, 0, Set.of(1), 1));
    driver.eligible(2);
    driver.subscribe(2, 0);
    assertThat(driver.proposals()).containsExactly(List.of(1, 2));

    driver.produce(THREE, Acks.LEADER);
    assertThat(driver.core.highWatermark()).isZero();
    driver.on(new PartitionEvent.StateCommitted(of(1, 1, Set.of(1), 1)));

    assertThat(driver.core.highWatermark()).isEqualTo(3);
  }

  @Test
  void S02_aMemberProposedForRemovalCountsUntilTheControllerConfirms() {
    CoreDriver driver = CoreDriver.os().leading(of(1, 0, Set.of(1, 2), 1));
    driver.produce(THREE, Acks.LEADER);
    driver.advanceTo(driver.nowMs + CoreDriver.LAGGED_MS);
    assertThat(driver.proposals()).containsExactly(List.of(1));

    driver.produce(THREE, Acks.LEADER);
    assertThat(driver.core.highWatermark()).isZero();
    driver.on(new PartitionEvent.StateCommitted(of(1, 1, Set.of(1), 1)));

    assertThat(driver.core.highWatermark()).isEqualTo(6);
  }

  @Test
  void S02_underCommitOnlySyncedRecordsCount() {
    CoreDriver driver = CoreDriver.commit().leading(alone(1));
    var waiting = driver.produce(THREE, Acks.ALL);
    assertThat(driver.core.highWatermark()).isZero();
    assertThat(driver.answered(waiting)).isFalse();
    assertThat(driver.flushRequests).isEqualTo(1);

    driver.flushed();

    assertThat(driver.core.highWatermark()).isEqualTo(3);
    assertThat(driver.acknowledged(waiting).baseOffset()).isZero();
  }

  @Test
  void S02_followersCountByWhatTheySyncedUnderCommit() {
    CoreDriver driver =
        new CoreDriver(new PartitionSettings(FlushMode.COMMIT, true), new LogPositions(0, 0, 0))
            .leading(of(1, 0, Set.of(1, 2), 1));
    driver.produce(THREE, Acks.LEADER);
    driver.flushed();

    driver.acknowledge(2, 3, 1);

    assertThat(driver.core.highWatermark()).isEqualTo(1);
  }

  @Test
  void S02_changeToCommitTakesEffectAfterAFullFlush() {
    CoreDriver driver = CoreDriver.os().leading(alone(1));
    driver.produce(THREE, Acks.ALL);

    driver.on(new PartitionEvent.SettingsChanged(new PartitionSettings(FlushMode.COMMIT, true)));
    assertThat(driver.flushRequests).isEqualTo(1);
    var before = driver.produce(THREE, Acks.ALL);
    assertThat(driver.answered(before)).as("still acknowledged by appending").isTrue();
    driver.on(new PartitionEvent.Flushed(3));
    var after = driver.produce(THREE, Acks.ALL);

    assertThat(driver.answered(after)).isFalse();
    assertThat(driver.core.highWatermark()).as("never back").isEqualTo(6);
    driver.flushed();
    assertThat(driver.answered(after)).isTrue();
  }

  @Test
  void S02_changeToOsReleasesWhatWaitsForAFlush() {
    CoreDriver driver = CoreDriver.commit().leading(alone(1));
    var waiting = driver.produce(THREE, Acks.LEADER);

    driver.on(new PartitionEvent.SettingsChanged(new PartitionSettings(FlushMode.OS, true)));

    assertThat(driver.acknowledged(waiting).lastOffset()).isEqualTo(2);
  }

  @Test
  void S03_highWatermarkStandsStillWhileTheIsrIsTooSmall() {
    CoreDriver driver = CoreDriver.os().leading(of(1, 0, Set.of(1), 2));

    var one = driver.produce(THREE, Acks.LEADER);

    assertThat(driver.answered(one)).isTrue();
    assertThat(driver.core.highWatermark()).isZero();
  }

  @Test
  void S03_aStateWithAnOldPartitionEpochIsIgnored() {
    CoreDriver driver = CoreDriver.os().leading(of(1, 5, Set.of(1), 2));

    driver.on(new PartitionEvent.StateCommitted(of(1, 5, Set.of(1, 2, 3), 2)));

    assertThat(driver.errorOf(driver.produce(THREE, Acks.ALL)))
        .isEqualTo(ErrorCode.NOT_ENOUGH_REPLICAS);
  }

  @Test
  void S06_acksAllIsRefusedBeforeTheAppendWhenTheIsrIsTooSmall() {
    CoreDriver driver = CoreDriver.os().leading(of(1, 0, Set.of(1), 2));

    var refused = driver.produce(THREE, Acks.ALL);

    assertThat(driver.errorOf(refused)).isEqualTo(ErrorCode.NOT_ENOUGH_REPLICAS);
    assertThat(driver.logEndOffset).isZero();
  }

  @Test
  void S06_anIsrThatShrinksAfterTheAppendIsToldAndTheDataStays() {
    CoreDriver driver = CoreDriver.os().leading(of(1, 0, Set.of(1, 2), 2));
    var waiting = driver.produce(THREE, Acks.ALL);

    driver.on(new PartitionEvent.StateCommitted(of(1, 1, Set.of(1), 2)));

    assertThat(driver.errorOf(waiting)).isEqualTo(ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
    assertThat(driver.failed(waiting).baseOffset()).isZero();
    assertThat(driver.logEndOffset).isEqualTo(3);
  }

  @Test
  void S07_acksAllAnswersWhenTheHighWatermarkHasPassedTheBatch() {
    CoreDriver driver = CoreDriver.os().leading(of(1, 0, Set.of(1, 2), 2));
    var waiting = driver.produce(THREE, Acks.ALL);
    driver.acknowledge(2, 2, 2);
    assertThat(driver.answered(waiting)).isFalse();

    driver.acknowledge(2, 3, 2);

    assertThat(driver.acknowledged(waiting))
        .isEqualTo(new ProduceOutcome.Acknowledged(0, 2, -1, 0, false));
  }

  @Test
  void S07_aWaitingBatchTimesOutWithItsOffsets() {
    CoreDriver driver = CoreDriver.commit().leading(alone(1));
    var waiting = driver.produce(THREE, Acks.ALL);
    assertThat(driver.timers).containsExactly(1_500L);

    driver.advanceTo(1_499);
    assertThat(driver.answered(waiting)).isFalse();
    driver.advanceTo(1_500);

    assertThat(driver.errorOf(waiting)).isEqualTo(ErrorCode.REQUEST_TIMED_OUT);
    assertThat(driver.failed(waiting).lastOffset()).isEqualTo(2);
    driver.flushed();
    assertThat(driver.core.highWatermark()).as("committed all the same").isEqualTo(3);
  }

  @Test
  void S07_theTimerGoesOnToTheNextDeadline() {
    CoreDriver driver = CoreDriver.commit().leading(alone(1));
    driver.produce(THREE, Acks.ALL);
    driver.nowMs += 100;
    driver.produce(THREE, Acks.LEADER);

    driver.advanceTo(1_500);
    assertThat(driver.timers).containsExactly(1_600L);
    driver.advanceTo(1_600);

    assertThat(driver.answers).hasSize(2);
    assertThat(driver.timers).isEmpty();
  }

  @Test
  void S07_leadershipLostWhileWaitingIsNotLeader() {
    CoreDriver driver = CoreDriver.commit().leading(alone(1));
    var all = driver.produce(THREE, Acks.ALL);
    var one = driver.produce(THREE, Acks.LEADER);

    driver.on(new PartitionEvent.Resign(GONE));

    assertThat(driver.errorOf(all)).isEqualTo(ErrorCode.NOT_LEADER);
    assertThat(driver.errorOf(one)).isEqualTo(ErrorCode.NOT_LEADER);
    assertThat(driver.errorOf(driver.produce(THREE, Acks.LEADER))).isEqualTo(ErrorCode.NOT_LEADER);
  }

  @Test
  void S08_acksOneAnswersAfterTheAppendUnderOs() {
    CoreDriver driver = CoreDriver.os().leading(of(1, 0, Set.of(1, 2), 2));

    assertThat(driver.answered(driver.produce(THREE, Acks.LEADER))).isTrue();
  }

  @Test
  void S08_acksOneAnswersWhenDurableOnTheLeaderUnderCommit() {
    CoreDriver driver =
        new CoreDriver(new PartitionSettings(FlushMode.COMMIT, true), new LogPositions(0, 0, 0))
            .leading(of(1, 0, Set.of(1, 2), 2));
    var waiting = driver.produce(THREE, Acks.LEADER);
    assertThat(driver.answered(waiting)).isFalse();

    driver.flushed();

    assertThat(driver.answered(waiting)).isTrue();
    assertThat(driver.core.highWatermark()).isZero();
  }

  @Test
  void S08_acksNoneIsDoneWithTheAppendAndAFailureIsTold() {
    CoreDriver driver = CoreDriver.commit().leading(alone(1));

    assertThat(driver.acknowledged(driver.produce(THREE, Acks.NONE)).baseOffset()).isZero();
    driver.on(new PartitionEvent.Resign(GONE));
    assertThat(driver.errorOf(driver.produce(THREE, Acks.NONE))).isEqualTo(ErrorCode.NOT_LEADER);
  }

  @Test
  void S11_anOlderEpochIsFencedAndANewerOneUnknown() {
    CoreDriver driver = CoreDriver.os().leading(alone(7));

    var older = driver.produce(THREE, Acks.ALL, 6, PartitionEvent.NO_PIPELINE);
    var newer = driver.produce(THREE, Acks.ALL, 8, PartitionEvent.NO_PIPELINE);

    assertThat(driver.errorOf(older)).isEqualTo(ErrorCode.FENCED_LEADER_EPOCH);
    assertThat(driver.errorOf(newer)).isEqualTo(ErrorCode.UNKNOWN_LEADER_EPOCH);
    assertThat(driver.failed(older).error().details())
        .containsEntry("current_leader_epoch", "7")
        .containsEntry("leader_epoch", "6");
    assertThat(driver.logEndOffset).isZero();
  }

  @Test
  void S17_theEpochStartIsWhereTheLogEndedAtTheElection() {
    CoreDriver driver =
        new CoreDriver(new PartitionSettings(FlushMode.COMMIT, true), new LogPositions(2, 10, 4))
            .leading(alone(3));

    assertThat(driver.core.epochStartOffset()).isEqualTo(10);
    assertThat(driver.core.highWatermark()).isEqualTo(4);
    assertThat(driver.flushRequests).isEqualTo(1);
    driver.flushed();
    assertThat(driver.core.highWatermark()).isEqualTo(10);
  }

  @Test
  void S28_anExactRepeatGetsItsFirstOffsetsOnlyWhenThisRequestsAcksAreMet() {
    CoreDriver driver = CoreDriver.os().leading(of(1, 0, Set.of(1, 2), 2));
    var first = driver.produce(sequenced(9, 0, 0, 3), Acks.LEADER);
    assertThat(driver.answered(first)).isTrue();

    var repeatForAll = driver.produce(sequenced(9, 0, 0, 3), Acks.ALL);
    var repeatForOne = driver.produce(sequenced(9, 0, 0, 3), Acks.LEADER);
    assertThat(driver.answered(repeatForAll)).as("not committed yet").isFalse();
    assertThat(driver.acknowledged(repeatForOne).duplicate()).isTrue();
    driver.acknowledge(2, 3, 0);

    assertThat(driver.acknowledged(repeatForAll))
        .isEqualTo(new ProduceOutcome.Acknowledged(0, 2, -1, 0, true));
    assertThat(driver.logEndOffset).isEqualTo(3);
  }

  @Test
  void S28_aRepeatUnderCommitWaitsForTheFlushToo() {
    CoreDriver driver = CoreDriver.commit().leading(alone(1));
    var first = driver.produce(sequenced(9, 0, 0, 3), Acks.LEADER);
    var repeat = driver.produce(sequenced(9, 0, 0, 3), Acks.LEADER);
    assertThat(driver.answered(repeat)).isFalse();

    driver.flushed();

    assertThat(driver.acknowledged(first).duplicate()).isFalse();
    assertThat(driver.acknowledged(repeat).duplicate()).isTrue();
  }

  @Test
  void S28_aGapIsRefusedAndNothingIsAppended() {
    CoreDriver driver = CoreDriver.os().leading(alone(1));
    driver.produce(sequenced(9, 0, 0, 3), Acks.LEADER);

    var gap = driver.produce(sequenced(9, 0, 4, 1), Acks.LEADER);

    assertThat(driver.errorOf(gap)).isEqualTo(ErrorCode.OUT_OF_ORDER_SEQUENCE);
    assertThat(driver.logEndOffset).isEqualTo(3);
  }

  @Test
  void S28b_framesAfterAFailedOneFailUntilThePipelineIsResumed() {
    CoreDriver driver = CoreDriver.os().leading(alone(1));
    driver.produce(sequenced(9, 0, 0, 1), Acks.ALL, -1, 77);

    assertThat(driver.errorOf(driver.produce(sequenced(9, 0, 2, 1), Acks.ALL, -1, 77)))
        .isEqualTo(ErrorCode.OUT_OF_ORDER_SEQUENCE);
    assertThat(driver.errorOf(driver.produce(sequenced(9, 0, 1, 1), Acks.ALL, -1, 77)))
        .isEqualTo(ErrorCode.PREVIOUS_FRAME_FAILED);
    assertThat(driver.answered(driver.produce(BatchFacts.plain(1), Acks.ALL, -1, 78)))
        .as("another pipeline goes on")
        .isTrue();
    driver.on(new PartitionEvent.ResumePipeline(77, 1));
    assertThat(driver.errorOf(driver.produce(sequenced(9, 0, 2, 1), Acks.ALL, -1, 77)))
        .isEqualTo(ErrorCode.PREVIOUS_FRAME_FAILED);
    driver.on(new PartitionEvent.ResumePipeline(77, 1));

    assertThat(
            driver
                .acknowledged(driver.produce(sequenced(9, 0, 1, 1), Acks.ALL, -1, 77))
                .baseOffset())
        .isEqualTo(2);
    assertThat(driver.acknowledged(driver.produce(sequenced(9, 0, 2, 1), Acks.ALL, -1, 77)))
        .isNotNull();
  }

  @Test
  void S28b_aFrameThatTimedOutStopsItsPipelineToo() {
    CoreDriver driver = CoreDriver.commit().leading(alone(1));
    driver.produce(BatchFacts.plain(1), Acks.ALL, -1, 77);
    driver.advanceTo(2_000);

    assertThat(driver.errorOf(driver.produce(BatchFacts.plain(1), Acks.ALL, -1, 77)))
        .isEqualTo(ErrorCode.PREVIOUS_FRAME_FAILED);
  }

  @Test
  void S28b_aFrameFoundBadBeforeTheShardStopsItsPipelineInItsPlace() {
    CoreDriver driver = CoreDriver.os().leading(alone(1));
    MillraceError corrupt = new MillraceError(ErrorCode.CORRUPT_BATCH, "crc");
    var before = driver.produce(BatchFacts.plain(1), Acks.ALL, -1, 77);
    var bad = driver.refuseFrame(77, corrupt);
    var after = driver.produce(BatchFacts.plain(1), Acks.ALL, -1, 77);
    var badToo = driver.refuseFrame(77, corrupt);

    assertThat(driver.answered(before)).isTrue();
    assertThat(driver.failed(bad).error()).isEqualTo(corrupt);
    assertThat(driver.errorOf(after)).isEqualTo(ErrorCode.PREVIOUS_FRAME_FAILED);
    assertThat(driver.errorOf(badToo)).isEqualTo(ErrorCode.PREVIOUS_FRAME_FAILED);
    driver.on(new PartitionEvent.ClosePipeline(77));
    assertThat(driver.acknowledged(driver.produce(BatchFacts.plain(1), Acks.ALL, -1, 77)))
        .isNotNull();
  }

  @Test
  void S28b_aFrameThatTimesOutAfterItsPipelineWasClosedStopsNothing() {
    CoreDriver driver = CoreDriver.commit().leading(alone(1));
    var parked = driver.produce(BatchFacts.plain(1), Acks.ALL, -1, 77);
    driver.on(new PartitionEvent.ClosePipeline(77));
    driver.advanceTo(2_000);
    assertThat(driver.errorOf(parked)).isEqualTo(ErrorCode.REQUEST_TIMED_OUT);

    var later = driver.produce(BatchFacts.plain(1), Acks.ALL, -1, 77);
    driver.flushed();

    assertThat(driver.acknowledged(later)).isNotNull();
  }

  @Test
  void S28b_aClosedPipelineIsNotStoppedByWhatWaitsForTheLeaderOrIsBeingAppended() {
    CoreDriver driver = CoreDriver.commit().leading(alone(1));
    var forLeader = driver.produce(BatchFacts.plain(1), Acks.LEADER, -1, 77);
    driver.holdAppends = true;
    var appending = driver.produce(BatchFacts.plain(1), Acks.ALL, -1, 78);
    driver.on(new PartitionEvent.ClosePipeline(77));
    driver.on(new PartitionEvent.ClosePipeline(78));
    driver.on(new PartitionEvent.Appended(2));
    driver.holdAppends = false;
    driver.advanceTo(2_000);
    assertThat(driver.errorOf(forLeader)).isEqualTo(ErrorCode.REQUEST_TIMED_OUT);
    assertThat(driver.errorOf(appending)).isEqualTo(ErrorCode.REQUEST_TIMED_OUT);

    var later = driver.produce(BatchFacts.plain(1), Acks.NONE, -1, 77);
    var laterToo = driver.produce(BatchFacts.plain(1), Acks.NONE, -1, 78);

    assertThat(driver.acknowledged(later)).isNotNull();
    assertThat(driver.acknowledged(laterToo)).isNotNull();
  }

  @Test
  void S33_deleteRecordsMovesTheLogStart() {
    CoreDriver driver = CoreDriver.os().leading(alone(1));
    driver.produce(BatchFacts.plain(10), Acks.ALL);

    var some = driver.deleteRecords(4);
    var again = driver.deleteRecords(2);
    var all = driver.deleteRecords(-1);

    assertThat(driver.deletes)
        .containsEntry(some, new DeleteRecordsOutcome.Deleted(4))
        .containsEntry(again, new DeleteRecordsOutcome.Deleted(4))
        .containsEntry(all, new DeleteRecordsOutcome.Deleted(10));
    assertThat(driver.core.logStartOffset()).isEqualTo(10);
  }

  @Test
  void S33_deleteRecordsAboveTheHighWatermarkIsOutOfRange() {
    CoreDriver driver = CoreDriver.commit().leading(alone(1));
    driver.produce(BatchFacts.plain(10), Acks.ALL);
    driver.on(new PartitionEvent.Flushed(6));

    var refused = (DeleteRecordsOutcome.Refused) deleteOutcome(driver, 7);

    assertThat(refused.error().code()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
    assertThat(refused.error().details()).containsEntry("high_watermark", "6");
    assertThat(driver.core.logStartOffset()).isZero();
  }

  @Test
  void S33_deleteRecordsBelowZeroIsOutOfRange() {
    CoreDriver driver = CoreDriver.os().leading(alone(1));

    assertThat(refusalOf(driver, driver.deleteRecords(-2)))
        .isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
  }

  @Test
  void S33_onlyTheLeaderOfTheEpochDeletesRecords() {
    CoreDriver driver = CoreDriver.os();
    assertThat(refusalOf(driver, driver.deleteRecords(0))).isEqualTo(ErrorCode.NOT_LEADER);
    driver.leading(alone(3));
    driver.produce(BatchFacts.plain(10), Acks.ALL);

    for (int epoch : new int[] {2, 4}) {
      var token = new CoreDriver.Token(1_000 + epoch);
      driver.on(new PartitionEvent.DeleteRecords(token, 5, epoch, 2_000));
      assertThat(refusalOf(driver, token))
          .isEqualTo(epoch < 3 ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH);
    }
    assertThat(driver.core.logStartOffset()).isZero();
  }

  @Test
  void S33_aDeletionUnderWayIsRefusedWhenTheLeadershipGoes() {
    CoreDriver driver = CoreDriver.os().leading(alone(1));
    driver.produce(BatchFacts.plain(10), Acks.ALL);
    var token = new CoreDriver.Token(1_000);
    List<Effect> effects = new ArrayList<>();
    driver.core.on(
        new PartitionEvent.DeleteRecords(token, 5, PartitionEvent.ANY_EPOCH, 1_500),
        1_000,
        effects);
    assertThat(effects).containsExactly(new Effect.MoveLogStart(5), new Effect.SetTimer(1_500));

    driver.on(new PartitionEvent.Resign(new MillraceError(ErrorCode.NOT_LEADER, "it moved away")));

    assertThat(refusalOf(driver, token)).isEqualTo(ErrorCode.NOT_LEADER);
  }

  private static ErrorCode refusalOf(CoreDriver driver, RequestToken token) {
    return ((DeleteRecordsOutcome.Refused) driver.deletes.get(token)).error().code();
  }

  @Test
  void S33_deleteRecordsOnACompactOnlyTopicIsAgainstThePolicy() {
    CoreDriver driver =
        new CoreDriver(new PartitionSettings(FlushMode.OS, false), new LogPositions(0, 0, 0))
            .leading(alone(1));

    var refused = (DeleteRecordsOutcome.Refused) deleteOutcome(driver, 0);

    assertThat(refused.error().code()).isEqualTo(ErrorCode.POLICY_VIOLATION);
  }

  @Test
  void S34_aFailedLogDirAnswersEverythingAndStaysOffline() {
    CoreDriver driver = CoreDriver.commit().leading(alone(1));
    var waiting = driver.produce(THREE, Acks.ALL);
    driver.holdAppends = true;
    var appending = driver.produce(THREE, Acks.NONE);

    driver.on(
        new PartitionEvent.LogDirOffline(new MillraceError(ErrorCode.LOG_DIR_OFFLINE, "disk")));
    driver.on(new PartitionEvent.BecomeLeader(alone(2)));
    var later = driver.produce(THREE, Acks.LEADER);

    assertThat(driver.errorOf(waiting)).isEqualTo(ErrorCode.LOG_DIR_OFFLINE);
    assertThat(driver.errorOf(appending)).isEqualTo(ErrorCode.LOG_DIR_OFFLINE);
    assertThat(driver.errorOf(later)).isEqualTo(ErrorCode.LOG_DIR_OFFLINE);
    assertThat(driver.core.role()).isEqualTo(Role.OFFLINE);
  }

  @Test
  void aRequestWhoseDeadlinePassedInTheQueueIsNotAppended() {
    CoreDriver driver = CoreDriver.os().leading(alone(1));

    var late = driver.produce(THREE, Acks.ALL, -1, PartitionEvent.NO_PIPELINE, driver.nowMs);

    assertThat(driver.errorOf(late)).isEqualTo(ErrorCode.REQUEST_TIMED_OUT);
    assertThat(driver.failed(late).baseOffset()).isEqualTo(-1);
    assertThat(driver.logEndOffset).isZero();
  }

  @Test
  void severalAppendsMayBeWrittenTogether() {
    CoreDriver driver = CoreDriver.os().leading(alone(1));
    driver.holdAppends = true;
    var first = driver.produce(sequenced(9, 0, 0, 3), Acks.ALL);
    var second = driver.produce(sequenced(9, 0, 3, 2), Acks.LEADER);
    assertThat(driver.answers).isEmpty();

    driver.on(new PartitionEvent.Appended(5));

    assertThat(driver.acknowledged(first).baseOffset()).isZero();
    assertThat(driver.acknowledged(second).baseOffset()).isEqualTo(3);
  }

  @Test
  void waitingRequestsOutliveANewEpochOfTheSameLeader() {
    CoreDriver driver = CoreDriver.commit().leading(alone(1));
    var waiting = driver.produce(THREE, Acks.ALL);

    driver.on(new PartitionEvent.BecomeLeader(alone(2)));
    driver.flushed();

    assertThat(driver.acknowledged(waiting).baseOffset()).isZero();
  }

  @Test
  void aTimerThatIsSetIsNotSetAgain() {
    CoreDriver driver = CoreDriver.commit().leading(alone(1));
    driver.produce(THREE, Acks.ALL, -1, PartitionEvent.NO_PIPELINE, 1_500);
    driver.produce(THREE, Acks.ALL, -1, PartitionEvent.NO_PIPELINE, 1_700);

    driver.advanceTo(1_100);
    driver.advanceTo(1_200);
    assertThat(driver.history).filteredOn(Effect.SetTimer.class::isInstance).hasSize(1);
    driver.advanceTo(1_500);
    driver.advanceTo(1_500);

    assertThat(driver.history)
        .filteredOn(Effect.SetTimer.class::isInstance)
        .containsExactly(new Effect.SetTimer(1_500), new Effect.SetTimer(1_700));
  }

  @Test
  void anOldLeaderEpochChangesNothing() {
    CoreDriver driver = CoreDriver.os().leading(alone(5));

    driver.on(new PartitionEvent.BecomeLeader(alone(4)));

    assertThat(driver.core.leaderEpoch()).isEqualTo(5);
  }

  @Test
  void brokenInvariantsReachTheFaultHandler() {
    CoreDriver driver = CoreDriver.os().leading(alone(1));

    assertThatThrownBy(() -> driver.on(new PartitionEvent.Flushed(1)))
        .isInstanceOf(CoreDriver.Fault.class)
        .hasMessageContaining("expected: <= 0");
    assertThatThrownBy(() -> driver.on(new PartitionEvent.LogStartMoved(3)))
        .isInstanceOf(CoreDriver.Fault.class);
  }

  private static DeleteRecordsOutcome deleteOutcome(CoreDriver driver, long before) {
    var token = driver.deleteRecords(before);
    return java.util.Objects.requireNonNull(driver.deletes.get(token));
  }
}
