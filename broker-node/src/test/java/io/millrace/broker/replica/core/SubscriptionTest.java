package io.millrace.broker.replica.core;

import static io.millrace.broker.replica.core.CoreDriver.of;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.FlushMode;
import io.millrace.common.MillraceError;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A leader's answers to those who want to follow, and what becomes of their subscriptions. */
class SubscriptionTest {
  private static final MillraceError GONE = new MillraceError(ErrorCode.NOT_LEADER, "moved");

  private static CoreDriver leading() {
    return CoreDriver.os().leading(of(1, 0, Set.of(1, 2, 3), 2));
  }

  /** A leader of epoch 9 whose log has batches of these epochs, each one record. */
  private static CoreDriver holding(int... epochs) {
    CoreDriver driver =
        new CoreDriver(
            new PartitionSettings(FlushMode.OS, true), new LogPositions(0, epochs.length, 0));
    for (int i = 0; i < epochs.length; i++) {
      driver.epochs = driver.epochs.begin(epochs[i], i);
    }
    return driver.leading(of(9, 0, Set.of(1, 2, 3), 2));
  }

  private static ErrorCode refusal(SubscribeAnswer answer) {
    return ((SubscribeAnswer.Refused) answer).error().code();
  }

  private static SubscribeAnswer ask(CoreDriver driver, int follower, int leaderEpoch) {
    var ref = new CoreDriver.Ref(follower, 1_000);
    driver.on(new LeadingEvent.FollowerSubscribes(ref, follower, 1, leaderEpoch, 0, -1));
    return driver.last(LeadingEffect.AnswerSubscribe.class).answer();
  }

  @Test
  void aFollowerWhoseLogIsTheBeginningIsAccepted() {
    CoreDriver driver = holding(1, 1, 4);

    assertThat(driver.subscribe(2, 3)).isEqualTo(new SubscribeAnswer.Accepted(0, 0));
    assertThat(driver.subscribe(3, 1)).isInstanceOf(SubscribeAnswer.Accepted.class);
    assertThat(driver.subscribe(3, 0)).isInstanceOf(SubscribeAnswer.Accepted.class);
  }

  @Test
  void S12_divergenceIsToldByTheLargestCommonEpochAndItsEnd() {
    CoreDriver driver = holding(1, 1, 4, 4);

    assertThat(driver.subscribe(2, 1, 7, 4)).isEqualTo(new SubscribeAnswer.Diverged(4, 4));
    assertThat(driver.subscribe(2, 1, 3, 3)).isEqualTo(new SubscribeAnswer.Diverged(1, 2));
    assertThat(driver.subscribe(2, 1, 3, 1)).isEqualTo(new SubscribeAnswer.Diverged(1, 2));
    assertThat(driver.subscribe(2, 1, 2, 8)).isEqualTo(new SubscribeAnswer.Diverged(4, 4));
    assertThat(driver.subscribe(2, 1, 2, 0)).isEqualTo(new SubscribeAnswer.Diverged(0, 0));
  }

  @Test
  void S12_whatIsDeletedHereCantFollowThere() {
    CoreDriver driver =
        new CoreDriver(new PartitionSettings(FlushMode.OS, true), new LogPositions(5, 8, 0));
    driver.epochs = driver.epochs.begin(1, 5);
    driver.leading(of(9, 0, Set.of(1, 2, 3), 2));

    assertThat(driver.subscribe(2, 1, 4, 1)).isEqualTo(new SubscribeAnswer.StartAt(5));
    assertThat(driver.subscribe(2, 1, 9, -1)).isEqualTo(new SubscribeAnswer.StartAt(5));
    assertThat(driver.subscribe(2, 1, 7, -1)).isEqualTo(new SubscribeAnswer.Accepted(5, 5));
  }

  /** What it has below may be of a leader whose records never were committed. */
  @Test
  void S12_aLogThatEndsWhereTheLeadersBeginsIsReplaced() {
    CoreDriver driver =
        new CoreDriver(new PartitionSettings(FlushMode.OS, true), new LogPositions(5, 8, 0));
    driver.epochs = driver.epochs.begin(0, 5).begin(1, 5);
    driver.leading(of(9, 0, Set.of(1, 2, 3), 2));

    assertThat(driver.subscribe(2, 1, 5, 0)).isEqualTo(new SubscribeAnswer.StartAt(5));
    assertThat(driver.subscribe(2, 1, 5, 1)).isEqualTo(new SubscribeAnswer.StartAt(5));
    assertThat(driver.subscribe(2, 1, 6, 1)).isEqualTo(new SubscribeAnswer.Accepted(5, 5));
    assertThat(driver.subscribe(2, 1, 5, -1)).isEqualTo(new SubscribeAnswer.Accepted(5, 5));
  }

  @Test
  void S12_aLeaderWithAnEmptyLogMakesFollowersCutToItsEnd() {
    CoreDriver driver = CoreDriver.os().leading(of(9, 0, Set.of(1, 2, 3), 2));

    assertThat(driver.subscribe(2, 1, 3, 2)).isEqualTo(new SubscribeAnswer.Diverged(2, 0));
  }

  @Test
  void S11_anotherLeaderEpochIsRefused() {
    CoreDriver driver = leading();

    assertThat(refusal(ask(driver, 2, 0))).isEqualTo(ErrorCode.FENCED_LEADER_EPOCH);
    assertThat(refusal(ask(driver, 2, 2))).isEqualTo(ErrorCode.UNKNOWN_LEADER_EPOCH);
  }

  @Test
  void whoHasNoReplicaIsRefusedAndSoIsTheLeaderItself() {
    CoreDriver driver = leading();

    assertThat(refusal(ask(driver, 4, 1))).isEqualTo(ErrorCode.INELIGIBLE_REPLICA);
    assertThat(refusal(ask(driver, 1, 1))).isEqualTo(ErrorCode.INELIGIBLE_REPLICA);
  }

  @Test
  void whoeverDoesNotLeadRefuses() {
    CoreDriver driver = leading();
    driver.on(new PartitionEvent.Resign(GONE));

    assertThat(refusal(ask(driver, 2, 1))).isEqualTo(ErrorCode.NOT_LEADER);
  }

  @Test
  void S10_anOlderProcessOfTheFollowerIsRefused() {
    CoreDriver driver = leading();
    driver.subscribe(2, 8, 0, -1);

    assertThat(refusal(driver.subscribe(2, 7, 0, -1))).isEqualTo(ErrorCode.STALE_BROKER_EPOCH);
    assertThat(driver.all(LeadingEffect.EndSubscription.class)).isEmpty();
  }

  /** KIP-903: it may ask a new leader before the process that is registered does. */
  @Test
  void S10_aProcessThatIsNotTheRegisteredOneIsRefusedThoughItAsksFirst() {
    CoreDriver driver = leading();
    driver.on(new LeadingEvent.BrokersChanged(Map.of(2, 8L, 3, 8L)));

    assertThat(refusal(driver.subscribe(2, 7, 0, -1))).isEqualTo(ErrorCode.STALE_BROKER_EPOCH);
    assertThat(driver.subscribe(2, 8, 0, -1)).isInstanceOf(SubscribeAnswer.Accepted.class);
    assertThat(driver.subscribe(3, 9, 0, -1))
        .as("the leader has not heard of its registration yet")
        .isInstanceOf(SubscribeAnswer.Accepted.class);
  }

  @Test
  void S10_aProcessIsSentAwayWhenANewerRegistrationIsKnown() {
    CoreDriver driver = leading();
    driver.on(new LeadingEvent.BrokersChanged(Map.of(2, 7L, 3, 7L)));
    driver.subscribe(2, 7, 0, -1);
    driver.subscribe(3, 8, 0, -1);
    driver.produce(BatchFacts.plain(5), Acks.LEADER);
    driver.acknowledge(3, 5, 0);
    CoreDriver.Ref old = driver.subscriptions.get(2);

    driver.on(new LeadingEvent.BrokersChanged(Map.of(2, 8L, 3, 8L)));
    driver.on(new LeadingEvent.FollowerAcknowledged(old, 5, 0, 0));

    assertThat(driver.all(LeadingEffect.EndSubscription.class))
        .singleElement()
        .satisfies(
            end -> {
              assertThat(end.ref()).isEqualTo(old);
              assertThat(end.why().code()).isEqualTo(ErrorCode.STALE_BROKER_EPOCH);
            });
    assertThat(driver.core.highWatermark()).as("it has not acknowledged").isZero();
    driver.advanceTo(driver.nowMs + CoreDriver.LAGGED_MS);
    assertThat(driver.proposals()).as("nobody follows for it").containsExactly(List.of(1, 3));
  }

  @Test
  void aNewSubscriptionEndsTheOneBeforeAndWhatItAcknowledges() {
    CoreDriver driver = CoreDriver.os().leading(of(1, 0, Set.of(1, 2), 2));
    driver.produce(BatchFacts.plain(5), Acks.LEADER);
    driver.subscribe(2, 0);
    CoreDriver.Ref old = driver.subscriptions.get(2);

    driver.subscribe(2, 2);
    driver.on(new LeadingEvent.FollowerAcknowledged(old, 5, 5, 0));
    driver.on(new LeadingEvent.FollowerGone(old));

    assertThat(driver.all(LeadingEffect.EndSubscription.class))
        .singleElement()
        .satisfies(end -> assertThat(end.ref()).isEqualTo(old));
    assertThat(driver.core.highWatermark()).as("its position alone").isEqualTo(2);
    driver.acknowledge(2, 3, 0);
    assertThat(driver.core.highWatermark()).isEqualTo(3);
  }

  @Test
  void S02_aFollowerThatComesBackWithLessCountsByWhatItHas() {
    CoreDriver driver = CoreDriver.os().leading(of(1, 0, Set.of(1, 2), 2));
    driver.produce(BatchFacts.plain(5), Acks.LEADER);
    driver.acknowledge(2, 4, 0);
    assertThat(driver.core.highWatermark()).isEqualTo(4);
    driver.produce(BatchFacts.plain(5), Acks.LEADER);

    driver.subscribe(2, 3);
    assertThat(driver.core.highWatermark()).as("never back").isEqualTo(4);
    driver.acknowledge(2, 8, 0);

    assertThat(driver.core.highWatermark()).isEqualTo(8);
  }

  @Test
  void S12_aDivergedFollowerHasNoSubscriptionAndIsNotCounted() {
    CoreDriver driver = holding(1, 1);
    driver.subscribe(2, 2);
    CoreDriver.Ref old = driver.subscriptions.get(2);

    driver.subscribe(2, 1, 2, 8);
    driver.on(new LeadingEvent.FollowerAcknowledged(old, 2, 2, 0));

    assertThat(driver.all(LeadingEffect.EndSubscription.class)).hasSize(1);
  }

  @Test
  void aNewEpochOrTheEndOfTheLeadershipEndsEverySubscription() {
    List<PartitionEvent> ends =
        List.of(
            new PartitionEvent.BecomeLeader(of(2, 1, Set.of(1, 2, 3), 2)),
            new PartitionEvent.BecomeFollower(2, 2, 1),
            new PartitionEvent.Resign(GONE),
            new PartitionEvent.LogDirOffline(GONE),
            new PartitionEvent.Close(GONE));

    for (PartitionEvent end : ends) {
      CoreDriver driver = leading().followed();
      driver.produce(BatchFacts.plain(1), Acks.LEADER);
      CoreDriver.Ref ref = driver.subscriptions.get(2);
      driver.on(end);
      driver.on(new LeadingEvent.FollowerAcknowledged(ref, 1, 1, 0));
      driver.on(new LeadingEvent.FollowerAcknowledged(driver.subscriptions.get(3), 1, 1, 0));

      assertThat(driver.all(LeadingEffect.EndSubscription.class)).as("%s", end).hasSize(2);
      assertThat(driver.core.highWatermark()).as("%s", end).isZero();
    }
  }

  @Test
  void aReplicaThatIsTakenAwayIsSentAway() {
    CoreDriver driver = leading().followed();

    driver.on(
        new PartitionEvent.StateCommitted(new LeaderState(1, 1, List.of(1, 2), Set.of(1, 2), 2)));

    assertThat(driver.all(LeadingEffect.EndSubscription.class))
        .singleElement()
        .satisfies(end -> assertThat(end.ref()).isEqualTo(driver.subscriptions.get(3)));
    assertThat(refusal(driver.subscribe(3, 0))).isEqualTo(ErrorCode.INELIGIBLE_REPLICA);
  }

  @Test
  void whatFollowersSayWhileNobodyLeadsHereChangesNothing() {
    CoreDriver driver = CoreDriver.os();
    var ref = new CoreDriver.Ref(2, 0);

    driver.on(new LeadingEvent.FollowerAcknowledged(ref, 5, 5, 0));
    driver.on(new LeadingEvent.FollowerGone(ref));
    driver.on(new LeadingEvent.IsrAnswered(0, 0, Optional.of(GONE), false));
    driver.on(new LeadingEvent.BrokersChanged(Map.of(2, 1L)));

    assertThat(driver.history).isEmpty();
  }
}
