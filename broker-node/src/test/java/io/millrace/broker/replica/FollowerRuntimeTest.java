package io.millrace.broker.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.LogConfig;
import io.millrace.broker.replica.core.FollowerRef;
import io.millrace.broker.replica.core.FollowingEffect;
import io.millrace.broker.replica.core.FollowingEvent;
import io.millrace.broker.replica.core.LeaderState;
import io.millrace.broker.replica.core.LeadingEffect;
import io.millrace.broker.replica.core.LeadingEvent;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.broker.replica.core.ProduceOutcome;
import io.millrace.broker.replica.core.Role;
import io.millrace.broker.replica.core.SubscribeAnswer;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.FlushMode;
import io.millrace.common.MillraceError;
import io.millrace.common.TimestampType;
import io.millrace.common.file.FaultPlan.Operation;
import io.millrace.common.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A partition's runtime as a follower, and as a leader that is followed. */
class FollowerRuntimeTest {
  private record Ref(int number) implements FollowerRef {}

  private int released;

  private FollowingEvent.ReplicatedBatches frame(
      RuntimeHarness harness, long prevEndOffset, long highWatermark, ByteBuffer records) {
    return new FollowingEvent.ReplicatedBatches(
        harness.asked().attempt(),
        prevEndOffset,
        highWatermark,
        0,
        ReplicatedRecords.of(records, () -> released++));
  }

  private static ByteBuffer copy(ByteBuffer bytes) {
    return ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
  }

  /** A follower that has these batches, each of one record, of the epochs. */
  private RuntimeHarness holding(FlushMode mode, int... epochs) {
    RuntimeHarness harness = RuntimeHarness.following(mode, epochs[epochs.length - 1]).accepted();
    for (int i = 0; i < epochs.length; i++) {
      harness.handle(frame(harness, i, 0, Batches.replicated(i, epochs[i], Batches.of("v" + i))));
      harness.runTasks();
    }
    harness.told.removeIf(each -> each instanceof FollowingEffect.Acknowledge);
    released = 0;
    return harness;
  }

  @Test
  void S25_theLeadersBatchesAreAppendedAsTheyAre() {
    RuntimeHarness harness = RuntimeHarness.following(FlushMode.OS, 5).accepted();
    ByteBuffer sent = Batches.replicated(0, 5, Batches.of("a", "b"), Batches.sequenced(7, 0, "c"));
    ByteBuffer expected = copy(sent);

    harness.handle(frame(harness, 0, 2, sent));
    harness.runTasks();

    PartitionView view = harness.runtime.view();
    assertThat(view.role()).isEqualTo(Role.FOLLOWER);
    assertThat(view.logEndOffset()).isEqualTo(3);
    assertThat(view.highWatermark()).isEqualTo(2);
    assertThat(view.log().read(0, 10_000, 3, true).records()).isEqualTo(expected);
    assertThat(released).isEqualTo(1);
    assertThat(harness.last(FollowingEffect.Acknowledge.class).appended()).isEqualTo(3);
  }

  @Test
  void theLeaderEpochIsOnDiskBeforeItsFirstBatch() {
    RuntimeHarness harness = RuntimeHarness.following(FlushMode.OS, 5).accepted();

    harness.handle(frame(harness, 0, 0, Batches.replicated(0, 5, Batches.of("a"))));
    assertThat(harness.log.logEndOffset()).isZero();
    assertThat(released).isZero();
    harness.runTask();

    assertThat(harness.log.logEndOffset()).isEqualTo(1);
    assertThat(harness.log.leaderEpochs().latestEpoch()).hasValue(5);
  }

  @Test
  void aFrameOfSeveralEpochsIsAppendedEpochByEpochAndReleasedOnce() {
    RuntimeHarness harness = RuntimeHarness.following(FlushMode.OS, 9).accepted();
    ByteBuffer sent =
        Batches.join(
            Batches.replicated(0, 2, Batches.of("a")),
            Batches.replicated(1, 4, Batches.of("b"), Batches.of("c")),
            Batches.replicated(3, 9, Batches.of("d")));

    harness.handle(frame(harness, 0, 4, sent));
    harness.handle(frame(harness, 4, 4, Batches.replicated(4, 9, Batches.of("e"))));
    harness.runTask();
    assertThat(harness.log.logEndOffset()).isEqualTo(1);
    assertThat(released).isZero();
    harness.runTasks();

    assertThat(harness.log.logEndOffset()).isEqualTo(5);
    assertThat(harness.log.leaderEpochs().entries()).hasSize(3);
    assertThat(harness.runtime.view().highWatermark()).isEqualTo(4);
    assertThat(released).isEqualTo(2);
  }

  @Test
  void severalFramesOfARunAreAcknowledgedOnce() {
    RuntimeHarness harness = holding(FlushMode.OS, 5);

    harness.runtime.handle(frame(harness, 1, 0, Batches.replicated(1, 5, Batches.of("a"))));
    harness.runtime.handle(frame(harness, 2, 0, Batches.replicated(2, 5, Batches.of("b"))));
    harness.finish();

    assertThat(harness.all(FollowingEffect.Acknowledge.class))
        .singleElement()
        .satisfies(position -> assertThat(position.appended()).isEqualTo(3));
  }

  @Test
  void S02_underCommitAFollowerSyncsAndAcknowledgesAgain() {
    RuntimeHarness harness = holding(FlushMode.COMMIT, 5);

    harness.handle(frame(harness, 1, 0, Batches.replicated(1, 5, Batches.of("a"))));
    assertThat(harness.last(FollowingEffect.Acknowledge.class).durable()).isEqualTo(1);
    harness.runTasks();

    FollowingEffect.Acknowledge last = harness.last(FollowingEffect.Acknowledge.class);
    assertThat(last.appended()).isEqualTo(2);
    assertThat(last.durable()).isEqualTo(2);
  }

  @Test
  void S25_aFlippedByteIsNotAppendedAndTheLeaderIsAskedAgainLater() {
    RuntimeHarness harness = holding(FlushMode.OS, 5);
    ByteBuffer sent = Batches.replicated(1, 5, Batches.of("good"), Batches.of("bad"));
    sent.put(sent.limit() - 2, (byte) (sent.get(sent.limit() - 2) ^ 4));
    long attempt = harness.asked().attempt();

    harness.handle(frame(harness, 1, 0, sent));

    assertThat(harness.log.logEndOffset()).isEqualTo(1);
    assertThat(harness.refused)
        .singleElement()
        .satisfies(why -> assertThat(why.code()).isEqualTo(ErrorCode.CORRUPT_BATCH));
    assertThat(harness.told).contains(new FollowingEffect.Unsubscribe(attempt));
    assertThat(released).isEqualTo(1);
    assertThat(harness.asked().attempt()).isEqualTo(attempt);
    harness.pass(1_000);
    assertThat(harness.asked().attempt()).isGreaterThan(attempt);
  }

  @Test
  void S25_offsetsAndEpochsThatDoNotFollowAreRefused() {
    List<ByteBuffer> bad = new ArrayList<>();
    bad.add(Batches.replicated(3, 5, Batches.of("a gap")));
    bad.add(Batches.replicated(1, 5, Batches.of("a repeat")));
    bad.add(Batches.replicated(2, 3, Batches.of("an older epoch")));
    bad.add(Batches.replicated(2, 6, Batches.of("newer than the leader's")));

    for (ByteBuffer each : bad) {
      RuntimeHarness harness = holding(FlushMode.OS, 4, 5);
      harness.handle(frame(harness, 2, 0, each));
      harness.runTasks();
      assertThat(harness.log.logEndOffset()).isEqualTo(2);
      assertThat(harness.refused).hasSize(1);
    }
  }

  @Test
  void S25_whatIsGoodBeforeABadBatchOfAFrameIsKept() {
    RuntimeHarness harness = holding(FlushMode.OS, 5);
    ByteBuffer sent =
        Batches.join(
            Batches.replicated(1, 5, Batches.of("good")),
            Batches.replicated(7, 5, Batches.of("a gap")));

    harness.handle(frame(harness, 1, 2, sent));

    assertThat(harness.log.logEndOffset()).isEqualTo(2);
    assertThat(harness.runtime.view().highWatermark()).isEqualTo(2);
    assertThat(harness.refused).hasSize(1);
    assertThat(released).isEqualTo(1);
  }

  @Test
  void aFrameThatIsNotAwaitedIsReleasedAndTheLeaderAskedAnew() {
    RuntimeHarness harness = holding(FlushMode.OS, 5);
    long attempt = harness.asked().attempt();

    harness.handle(frame(harness, 2, 0, Batches.replicated(2, 5, Batches.of("a"))));

    assertThat(harness.asked().attempt()).isEqualTo(attempt + 1);
    assertThat(harness.asked().position()).isEqualTo(1);
    assertThat(harness.asked().lastEpoch()).isEqualTo(5);
    assertThat(released).isEqualTo(1);
  }

  @Test
  void framesThatWaitForAnEpochAreReleasedWhenTheLeaderChanges() {
    RuntimeHarness harness = RuntimeHarness.following(FlushMode.OS, 5).accepted();
    harness.handle(frame(harness, 0, 0, Batches.replicated(0, 5, Batches.of("a"))));

    harness.follow(6);
    assertThat(released).isEqualTo(1);
    harness.accepted();
    harness.handle(frame(harness, 0, 0, Batches.replicated(0, 4, Batches.of("b"))));
    harness.runTasks();

    assertThat(harness.log.logEndOffset()).isEqualTo(1);
    assertThat(harness.log.leaderEpochs().latestEpoch()).hasValue(4);
  }

  @Test
  void S12_aCutWaitsUntilNothingNotedLiesAboveIt() {
    RuntimeHarness harness = holding(FlushMode.COMMIT, 1, 1, 3);
    harness.nothingNoted = false;
    long attempt = harness.asked().attempt();

    harness.handle(new FollowingEvent.Diverged(attempt, 1, 1));
    harness.handle(new PartitionEvent.Tick());
    harness.follow(8);
    assertThat(harness.lowerings).containsExactly(1L);
    assertThat(harness.log.logEndOffset()).isEqualTo(3);
    assertThat(harness.asked().attempt()).isEqualTo(attempt);
    harness.runtime.lowered();
    harness.finish();

    assertThat(harness.log.logEndOffset()).isEqualTo(1);
    assertThat(harness.runtime.recoveryPoint()).isEqualTo(1);
    assertThat(harness.asked().leaderEpoch()).isEqualTo(8);
    assertThat(harness.asked().position()).isEqualTo(1);
  }

  @Test
  void S12_aFlushThatEndsWhileACutIsWaitedForSaysNothingOfWhatIsCut() {
    RuntimeHarness harness = holding(FlushMode.COMMIT, 1, 1);
    harness.handle(frame(harness, 2, 0, Batches.replicated(2, 1, Batches.of("a"))));
    harness.nothingNoted = false;

    harness.handle(new FollowingEvent.Diverged(harness.asked().attempt(), 1, 1));
    harness.runTasks();
    harness.runtime.lowered();
    harness.finish();
    harness.accepted();

    assertThat(harness.last(FollowingEffect.Acknowledge.class).durable()).isEqualTo(1);
    assertThat(harness.runtime.view().logEndOffset()).isEqualTo(1);
  }

  @Test
  void aPartitionCanBeClosedWhileACutIsWaitedFor() {
    RuntimeHarness harness = holding(FlushMode.OS, 1, 1);
    harness.nothingNoted = false;
    harness.handle(new FollowingEvent.Diverged(harness.asked().attempt(), 1, 1));
    harness.handle(frame(harness, 2, 0, Batches.replicated(2, 1, Batches.of("a"))));

    harness.runtime.close(new MillraceError(ErrorCode.NOT_LEADER, "stop"));
    harness.runtime.lowered();
    harness.finish();

    assertThat(harness.runtime.view().role()).isEqualTo(Role.CLOSED);
    assertThat(released).isEqualTo(1);
  }

  @Test
  void S28_aFollowerThatLeadsKnowsTheProducersOfWhatIsLeftAfterACut() {
    RuntimeHarness harness = RuntimeHarness.following(FlushMode.OS, 1).accepted();
    harness.handle(
        frame(
            harness,
            0,
            0,
            Batches.replicated(
                0, 1, Batches.sequenced(7, 0, "a"), Batches.sequenced(7, 1, "cut"))));
    harness.runTasks();
    harness.handle(new FollowingEvent.Diverged(harness.asked().attempt(), 1, 1));

    harness.becomeLeader(2);
    ProduceCommand repeat = harness.produce(7, 0, "a");
    ProduceCommand next = harness.produce(7, 1, "b");
    harness.finish();
    harness.runTasks();

    assertThat(harness.answers.get(repeat))
        .isEqualTo(new ProduceOutcome.Acknowledged(0, 0, -1, 0, true));
    assertThat(harness.answers.get(next))
        .isEqualTo(new ProduceOutcome.Acknowledged(1, 1, -1, 0, false));
  }

  @Test
  void S12_afterAFullTruncationAFollowerTakesABatchThatItsStartLiesIn() {
    RuntimeHarness harness = holding(FlushMode.OS, 1, 1);

    harness.handle(new FollowingEvent.StartAt(harness.asked().attempt(), 50));
    assertThat(harness.asked().position()).isEqualTo(50);
    assertThat(harness.asked().lastEpoch()).isEqualTo(-1);
    assertThat(harness.runtime.view().highWatermark()).isEqualTo(50);
    harness.accepted();
    harness.handle(
        frame(harness, 50, 52, Batches.replicated(48, 1, Batches.of("a", "b", "c", "d"))));
    harness.runTasks();

    PartitionView view = harness.runtime.view();
    assertThat(harness.refused).isEmpty();
    assertThat(view.logStartOffset()).isEqualTo(50);
    assertThat(view.logEndOffset()).isEqualTo(52);
    assertThat(view.highWatermark()).isEqualTo(52);
    ByteBuffer read = view.log().read(50, 1_000, 52, true).records();
    assertThat(RecordBatch.at(read, read.position()).baseOffset()).isEqualTo(48);
  }

  @Test
  void S33_theLogStartFollowsTheLeaders() {
    RuntimeHarness harness = holding(FlushMode.OS, 1, 1);

    harness.handle(new FollowingEvent.WatermarksMoved(harness.asked().attempt(), 2, 1));
    harness.runTasks();

    assertThat(harness.runtime.view().logStartOffset()).isEqualTo(1);
  }

  @Test
  void anEpochThatBeganWithoutABatchDoesNotHinderTheNextLeader() {
    RuntimeHarness harness = holding(FlushMode.OS, 1);
    harness.becomeLeader(2);
    harness.produce(Batches.of("never appended"), Acks.LEADER);
    harness.finish();
    assertThat(harness.tasks).as("epoch 2 is being noted").hasSize(1);

    harness.follow(3);
    harness.accepted();
    harness.handle(frame(harness, 1, 2, Batches.replicated(1, 1, Batches.of("of epoch 1"))));
    harness.runTasks();

    assertThat(harness.refused).isEmpty();
    assertThat(harness.runtime.view().logEndOffset()).isEqualTo(2);
    assertThat(harness.log.leaderEpochs().latestEpoch()).hasValue(1);
    assertThat(harness.answers.values())
        .singleElement()
        .isInstanceOfSatisfying(
            ProduceOutcome.Failed.class,
            failed -> {
              assertThat(failed.error().code()).isEqualTo(ErrorCode.NOT_LEADER);
              assertThat(failed.error().details()).containsEntry("leader_id", "2");
            });
  }

  @Test
  void S34_aFailedWriteOfAFollowerEndsItsSubscriptionAndReleasesWhatCame() {
    RuntimeHarness harness = holding(FlushMode.OS, 5);
    harness.faults.on(Operation.WRITE).path("**.log").failFromThenOn("No space left on device");

    harness.handle(frame(harness, 1, 0, Batches.replicated(1, 5, Batches.of("a"))));

    assertThat(harness.runtime.view().role()).isEqualTo(Role.OFFLINE);
    assertThat(harness.diskFailures).hasSize(1);
    assertThat(released).isEqualTo(1);
    assertThat(harness.told).contains(new FollowingEffect.Unsubscribe(harness.asked().attempt()));
  }

  // ---- leading

  private static RuntimeHarness followed() {
    RuntimeHarness harness = new RuntimeHarness(LogConfig.DEFAULT, TimestampType.CREATE_TIME);
    harness.handle(
        new PartitionEvent.BecomeLeader(new LeaderState(0, 0, List.of(1, 2), Set.of(1, 2), 2)));
    return harness;
  }

  @Test
  void S02_aLeadersRecordsAreSeenByReplicasBeforeTheyAreCommitted() {
    RuntimeHarness harness = followed();
    List<Long> ends = new ArrayList<>();
    List<Long> highWatermarks = new ArrayList<>();
    Ref ref = new Ref(1);
    harness.handle(new LeadingEvent.FollowerSubscribes(ref, 2, 1, 0, 0, -1));
    harness.runtime.appendListeners().add(() -> ends.add(harness.runtime.view().logEndOffset()));
    harness
        .runtime
        .listeners()
        .add(() -> highWatermarks.add(harness.runtime.view().highWatermark()));
    assertThat(harness.told)
        .contains(new LeadingEffect.AnswerSubscribe(ref, new SubscribeAnswer.Accepted(0, 0)));

    ProduceCommand waiting = harness.produce(Batches.of("a"), Acks.ALL);
    harness.finish();
    harness.runTasks();
    assertThat(ends).containsExactly(1L);
    assertThat(highWatermarks).isEmpty();
    assertThat(harness.answers).doesNotContainKey(waiting);
    harness.handle(new LeadingEvent.FollowerAcknowledged(ref, 1, 0, 0));

    assertThat(highWatermarks).containsExactly(1L);
    assertThat(harness.answers).containsKey(waiting);
  }

  @Test
  void S11_whoSubscribesAtAnotherEpochIsToldSo() {
    RuntimeHarness harness = followed();

    harness.handle(new LeadingEvent.FollowerSubscribes(new Ref(1), 2, 1, 3, 0, -1));

    assertThat(harness.last(LeadingEffect.AnswerSubscribe.class).answer())
        .isInstanceOfSatisfying(
            SubscribeAnswer.Refused.class,
            refused ->
                assertThat(refused.error().code()).isEqualTo(ErrorCode.UNKNOWN_LEADER_EPOCH));
  }

  @Test
  void S12_theLeaderFindsTheDivergenceInItsLog() {
    RuntimeHarness harness = holding(FlushMode.OS, 1, 1, 4);
    harness.handle(
        new PartitionEvent.BecomeLeader(new LeaderState(5, 5, List.of(1, 2), Set.of(1), 1)));

    harness.handle(new LeadingEvent.FollowerSubscribes(new Ref(1), 2, 1, 5, 9, 3));

    assertThat(harness.last(LeadingEffect.AnswerSubscribe.class).answer())
        .isEqualTo(new SubscribeAnswer.Diverged(1, 2));
  }

  /**
   * S25: three batches, of which the second is flipped: in its records, or so that it can't even be
   * found among the others.
   */
  @ParameterizedTest
  @CsvSource({"65, 1", "16, 0"})
  void S25_whatIsCorruptIsCutOffBeforeAnotherLeaderIsFollowed(int position, long end) {
    RuntimeHarness harness = holding(FlushMode.OS, 1, 1, 1);
    harness.flip(batchBytes(harness) + position);
    harness.handle(new PartitionEvent.LogDamaged(1));
    assertThat(harness.log.logEndOffset()).as("not while it may be counted on").isEqualTo(3);
    harness.nothingNoted = false;

    harness.handle(new PartitionEvent.BecomeFollower(3, 2, 2, false, false));
    assertThat(harness.lowerings).as("not before the leader is known to live").isEmpty();
    assertThat(harness.asked().position()).as("nothing can be counted on yet").isZero();
    harness.accepted();
    assertThat(harness.lowerings).containsExactly(end);
    harness.runtime.lowered();
    harness.finish();

    assertThat(harness.runtime.view().logEndOffset()).isEqualTo(end);
    assertThat(harness.asked().leaderId()).isEqualTo(3);
    assertThat(harness.asked().position()).isEqualTo(end);
  }

  @Test
  void S25_aBatchThatIsGoodWhenItIsReadAgainIsNotCutOff() {
    RuntimeHarness harness = holding(FlushMode.OS, 1, 1, 1);

    assertThat(harness.runtime.foundCorrupt(1)).isFalse();
    assertThat(harness.runtime.foundCorrupt(3)).as("beyond the end").isFalse();
    harness.finish();
    harness.handle(new PartitionEvent.BecomeFollower(3, 2, 2, false, false));
    harness.accepted();
    assertThat(harness.asked().position()).isEqualTo(3);
    assertThat(harness.lowerings).isEmpty();

    harness.flip(batchBytes(harness) + 65);
    assertThat(harness.runtime.foundCorrupt(1)).isTrue();
    harness.finish();
    harness.handle(new PartitionEvent.BecomeFollower(2, 3, 3, false, false));
    harness.accepted();
    assertThat(harness.runtime.view().logEndOffset()).isEqualTo(1);
  }

  @Test
  void framesThatGoStaleWhileTheLogIsBeingCutAreReleasedAfterThat() {
    RuntimeHarness harness = RuntimeHarness.following(FlushMode.OS, 9).accepted();
    harness.handle(frame(harness, 0, 0, Batches.replicated(0, 5, Batches.of("a"))));
    harness.runTasks();
    harness.handle(frame(harness, 1, 0, Batches.replicated(1, 7, Batches.of("waits"))));
    assertThat(released).isEqualTo(1);
    harness.nothingNoted = false;

    // In one run.
    harness.runtime.handle(new PartitionEvent.BecomeFollower(3, 10, 10));
    harness.runtime.handle(new FollowingEvent.Diverged(harness.asked().attempt() + 1, 5, 0));
    harness.finish();
    assertThat(released).isEqualTo(1);
    harness.runtime.lowered();
    harness.finish();

    assertThat(harness.log.logEndOffset()).isZero();
    assertThat(released).isEqualTo(2);
  }

  private static int batchBytes(RuntimeHarness harness) {
    return harness.log.snapshot().read(0, 1, 1, true).records().remaining();
  }

  @Test
  void whatIsSaidToAnEarlierOpeningOfThePartitionIsNotListenedTo() {
    RuntimeHarness harness = holding(FlushMode.OS, 5, 5);
    RuntimeHarness anew = RuntimeHarness.following(FlushMode.OS, 5);
    long first = anew.asked().attempt() - RuntimeHarness.ATTEMPTS_FROM;
    assertThat(first).isEqualTo(1);

    anew.handle(new FollowingEvent.StartAt(first, 7));
    harness.handle(new FollowingEvent.Diverged(first, 0, 0));

    assertThat(anew.runtime.view().logEndOffset()).isZero();
    assertThat(harness.runtime.view().logEndOffset()).isEqualTo(2);
  }

  @Test
  void S34_aDiskThatFailsWhereTheCutIsSoughtTakesThePartitionOffline() {
    RuntimeHarness harness = holding(FlushMode.OS, 1, 1, 1);
    harness.faults.on(Operation.READ).failFromThenOn("Input/output error");

    harness.handle(new FollowingEvent.Diverged(harness.asked().attempt(), 1, 1));

    assertThat(harness.runtime.view().role()).isEqualTo(Role.OFFLINE);
    assertThat(harness.diskFailures).hasSize(1);
  }
}
