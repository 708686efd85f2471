package io.millrace.broker.replica.core;

import static io.millrace.broker.replica.core.CoreDriver.alone;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.FlushMode;
import io.millrace.common.MillraceError;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A follower's attempts to follow, one event at a time. */
class FollowingTest {
  private static final MillraceError GONE = new MillraceError(ErrorCode.NOT_LEADER, "moved");

  private record Batches(int number) implements ReplicatedToken {}

  private final CoreDriver driver =
      new CoreDriver(new PartitionSettings(FlushMode.OS, true), new LogPositions(0, 5, 0, 3));
  private final List<Effect> effects = new ArrayList<>();

  private List<Effect> on(PartitionEvent event) {
    effects.clear();
    driver.core.on(event, driver.nowMs, effects);
    return List.copyOf(effects);
  }

  private FollowingEffect.Subscribe follow(int epoch) {
    driver.epochs = driver.epochs.begin(1, 0);
    List<Effect> wanted = on(new PartitionEvent.BecomeFollower(2, epoch, epoch));
    return (FollowingEffect.Subscribe) wanted.get(wanted.size() - 1);
  }

  private long accepted(int epoch) {
    long attempt = follow(epoch).attempt();
    on(new FollowingEvent.Subscribed(attempt, 0, 0));
    return attempt;
  }

  private static FollowingEvent.ReplicatedBatches batches(long attempt, long prevEnd, long hw) {
    return new FollowingEvent.ReplicatedBatches(attempt, prevEnd, hw, 0, new Batches(1));
  }

  @Test
  void asksTheLeaderWithItsPositionAndTheEpochOfItsLastBatch() {
    assertThat(follow(4)).isEqualTo(new FollowingEffect.Subscribe(1, 2, 4, 5, 1));
    assertThat(driver.core.role()).isEqualTo(Role.FOLLOWER);
    assertThat(driver.core.refusal().details()).containsEntry("leader_id", "2");
  }

  @Test
  void anAcceptedFollowerTellsItsPositionAtOnce() {
    long attempt = follow(4).attempt();

    assertThat(on(new FollowingEvent.Subscribed(attempt, 9, 0)))
        .containsExactly(
            new Effect.MoveHighWatermark(5), new FollowingEffect.Acknowledge(attempt, 5, 0, 0));
  }

  @Test
  void S04_theHighWatermarkIsTheLeadersAsFarAsTheLogGoesAndNeverBack() {
    long attempt = accepted(4);

    assertThat(on(new FollowingEvent.WatermarksMoved(attempt, 4, 0)))
        .containsExactly(new Effect.MoveHighWatermark(4));
    assertThat(on(new FollowingEvent.WatermarksMoved(attempt, 2, 0))).isEmpty();
    on(new FollowingEvent.WatermarksMoved(attempt, 99, 0));
    assertThat(driver.core.highWatermark()).isEqualTo(5);
  }

  @Test
  void S33_theLogStartFollowsButNotBeyondTheHighWatermark() {
    long attempt = accepted(4);

    assertThat(on(new FollowingEvent.WatermarksMoved(attempt, 4, 5)))
        .containsExactly(new Effect.MoveHighWatermark(4), new Effect.MoveLogStart(4));
    assertThat(on(new FollowingEvent.WatermarksMoved(attempt, 4, 4))).as("asked for").isEmpty();
  }

  @Test
  void S33_theLeaderIsToldWhenTheLogStartHasMoved() {
    long attempt = accepted(4);
    on(new FollowingEvent.WatermarksMoved(attempt, 4, 4));

    assertThat(on(new PartitionEvent.LogStartMoved(4)))
        .containsExactly(new FollowingEffect.Acknowledge(attempt, 5, 0, 4));
  }

  @Test
  void batchesMoveTheEndThenTheHighWatermarkAndAreAcknowledged() {
    long attempt = accepted(4);
    FollowingEvent.ReplicatedBatches frame = batches(attempt, 5, 7);

    assertThat(on(frame)).containsExactly(new FollowingEffect.AppendReplicated(frame));
    assertThat(on(new FollowingEvent.Replicated(8)))
        .containsExactly(
            new Effect.MoveHighWatermark(7), new FollowingEffect.Acknowledge(attempt, 8, 0, 0));
  }

  @Test
  void S04_newsThatOvertakesBatchesThatWaitIsNotForgotten() {
    long attempt = accepted(4);
    on(new FollowingEvent.WatermarksMoved(attempt, 8, 0));
    on(batches(attempt, 5, 7));

    assertThat(on(new FollowingEvent.Replicated(8))).contains(new Effect.MoveHighWatermark(8));
  }

  @Test
  void framesOfAnotherAttemptAreDropped() {
    long attempt = accepted(4);

    assertThat(on(batches(attempt - 1, 5, 7))).isEmpty();
    assertThat(on(new FollowingEvent.WatermarksMoved(attempt + 1, 5, 0))).isEmpty();
    assertThat(on(new FollowingEvent.Diverged(attempt - 1, 0, 0))).isEmpty();
    assertThat(on(new FollowingEvent.StartAt(attempt - 1, 0))).isEmpty();
    assertThat(on(new FollowingEvent.SubscriptionEnded(attempt - 1, Optional.empty()))).isEmpty();
    assertThat(on(new FollowingEvent.Subscribed(attempt - 1, 5, 0))).isEmpty();
    assertThat(driver.core.highWatermark()).isEqualTo(3);
  }

  @Test
  void nothingCountsBeforeTheLeaderHasAccepted() {
    long attempt = follow(4).attempt();

    assertThat(on(batches(attempt, 5, 7))).isEmpty();
    assertThat(on(new FollowingEvent.WatermarksMoved(attempt, 5, 0))).isEmpty();
    assertThat(driver.core.highWatermark()).isEqualTo(3);
  }

  @Test
  void batchesThatDoNotFollowMakeItAskAnew() {
    long attempt = accepted(4);

    assertThat(on(batches(attempt, 6, 7)))
        .containsExactly(
            new FollowingEffect.Unsubscribe(attempt),
            new FollowingEffect.Subscribe(attempt + 1, 2, 4, 5, 1),
            new Effect.SetTimer(driver.nowMs + CoreDriver.LAG_MS));
  }

  @Test
  void aSubscriptionThatEndsIsFollowedByAnother() {
    long attempt = accepted(4);

    assertThat(on(new FollowingEvent.SubscriptionEnded(attempt, Optional.of(GONE))))
        .containsExactly(
            new FollowingEffect.Subscribe(attempt + 1, 2, 4, 5, 1),
            new Effect.SetTimer(driver.nowMs + CoreDriver.LAG_MS));
  }

  @Test
  void S12_divergenceCutsWhereBothLogsPartAndThenAsksAgain() {
    long attempt = follow(4).attempt();

    assertThat(on(new FollowingEvent.Diverged(attempt, 1, 4)))
        .containsExactly(new FollowingEffect.Truncate(4));
    assertThat(on(new FollowingEvent.Truncated(0, 4)))
        .containsExactly(
            new Effect.MoveHighWatermark(3),
            new FollowingEffect.Subscribe(attempt + 1, 2, 4, 4, 1));
  }

  @Test
  void S12_anAnswerThatCutsNothingIsNotAskedForAgainAtOnce() {
    long attempt = follow(4).attempt();

    assertThat(on(new FollowingEvent.Diverged(attempt, 1, 5)))
        .containsExactly(new Effect.SetTimer(driver.nowMs + Following.PAUSE_MS));
    assertThat(on(new PartitionEvent.Tick())).isEmpty();
    driver.nowMs += Following.PAUSE_MS;
    assertThat(on(new PartitionEvent.Tick()))
        .containsExactly(new FollowingEffect.Subscribe(attempt + 1, 2, 4, 5, 1));
  }

  @Test
  void nothingButTheEndMayHappenWhileTheLogIsCut() {
    long attempt = follow(4).attempt();
    on(new FollowingEvent.Diverged(attempt, 1, 4));

    assertThatThrownBy(() -> on(new PartitionEvent.Tick())).isInstanceOf(CoreDriver.Fault.class);
    assertThat(on(new PartitionEvent.Close(GONE))).isEmpty();
    assertThat(driver.core.role()).isEqualTo(Role.CLOSED);
  }

  @Test
  void anOlderOrKnownEpochOfALeaderChangesNothing() {
    accepted(4);

    assertThat(on(new PartitionEvent.BecomeFollower(3, 3, 9))).isEmpty();
    assertThat(on(new PartitionEvent.BecomeFollower(2, 4, 9))).isEmpty();
  }

  @Test
  void aNewLeaderIsAskedAfterTheOldOneIsLeft() {
    long attempt = accepted(4);

    assertThat(on(new PartitionEvent.BecomeFollower(3, 5, 5)))
        .containsExactly(
            new FollowingEffect.Unsubscribe(attempt),
            new FollowingEffect.Subscribe(attempt + 1, 3, 5, 5, 1));
  }

  @Test
  void afterResigningTheSameLeaderIsFollowedAgain() {
    long attempt = accepted(4);

    assertThat(on(new PartitionEvent.Resign(GONE)))
        .containsExactly(new FollowingEffect.Unsubscribe(attempt));
    assertThat(on(new PartitionEvent.BecomeFollower(2, 4, 4)))
        .containsExactly(new FollowingEffect.Subscribe(attempt + 1, 2, 4, 5, 1));
  }

  @Test
  void S07_aLeaderThatFollowsNowAnswersWhatWaitedThatItDoesNotLead() {
    CoreDriver leader = CoreDriver.os().leading(CoreDriver.of(1, 0, Set.of(1, 2), 2));
    var waiting = leader.produce(BatchFacts.plain(1), Acks.ALL);

    leader.on(new PartitionEvent.BecomeFollower(2, 2, 1));

    assertThat(leader.errorOf(waiting)).isEqualTo(ErrorCode.NOT_LEADER);
    assertThat(leader.errorOf(leader.produce(BatchFacts.plain(1), Acks.ALL)))
        .isEqualTo(ErrorCode.NOT_LEADER);
  }

  @Test
  void aFollowerThatLeadsGoesOnFromItsLogsEndAndLeavesTheOldLeader() {
    long attempt = accepted(4);
    FollowingEvent.ReplicatedBatches frame = batches(attempt, 5, 5);
    on(frame);
    on(new FollowingEvent.Replicated(9));

    List<Effect> wanted = on(new PartitionEvent.BecomeLeader(alone(6)));

    assertThat(wanted).contains(new FollowingEffect.Unsubscribe(attempt));
    assertThat(driver.core.epochStartOffset()).isEqualTo(9);
    assertThat(driver.core.highWatermark()).isEqualTo(9);
    assertThat(on(batches(attempt, 9, 9))).isEmpty();
  }

  @Test
  void S02_changeToCommitMakesAFollowerSyncAndTell() {
    long attempt = accepted(4);

    assertThat(
            on(new PartitionEvent.SettingsChanged(new PartitionSettings(FlushMode.COMMIT, true))))
        .contains(new Effect.RequestFlush());
    assertThat(on(new PartitionEvent.Flushed(5)))
        .containsExactly(new FollowingEffect.Acknowledge(attempt, 5, 5, 0));
  }
}
