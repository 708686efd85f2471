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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who is in sync, as the leader sees and proposes it (S09, S10). */
class IsrTest {
  private static final MillraceError REFUSED =
      new MillraceError(ErrorCode.INELIGIBLE_REPLICA, "not now");

  private static CoreDriver allInSync() {
    return CoreDriver.os().leading(of(1, 0, Set.of(1, 2, 3), 2)).followed();
  }

  private static void produce(CoreDriver driver) {
    driver.produce(BatchFacts.plain(1), Acks.LEADER);
  }

  private static void pass(CoreDriver driver, long ms) {
    driver.advanceTo(driver.nowMs + ms);
  }

  private static void answer(CoreDriver driver, Optional<MillraceError> refusal) {
    driver.on(new LeadingEvent.IsrAnswered(1, 0, refusal, false));
  }

  @Test
  void S09_aMemberThatIsBehindForTheLagTimeLeaves() {
    CoreDriver driver = allInSync();
    produce(driver);
    driver.acknowledge(2, 1, 0);

    pass(driver, CoreDriver.LAG_MS - 1);
    assertThat(driver.proposals()).isEmpty();
    pass(driver, CoreDriver.LAGGED_MS - CoreDriver.LAG_MS + 1);

    assertThat(driver.proposals()).containsExactly(List.of(1, 2));
  }

  @Test
  void S09_constantLoadEjectsNobodyThoughNobodyEverReachesTheEnd() {
    CoreDriver driver = allInSync();
    for (int i = 0; i < 200; i++) {
      produce(driver);
      produce(driver);
      // Always two batches behind, and so always behind the end.
      if (i > 0) {
        driver.acknowledge(2, 2L * i, 0);
        driver.acknowledge(3, 2L * i, 0);
      }
      pass(driver, CoreDriver.LAG_MS / 10);
    }

    assertThat(driver.proposals()).isEmpty();
  }

  @Test
  void S09_aMemberThatFallsFurtherAndFurtherBehindLeavesUnderConstantLoad() {
    CoreDriver driver = allInSync();
    int i = 0;
    while (driver.proposals().isEmpty() && i < 200) {
      produce(driver);
      driver.acknowledge(2, driver.logEndOffset, 0);
      driver.acknowledge(3, driver.logEndOffset / 4, 0);
      pass(driver, CoreDriver.LAG_MS / 10);
      i++;
    }

    assertThat(driver.proposals()).containsExactly(List.of(1, 2));
    assertThat(i).isBetween(10, 40);
  }

  @Test
  void S09_anIdlePartitionKeepsItsMembersAndSetsNoTimer() {
    CoreDriver driver = allInSync();
    produce(driver);
    driver.acknowledge(2, 1, 0);
    driver.acknowledge(3, 1, 0);
    pass(driver, CoreDriver.LAGGED_MS);
    assertThat(driver.timers).isEmpty();

    pass(driver, 100 * CoreDriver.LAGGED_MS);
    produce(driver);

    assertThat(driver.proposals()).isEmpty();
    assertThat(driver.timers).hasSize(1);
  }

  @Test
  void S09_aMemberWithoutASubscriptionLeavesThoughNothingIsWritten() {
    CoreDriver driver = allInSync();
    produce(driver);
    driver.acknowledge(2, 1, 0);
    driver.acknowledge(3, 1, 0);
    pass(driver, 10 * CoreDriver.LAGGED_MS);

    driver.on(new LeadingEvent.FollowerGone(driver.subscriptions.get(3)));
    pass(driver, CoreDriver.LAG_MS);
    assertThat(driver.proposals()).isEmpty();
    pass(driver, CoreDriver.LAGGED_MS);

    assertThat(driver.proposals()).containsExactly(List.of(1, 2));
  }

  @Test
  void S09_aMemberThatNeverSubscribedToTheNewLeaderLeaves() {
    CoreDriver driver = CoreDriver.os().leading(of(1, 0, Set.of(1, 2, 3), 2));
    driver.subscribe(2, 0);

    pass(driver, CoreDriver.LAGGED_MS);

    assertThat(driver.proposals()).containsExactly(List.of(1, 2));
  }

  @Test
  void S09_underCommitAMemberThatDoesNotSyncLeaves() {
    CoreDriver driver =
        new CoreDriver(new PartitionSettings(FlushMode.COMMIT, true), new LogPositions(0, 0, 0))
            .leading(of(1, 0, Set.of(1, 2, 3), 2));
    produce(driver);
    driver.flushed();
    driver.acknowledge(2, 1, 1);
    driver.acknowledge(3, 1, 0);

    pass(driver, CoreDriver.LAGGED_MS);

    assertThat(driver.proposals()).containsExactly(List.of(1, 2));
  }

  @Test
  void S09_oneChangeIsInFlightUntilItIsAnsweredOrSuperseded() {
    CoreDriver driver = allInSync();
    produce(driver);
    driver.acknowledge(2, 1, 0);
    pass(driver, CoreDriver.LAGGED_MS);
    driver.on(new LeadingEvent.FollowerGone(driver.subscriptions.get(2)));

    pass(driver, 10 * CoreDriver.LAGGED_MS);
    assertThat(driver.proposals()).as("no second one").hasSize(1);
    driver.on(new PartitionEvent.StateCommitted(of(1, 1, Set.of(1, 2), 2)));

    assertThat(driver.proposals()).containsExactly(List.of(1, 2), List.of(1));
    assertThat(driver.last(LeadingEffect.ProposeIsr.class).partitionEpoch()).isEqualTo(1);
  }

  @Test
  void S09_aRefusedChangeIsTriedAgainButNotAtOnce() {
    CoreDriver driver = allInSync();
    produce(driver);
    driver.acknowledge(2, 1, 0);
    pass(driver, CoreDriver.LAGGED_MS);

    answer(driver, Optional.of(REFUSED));
    driver.acknowledge(2, 1, 0);
    pass(driver, IsrTracker.RETRY_MS - 1);
    assertThat(driver.proposals()).hasSize(1);
    pass(driver, 1);

    assertThat(driver.proposals()).hasSize(2);
  }

  @Test
  void S09_anAnswerToAnotherProposalSaysNothing() {
    CoreDriver driver = allInSync();
    produce(driver);
    driver.acknowledge(2, 1, 0);
    pass(driver, CoreDriver.LAGGED_MS);

    driver.on(new LeadingEvent.IsrAnswered(1, 7, Optional.of(REFUSED), false));
    driver.on(new LeadingEvent.IsrAnswered(0, 0, Optional.of(REFUSED), false));
    pass(driver, 2 * IsrTracker.RETRY_MS);

    assertThat(driver.proposals()).as("it is in flight yet").hasSize(1);
  }

  @Test
  void S02_whatWasRefusedCountsNoMore() {
    CoreDriver driver = CoreDriver.os().leading(of(1, 0, Set.of(1), 1));
    driver.eligible(2);
    driver.subscribe(2, 0);
    produce(driver);
    assertThat(driver.core.highWatermark()).as("2 may be in the ISR").isZero();

    answer(driver, Optional.of(REFUSED));

    assertThat(driver.core.highWatermark()).isEqualTo(1);
  }

  /** As of a repetition: the first was carried out, and its answer was lost. */
  @ParameterizedTest
  @EnumSource(names = {"STALE_PARTITION_EPOCH", "FENCED_LEADER_EPOCH", "NOT_LEADER"})
  void S02_whatWasRefusedForOldEpochsCountsUntilTheStateComes(ErrorCode code) {
    CoreDriver driver = CoreDriver.os().leading(of(1, 0, Set.of(1), 1));
    driver.eligible(2);
    driver.subscribe(2, 0);
    produce(driver);

    answer(driver, Optional.of(new MillraceError(code, "it is not so any more")));

    assertThat(driver.core.highWatermark()).isZero();
  }

  private static CoreDriver refusedInDoubt() {
    CoreDriver driver = CoreDriver.os().leading(of(1, 0, Set.of(1), 1));
    driver.eligible(2);
    driver.subscribe(2, 0);
    produce(driver);
    driver.on(new LeadingEvent.IsrAnswered(1, 0, Optional.of(REFUSED), true));
    return driver;
  }

  /** The copy may be judged when its members are eligible again. */
  @Test
  void S02_whatWasRefusedWhileACopyIsUnderWayCountsUntilTheCopyIsTooOld() {
    CoreDriver driver = refusedInDoubt();
    assertThat(driver.core.highWatermark()).as("the copy may be carried out").isZero();
    assertThat(driver.proposals()).containsExactly(List.of(1, 2), List.of(1));
    assertThat(driver.last(LeadingEffect.ProposeIsr.class).partitionEpoch()).isZero();

    driver.on(new PartitionEvent.StateCommitted(of(1, 1, Set.of(1), 1)));

    assertThat(driver.core.highWatermark()).isEqualTo(1);
  }

  @Test
  void S02_aCopyThatIsCarriedOutAfterARefusalFindsItsMembersCounted() {
    CoreDriver driver = refusedInDoubt();

    driver.on(new PartitionEvent.StateCommitted(of(1, 1, Set.of(1, 2), 1)));
    assertThat(driver.core.highWatermark()).isZero();
    driver.acknowledge(2, 1, 0);

    assertThat(driver.core.highWatermark()).isEqualTo(1);
  }

  @Test
  void S02_anOldEpochOfWhatShallEndACopyIsNotItsEndAndTheStateIsWaitedFor() {
    CoreDriver driver = refusedInDoubt();

    answer(driver, Optional.of(new MillraceError(ErrorCode.STALE_PARTITION_EPOCH, "not so")));
    pass(driver, 2 * IsrTracker.RETRY_MS);

    assertThat(driver.core.highWatermark()).isZero();
    assertThat(driver.proposals()).hasSize(2);
  }

  @Test
  void S02_aRefusalOfWhatShallEndACopyIsNotItsEndAndItIsProposedAgain() {
    proposesTheEndAgainAfter(Optional.of(REFUSED));
  }

  /** As a controller does that knows nothing of this and changes nothing. */
  @Test
  void S02_anAgreementThatDoesNotEndACopyIsAskedForAgainUntilAStateComes() {
    proposesTheEndAgainAfter(Optional.empty());
  }

  private static void proposesTheEndAgainAfter(Optional<MillraceError> refusal) {
    CoreDriver driver = refusedInDoubt();

    answer(driver, refusal);
    pass(driver, IsrTracker.RETRY_MS - 1);
    assertThat(driver.proposals()).hasSize(2);
    pass(driver, 1);
    assertThat(driver.proposals()).containsExactly(List.of(1, 2), List.of(1), List.of(1));
    pass(driver, 2 * IsrTracker.RETRY_MS);
    assertThat(driver.proposals()).as("it is not answered yet").hasSize(3);
    answer(driver, refusal);
    pass(driver, IsrTracker.RETRY_MS);
    assertThat(driver.proposals()).hasSize(4);
    assertThat(driver.core.highWatermark()).isZero();

    driver.on(new PartitionEvent.StateCommitted(of(1, 1, Set.of(1), 1)));

    assertThat(driver.core.highWatermark()).isEqualTo(1);
  }

  @Test
  void S09_afterACopyIsTooOldARefusalIsFinalAgain() {
    CoreDriver driver = refusedInDoubt();
    driver.on(new PartitionEvent.StateCommitted(of(1, 1, Set.of(1), 1)));
    driver.acknowledge(2, 1, 0);
    assertThat(driver.proposals()).hasSize(3);
    produce(driver);

    driver.on(new LeadingEvent.IsrAnswered(1, 1, Optional.of(REFUSED), false));

    assertThat(driver.core.highWatermark()).isEqualTo(2);
  }

  @Test
  void S02_whatWasAgreedToCountsUntilTheStateComes() {
    CoreDriver driver = CoreDriver.os().leading(of(1, 0, Set.of(1), 1));
    driver.eligible(2);
    driver.subscribe(2, 0);
    produce(driver);

    answer(driver, Optional.empty());

    assertThat(driver.core.highWatermark()).isZero();
  }

  @Test
  void S10_aFollowerJoinsWhenItHasWhatIsCommittedAndTheEpochStart() {
    CoreDriver driver = CoreDriver.os().leading(of(0, 0, Set.of(1), 1));
    driver.eligible(2, 3);
    produce(driver);
    produce(driver);
    driver.leading(of(1, 1, Set.of(1), 1));
    driver.produce(BatchFacts.plain(1), Acks.LEADER);

    driver.subscribe(2, 0);
    driver.acknowledge(2, 2, 0);
    assertThat(driver.proposals()).as("the high watermark is 3").isEmpty();
    driver.acknowledge(2, 3, 0);

    assertThat(driver.proposals()).containsExactly(List.of(1, 2));
  }

  @Test
  void S10_theEpochStartCountsWhereTheHighWatermarkIsStillBehindIt() {
    CoreDriver driver =
        new CoreDriver(new PartitionSettings(FlushMode.OS, true), new LogPositions(0, 9, 0));
    driver.epochs = driver.epochs.begin(0, 0);
    driver.leading(of(1, 1, Set.of(1), 2));
    driver.eligible(2);
    assertThat(driver.core.highWatermark()).as("too few are in sync").isZero();

    driver.subscribe(2, 5);
    assertThat(driver.proposals()).isEmpty();
    driver.acknowledge(2, 9, 0);

    assertThat(driver.proposals()).containsExactly(List.of(1, 2));
  }

  @Test
  void S10_aBrokerThatIsFencedOrOfAnotherEpochDoesNotJoin() {
    CoreDriver driver = CoreDriver.os().leading(of(1, 0, Set.of(1), 1));
    driver.subscribe(2, 7, 0, -1);
    assertThat(driver.proposals()).as("fenced").isEmpty();
    driver.on(new LeadingEvent.BrokersChanged(Map.of(2, 6L)));
    assertThat(driver.proposals()).as("another process").isEmpty();

    driver.on(new LeadingEvent.BrokersChanged(Map.of(2, 7L)));

    assertThat(driver.all(LeadingEffect.ProposeIsr.class))
        .singleElement()
        .satisfies(
            proposal ->
                assertThat(proposal.isr())
                    .containsExactly(new IsrMember(1, IsrMember.ANY_EPOCH), new IsrMember(2, 7)));
  }

  @Test
  void S10_aFollowerThatIsGoneDoesNotJoin() {
    CoreDriver driver = CoreDriver.os().leading(of(1, 0, Set.of(1), 1));
    driver.subscribe(2, 0);
    driver.on(new LeadingEvent.FollowerGone(driver.subscriptions.get(2)));

    driver.eligible(2);

    assertThat(driver.proposals()).isEmpty();
  }

  @Test
  void S03_aLaggardIsNotTakenBackForAHighWatermarkThatIsAboutToMove() {
    CoreDriver driver = allInSync();
    driver.eligible(2, 3);
    produce(driver);
    driver.acknowledge(2, 1, 0);
    pass(driver, CoreDriver.LAGGED_MS);
    assertThat(driver.proposals()).containsExactly(List.of(1, 2));

    driver.on(new PartitionEvent.StateCommitted(of(1, 1, Set.of(1, 2), 2)));

    assertThat(driver.core.highWatermark()).isEqualTo(1);
    assertThat(driver.proposals()).hasSize(1);
  }

  /** Too few are in sync for the high watermark to move past what the silent ones had. */
  @Test
  void S10_oneThatLeftForItsSilenceJoinsAgainOnNewsOfItself() {
    CoreDriver driver = allInSync();
    driver.eligible(2, 3);
    produce(driver);
    pass(driver, CoreDriver.LAGGED_MS);
    assertThat(driver.proposals()).containsExactly(List.of(1));

    driver.on(new PartitionEvent.StateCommitted(of(1, 1, Set.of(1), 2)));
    pass(driver, CoreDriver.LAGGED_MS);
    assertThat(driver.core.highWatermark()).isZero();
    assertThat(driver.proposals()).as("nothing was heard of them").hasSize(1);
    driver.acknowledge(3, 1, 0);

    assertThat(driver.proposals()).containsExactly(List.of(1), List.of(1, 3));
  }

  @Test
  void S10_oneThatWasFencedForAWhileAndLacksNothingNeedNotTellSoAgain() {
    CoreDriver driver = allInSync();
    produce(driver);
    driver.acknowledge(2, 1, 0);
    driver.acknowledge(3, 1, 0);
    driver.on(new PartitionEvent.StateCommitted(of(1, 1, Set.of(1, 2), 2)));
    assertThat(driver.proposals()).as("it is fenced").isEmpty();

    driver.eligible(2, 3);

    assertThat(driver.proposals()).containsExactly(List.of(1, 2, 3));
  }

  @Test
  void aNewMemberHasTheWholeLagTime() {
    CoreDriver driver = CoreDriver.os().leading(of(1, 0, Set.of(1, 2), 1));
    driver.subscribe(2, 0);
    pass(driver, 10 * CoreDriver.LAGGED_MS);

    driver.on(new PartitionEvent.StateCommitted(of(1, 1, Set.of(1, 2, 3), 1)));
    pass(driver, CoreDriver.LAG_MS);
    assertThat(driver.proposals()).isEmpty();
    pass(driver, CoreDriver.LAGGED_MS);

    assertThat(driver.proposals()).containsExactly(List.of(1, 2));
  }

  @Test
  void aPartitionWithoutFollowersSetsNoTimerAndProposesNothing() {
    CoreDriver driver = CoreDriver.os().leading(CoreDriver.alone(1));

    driver.produce(BatchFacts.plain(1), Acks.ALL);
    pass(driver, 10 * CoreDriver.LAGGED_MS);

    assertThat(driver.timers).isEmpty();
    assertThat(driver.proposals()).isEmpty();
  }
}
