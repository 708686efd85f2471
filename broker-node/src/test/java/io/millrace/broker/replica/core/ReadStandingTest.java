package io.millrace.broker.replica.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.FlushMode;
import io.millrace.common.MillraceError;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * S18: which followers may serve readers, as the leader knows it and as they know it themselves.
 */
class ReadStandingTest {
  private static final MillraceError GONE = new MillraceError(ErrorCode.NOT_LEADER, "moved");

  private final ThreeBrokers cluster = new ThreeBrokers();
  private final CoreDriver driver =
      new CoreDriver(new PartitionSettings(FlushMode.OS, true), new LogPositions(0, 5, 0, 3));

  private List<Effect> on(PartitionEvent event) {
    List<Effect> effects = new ArrayList<>();
    driver.core.on(event, driver.nowMs, effects);
    return effects;
  }

  private long follow(int epoch, int partitionEpoch, boolean inSync) {
    return on(new PartitionEvent.BecomeFollower(2, epoch, partitionEpoch, true, inSync)).stream()
        .filter(FollowingEffect.Subscribe.class::isInstance)
        .mapToLong(effect -> ((FollowingEffect.Subscribe) effect).attempt())
        .findFirst()
        .orElse(-1);
  }

  private long followAccepted(int epoch) {
    long attempt = follow(epoch, epoch, true);
    on(new FollowingEvent.Subscribed(attempt, 5, 0));
    return attempt;
  }

  private boolean serves() {
    return driver.core.readStanding().followerReads();
  }

  @Test
  void S18_aLeaderNamesTheFollowersOfItsIsrThatFollowItAndHaveWhatIsCommitted() {
    cluster.elect(1);
    assertThat(replicas(1)).as("nobody has subscribed").isEmpty();
    cluster.settle();
    cluster.produce("a", Acks.ALL);
    assertThat(replicas(1)).containsExactly(2, 3);
    assertThat(replicas(2)).as("of a follower").isEmpty();

    cluster.broker(2).crash(0);
    assertThat(replicas(1)).as("in the ISR, but gone").containsExactly(3);
    cluster.commitIsr(1, 2);
    assertThat(replicas(1)).as("there, but out of the ISR").isEmpty();
  }

  private List<Integer> replicas(int broker) {
    return cluster.broker(broker).core().readStanding().readReplicas();
  }

  @Test
  void S18_aMemberOfTheIsrWhoseLogLacksCommittedRecordsIsNotNamed() {
    CoreDriver leader = CoreDriver.os().leading(CoreDriver.of(1, 0, Set.of(1, 2, 3), 2));
    leader.subscribe(2, 0);
    leader.subscribe(3, 0);
    leader.produce(BatchFacts.plain(2), Acks.ALL);
    leader.acknowledge(2, 2, 0);
    leader.acknowledge(3, 2, 0);
    assertThat(leader.core.readStanding().readReplicas()).containsExactly(2, 3);

    leader.subscribe(3, 1);
    assertThat(leader.core.readStanding().readReplicas()).containsExactly(2);
    leader.acknowledge(3, 2, 0);
    assertThat(leader.core.readStanding().readReplicas()).containsExactly(2, 3);
  }

  /** It is asked for after each run of each partition that is led, mostly for nobody. */
  @Test
  void aLeaderMakesNoOtherStandingWhileTheOldOneIsTrue() {
    CoreDriver leader = CoreDriver.os().leading(CoreDriver.of(1, 0, Set.of(1, 2, 3), 2));
    leader.subscribe(2, 0);
    leader.subscribe(3, 0);
    ReadStanding first = leader.core.readStanding();

    leader.produce(BatchFacts.plain(2), Acks.ALL);
    leader.acknowledge(2, 2, 0);
    leader.acknowledge(3, 2, 0);
    assertThat(leader.core.highWatermark()).isEqualTo(2);
    assertThat(leader.core.readStanding()).isSameAs(first);

    leader.subscribe(2, 1);
    assertThat(leader.core.readStanding())
        .isEqualTo(new ReadStanding(List.of(3), true, false))
        .isSameAs(leader.core.readStanding());
    leader.subscribe(3, 1);
    leader.acknowledge(2, 2, 0);
    assertThat(leader.core.readStanding().readReplicas()).containsExactly(2);
  }

  @Test
  void S18_aFollowerServesOnceTheLeaderHasAcceptedItsLog() {
    long attempt = follow(4, 4, true);
    assertThat(serves()).isFalse();
    on(new FollowingEvent.Subscribed(attempt, 5, 0));
    assertThat(serves()).isTrue();
  }

  @Test
  void S18_whatMayBeCutInANewEpochIsNotServedBeforeItsLeaderHasAcceptedIt() {
    followAccepted(4);

    long attempt = follow(5, 5, true);
    assertThat(serves()).isFalse();
    on(new FollowingEvent.Diverged(attempt, 1, 4));
    on(new FollowingEvent.Truncated(0, 4));
    assertThat(serves()).isFalse();
    on(new FollowingEvent.Subscribed(attempt + 1, 4, 0));
    assertThat(serves()).isTrue();
  }

  @Test
  void S18_aFollowerThatLeavesTheIsrServesNobodyUntilItIsBack() {
    followAccepted(4);

    assertThat(follow(4, 7, false)).as("the same leader is not asked again").isEqualTo(-1);
    assertThat(serves()).isFalse();
    follow(4, 6, true);
    assertThat(serves()).as("older news").isFalse();
    follow(4, 8, true);
    assertThat(serves()).isTrue();
  }

  @Test
  void S18_aFollowerThatHasLostItsLeaderServesForTheLagTimeOnly() {
    long attempt = followAccepted(4);
    on(new FollowingEvent.SubscriptionEnded(attempt, Optional.of(GONE)));

    driver.nowMs += CoreDriver.LAG_MS - 1;
    on(new PartitionEvent.Tick());
    assertThat(serves()).isTrue();
    driver.nowMs++;
    on(new PartitionEvent.Tick());
    assertThat(serves()).isFalse();

    on(new FollowingEvent.Subscribed(attempt + 1, 5, 0));
    assertThat(serves()).isTrue();
    driver.nowMs += 10 * CoreDriver.LAG_MS;
    on(new PartitionEvent.Tick());
    assertThat(serves()).as("it follows").isTrue();
  }

  @Test
  void S18_theTimeWithoutALeaderIsNotForgottenByFurtherAttempts() {
    long attempt = followAccepted(4);
    for (int i = 0; i < 4; i++) {
      on(new FollowingEvent.SubscriptionEnded(attempt + i, Optional.of(GONE)));
      driver.nowMs += CoreDriver.LAG_MS / 4;
    }
    on(new PartitionEvent.Tick());
    assertThat(serves()).isFalse();
  }

  @Test
  void S18_whoResignsOrLeadsIsNoFollowerAnyMore() {
    followAccepted(4);
    on(new PartitionEvent.Resign(GONE));
    assertThat(serves()).isFalse();
    followAccepted(5);
    on(new PartitionEvent.BecomeLeader(CoreDriver.alone(6)));
    assertThat(driver.core.readStanding()).isEqualTo(ReadStanding.ALONE);
  }
}
