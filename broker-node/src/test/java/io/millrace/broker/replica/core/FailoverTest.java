package io.millrace.broker.replica.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.FlushMode;
import io.millrace.common.MillraceError;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Three brokers fail over: the published bugs of log replication, played through. */
class FailoverTest {
  private final ThreeBrokers cluster = new ThreeBrokers();

  private static List<String> logOf(ThreeBrokers cluster, int broker) {
    return cluster.broker(broker).values();
  }

  @Test
  void S02_whatIsAcknowledgedByAllIsInEveryLogOfTheIsr() {
    cluster.elect(1);
    cluster.settle();

    cluster.produce("a", Acks.ALL);
    cluster.produce("b", Acks.ALL);

    assertThat(cluster.acknowledged("b")).isTrue();
    for (int id = 1; id <= 3; id++) {
      assertThat(logOf(cluster, id)).containsExactly("a", "b");
      assertThat(cluster.broker(id).core().highWatermark()).isEqualTo(2);
    }
  }

  @Test
  void S04_followersLearnTheHighWatermarkWithoutAnotherRecord() {
    cluster.elect(1);
    cluster.settle();

    cluster.produce("a", Acks.LEADER);

    assertThat(cluster.broker(2).core().highWatermark()).isEqualTo(1);
    assertThat(cluster.broker(3).committed()).containsExactly("a");
  }

  @Test
  void S02_underCommitNothingIsAcknowledgedThatAFollowerHasNotSynced() {
    ThreeBrokers durable = new ThreeBrokers(FlushMode.COMMIT);
    durable.elect(1);
    durable.settle();

    durable.produce("a", Acks.ALL);

    assertThat(durable.acknowledged("a")).isTrue();
    assertThat(List.of(1L, 1L, 1L))
        .isEqualTo(durable.brokers.values().stream().map(each -> each.durable).toList());
  }

  /**
   * KIP-101, first scenario: a follower that is restarted before it heard of the high watermark
   * must not cut what was committed, or it is lost when that follower leads.
   */
  @Test
  void S12_aRestartedFollowerDoesNotCutToItsHighWatermark() {
    cluster.minIsr = 1;
    cluster.isr = Set.of(1, 2);
    cluster.elect(1);
    cluster.broker(3).crash(0);
    cluster.settle();
    cluster.produce("a", Acks.ALL);
    cluster.produce("b", Acks.ALL);
    assertThat(cluster.acknowledged("b")).isTrue();

    cluster.broker(2).crash(0);
    cluster.broker(2).restart(1);
    assertThat(cluster.broker(2).core().highWatermark()).isEqualTo(1);
    cluster.broker(1).crash(0);
    cluster.elect(2);
    cluster.settle();

    assertThat(logOf(cluster, 2)).containsExactly("a", "b");
  }

  /**
   * KIP-101, second scenario: two logs of the same length whose last batches differ. High
   * watermarks can't tell; epochs do.
   */
  @Test
  void S12_logsOfEqualLengthThatDifferAreMadeAlikeByEpoch() {
    cluster.minIsr = 1;
    cluster.isr = Set.of(1, 2);
    cluster.elect(1);
    cluster.broker(3).crash(0);
    cluster.settle();
    cluster.produce("a", Acks.ALL);
    cluster.cutOff.add(2);
    cluster.produce("lost", Acks.LEADER);
    cluster.broker(1).crash(0);
    cluster.cutOff.clear();

    cluster.elect(2);
    cluster.commitIsr(2);
    cluster.settle();
    cluster.produce("b", Acks.ALL);
    cluster.broker(1).restart(1);
    cluster.settle();

    assertThat(logOf(cluster, 1)).containsExactly("a", "b");
    assertThat(cluster.broker(1).committed()).containsExactly("a", "b");
  }

  /**
   * KIP-279: after a fast double failover a log holds batches of an epoch that the new leader never
   * heard of, at offsets where that has batches of an older one. Where the epoch that both know
   * ends must come from both logs.
   */
  @Test
  void S12_aFastDoubleFailoverLeavesNoDifferentBatches() {
    cluster.minIsr = 1;
    cluster.elect(1);
    cluster.settle();
    cluster.produce("a", Acks.ALL);
    // Leader 1 writes alone, in epoch 0.
    cluster.cutOff.addAll(Set.of(2, 3));
    cluster.produce("one-b", Acks.LEADER);
    cluster.produce("one-c", Acks.LEADER);
    cluster.broker(1).crash(0);
    // Leader 2 writes alone, in epoch 1.
    cluster.cutOff.remove(2);
    cluster.isr = Set.of(2, 3);
    cluster.elect(2);
    cluster.produce("two-b", Acks.LEADER);
    cluster.broker(2).crash(0);
    // Leader 3 writes in epoch 2, and the others come back.
    cluster.cutOff.clear();
    cluster.isr = Set.of(3);
    cluster.elect(3);
    cluster.settle();
    cluster.produce("three-b", Acks.ALL);
    cluster.broker(2).restart(0);
    cluster.broker(1).restart(0);
    cluster.settle();
    cluster.produce("three-c", Acks.ALL);

    for (int id = 1; id <= 3; id++) {
      assertThat(logOf(cluster, id)).containsExactly("a", "three-b", "three-c");
      assertThat(cluster.broker(id).epochs).isEqualTo(cluster.broker(3).epochs);
    }
  }

  /**
   * KIP-279: neither log has the other's last epochs, and the epoch that the leader answers ends in
   * the follower's log before it ends in the leader's.
   */
  @Test
  void S12_divergenceIsFoundThroughSeveralEpochs() {
    cluster.minIsr = 1;
    ThreeBrokers.Broker one = cluster.broker(1);
    ThreeBrokers.Broker two = cluster.broker(2);
    fill(one, 0, "a", 1, "x", 3, "y", 3, "z", 3, "w");
    fill(two, 0, "a", 2, "p", 2, "q", 2, "r", 4, "s");
    cluster.broker(3).crash(0);
    cluster.isr = Set.of(2);
    cluster.leaderEpoch = 4;

    cluster.elect(2);
    one.start(1);
    one.hearsOfTheLeader();
    two.start(1);
    two.hearsOfTheLeader();
    cluster.settle();

    assertThat(one.values()).isEqualTo(two.values()).containsExactly("a", "p", "q", "r", "s");
    assertThat(one.epochs).isEqualTo(two.epochs);
  }

  private static void fill(ThreeBrokers.Broker broker, Object... epochsAndValues) {
    for (int i = 0; i < epochsAndValues.length; i += 2) {
      int epoch = (Integer) epochsAndValues[i];
      broker.epochs = broker.epochs.begin(epoch, broker.logEnd());
      broker.log.add(new ThreeBrokers.Entry(epoch, (String) epochsAndValues[i + 1]));
    }
  }

  /**
   * KAFKA-14704: a follower that is about to cut its log must not show what it will cut, whatever
   * high watermark the leader tells.
   */
  @Test
  void S12_nothingThatIsToBeCutIsEverBelowTheHighWatermark() {
    cluster.minIsr = 1;
    ThreeBrokers.Broker one = cluster.broker(1);
    ThreeBrokers.Broker two = cluster.broker(2);
    fill(one, 0, "a", 0, "wrong");
    fill(two, 0, "a", 1, "b", 1, "c");
    cluster.broker(3).crash(0);
    cluster.isr = Set.of(2);
    cluster.leaderEpoch = 1;
    one.start(1);
    two.start(1);
    one.effects.clear();

    cluster.elect(2);
    cluster.settle();

    assertThat(one.committed()).containsExactly("a", "b", "c");
    int truncated = indexOf(one.effects, "Truncate[");
    int raised = indexOf(one.effects, "MoveHighWatermark[highWatermark=3");
    assertThat(truncated).isBetween(0, raised);
    assertThat(one.effects.subList(0, truncated))
        .noneMatch(effect -> effect.startsWith("MoveHighWatermark"));
  }

  private static int indexOf(List<String> effects, String beginning) {
    for (int i = 0; i < effects.size(); i++) {
      if (effects.get(i).startsWith(beginning)) {
        return i;
      }
    }
    throw new AssertionError(beginning + " in " + effects);
  }

  /** KAFKA-9491: after a full truncation the high watermark is not one of the old log. */
  @Test
  void S12_afterAFullTruncationTheHighWatermarkIsWhereTheLogBegins() {
    cluster.minIsr = 1;
    ThreeBrokers.Broker one = cluster.broker(1);
    ThreeBrokers.Broker two = cluster.broker(2);
    fill(one, 0, "a", 0, "b", 0, "c");
    two.logStart = 10;
    fill(two, 2, "k");
    cluster.broker(3).crash(0);
    cluster.isr = Set.of(2);
    cluster.leaderEpoch = 2;
    one.start(3);
    two.start(10);

    cluster.elect(2);
    cluster.settle();

    assertThat(one.logStart).isEqualTo(10);
    assertThat(one.values()).containsExactly("k");
    assertThat(one.core().highWatermark()).isEqualTo(11);
  }

  /** The same towards a leader whose log ends before: an unclean one. */
  @Test
  void S12_afterAnUncleanElectionTheHighWatermarkIsNotAboveTheLog() {
    cluster.minIsr = 1;
    fill(cluster.broker(1), 0, "a", 0, "b", 0, "c");
    fill(cluster.broker(2), 0, "a");
    cluster.broker(3).crash(0);
    cluster.isr = Set.of(2);
    cluster.broker(1).start(3);
    cluster.broker(2).start(0);
    cluster.leaderEpoch = 0;

    cluster.elect(2);
    cluster.settle();

    assertThat(logOf(cluster, 1)).containsExactly("a");
    assertThat(cluster.broker(1).core().highWatermark()).isEqualTo(1);
  }

  /** KAFKA-10706: an epoch that began here and wrote nothing does not keep a follower out. */
  @Test
  void S12_anEpochWithoutBatchesDoesNotKeepAFollowerFromFollowing() {
    cluster.minIsr = 1;
    cluster.elect(1);
    cluster.settle();
    cluster.produce("a", Acks.ALL);
    ThreeBrokers.Broker two = cluster.broker(2);
    two.epochs = two.epochs.begin(7, 1);
    cluster.leaderEpoch = 7;

    cluster.elect(1);
    cluster.settle();
    cluster.produce("b", Acks.ALL);

    assertThat(cluster.acknowledged("b")).isTrue();
    assertThat(two.values()).containsExactly("a", "b");
    assertThat(two.epochs).isEqualTo(cluster.broker(1).epochs);
  }

  /** KIP-966: the last replica in sync acknowledges nothing to all, and shows nothing new. */
  @Test
  void S03_theLastReplicaStandingCommitsNothing() {
    cluster.elect(1);
    cluster.settle();
    cluster.produce("a", Acks.ALL);
    cluster.broker(2).crash(0);
    cluster.broker(3).crash(0);
    cluster.commitIsr(1);

    cluster.produce("alone", Acks.LEADER);
    cluster.produce("refused", Acks.ALL);

    assertThat(cluster.acknowledged("alone")).isTrue();
    assertThat(cluster.broker(1).core().highWatermark()).isEqualTo(1);
    assertThat(cluster.answers.get("refused"))
        .isInstanceOfSatisfying(
            ProduceOutcome.Failed.class,
            failed -> assertThat(failed.error().code()).isEqualTo(ErrorCode.NOT_ENOUGH_REPLICAS));
    // An eligible replica leads, the last one's disk is lost: nothing that was shown is.
    cluster.broker(1).crash(1);
    cluster.isr = Set.of(2);
    cluster.elect(2);
    cluster.broker(2).restart(0);
    cluster.settle();
    assertThat(logOf(cluster, 2)).containsExactly("a");
  }

  /** A min ISR that is lowered and raised again: the leader counts by the epoch that it holds. */
  @Test
  void S03_aChangeOfTheMinIsrHoldsFromItsPartitionEpochOn() {
    cluster.elect(1);
    cluster.settle();
    cluster.broker(2).crash(0);
    cluster.broker(3).crash(0);
    cluster.commitIsr(1);
    cluster.produce("a", Acks.LEADER);
    LeaderState raised = cluster.state();

    cluster.minIsr = 1;
    cluster.commitIsr(1);
    assertThat(cluster.broker(1).core().highWatermark()).isEqualTo(1);
    cluster.broker(1).on(new PartitionEvent.StateCommitted(raised));
    cluster.produce("b", Acks.ALL);

    assertThat(cluster.acknowledged("b")).as("the older state says nothing any more").isTrue();
  }

  /** KIP-966: nothing is committed by a smaller ISR that was proposed under the old min ISR. */
  @Test
  void S03_aMinIsrThatIsRaisedWhileAShrinkIsInFlightHoldsForIt() {
    cluster.minIsr = 1;
    cluster.elect(1);
    cluster.settle();
    cluster.produce("a", Acks.ALL);
    cluster.broker(2).crash(0);
    cluster.broker(3).crash(0);
    cluster.produceOnly("b", Acks.ALL);
    cluster.nowMs += CoreDriver.LAGGED_MS;
    cluster.broker(1).on(new PartitionEvent.Tick());
    assertThat(proposals(1)).as("it has not come to the controller").hasSize(1);

    cluster.minIsr = 2;
    cluster.commitIsr(1, 2, 3);
    cluster.settle();

    assertThat(proposals(1)).as("again, from the newer state").hasSize(2);
    assertThat(cluster.isr).containsExactly(1);
    assertThat(cluster.broker(1).core().highWatermark()).isEqualTo(1);
    assertThat(cluster.answers.get("b"))
        .isInstanceOfSatisfying(
            ProduceOutcome.Failed.class,
            failed ->
                assertThat(failed.error().code())
                    .isEqualTo(ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND));
  }

  @Test
  void S07_aNewLeaderShowsWhatTheOldOneShowed() {
    cluster.elect(1);
    cluster.settle();
    cluster.produce("a", Acks.ALL);
    long shown = cluster.broker(1).core().highWatermark();
    cluster.broker(1).crash(0);
    cluster.isr = Set.of(2, 3);

    cluster.elect(2);
    assertThat(cluster.broker(2).core().highWatermark()).isEqualTo(shown);
    cluster.settle();
    cluster.produce("b", Acks.ALL);

    assertThat(cluster.broker(2).committed()).containsExactly("a", "b");
  }

  @Test
  void S17_afterAnElectionTheHighWatermarkReachesTheEpochStartWithTheFollowers() {
    cluster.elect(1);
    cluster.settle();
    cluster.produceOnly("a", Acks.ALL);
    // The followers have it, and nobody has told them that it is committed.
    cluster.broker(2).log.addAll(cluster.broker(1).log);
    cluster.broker(2).epochs = cluster.broker(1).epochs;
    cluster.broker(1).crash(0);
    cluster.broker(2).crash(0);
    cluster.isr = Set.of(2, 3);
    cluster.elect(2);
    cluster.broker(2).restart(0);
    PartitionCore leader = cluster.broker(2).core();
    assertThat(leader.epochStartOffset()).isEqualTo(1);
    assertThat(leader.highWatermark()).as("S17: not yet").isZero();

    cluster.settle();

    assertThat(leader.highWatermark()).isEqualTo(1);
  }

  @Test
  void S09_aFollowerThatIsCutOffLeavesTheIsrAndComesBack() {
    cluster.elect(1);
    cluster.settle();
    cluster.produce("a", Acks.ALL);
    cluster.cutOff.add(3);

    cluster.produce("b", Acks.ALL);
    assertThat(cluster.acknowledged("b")).as("3 counts yet").isFalse();
    cluster.pass(CoreDriver.LAGGED_MS / 2);
    assertThat(cluster.isr).containsExactlyInAnyOrder(1, 2, 3);
    cluster.pass(CoreDriver.LAGGED_MS / 2 + 1);
    assertThat(cluster.isr).containsExactlyInAnyOrder(1, 2);
    assertThat(cluster.acknowledged("b")).isTrue();

    cluster.cutOff.clear();
    cluster.broker(3).crash(0);
    cluster.broker(3).restart(0);
    cluster.settle();
    assertThat(cluster.isr).containsExactlyInAnyOrder(1, 2, 3);
    assertThat(logOf(cluster, 3)).containsExactly("a", "b");
  }

  // ---- S25: a corrupt batch

  private static List<String> cuts(ThreeBrokers cluster, int broker) {
    return cluster.broker(broker).effects.stream()
        .filter(effect -> effect.startsWith("Truncate"))
        .toList();
  }

  private void produceThree() {
    cluster.elect(1);
    cluster.settle();
    cluster.produce("a", Acks.ALL);
    cluster.produce("b", Acks.ALL);
    cluster.produce("c", Acks.ALL);
  }

  @Test
  void S25_aLeaderWithACorruptBatchGivesUpToAnInSyncReplicaAndFetchesItAgain() {
    produceThree();

    cluster.broker(1).on(new PartitionEvent.LogDamaged(1));
    cluster.settle();

    assertThat(cluster.leader).isEqualTo(2);
    assertThat(cuts(cluster, 1)).hasSize(1).allMatch(cut -> cut.contains("offset=1"));
    assertThat(logOf(cluster, 1)).containsExactly("a", "b", "c");
    assertThat(cluster.isr).as("in sync again").containsExactlyInAnyOrder(1, 2, 3);
    cluster.produce("d", Acks.ALL);
    assertThat(cluster.acknowledged("d")).isTrue();
    assertThat(cluster.broker(1).core().highWatermark()).isEqualTo(4);
  }

  @Test
  void S25_theOnlyInSyncReplicaLeadsOnUntilAnotherIsInSync() {
    cluster.controllerAgrees = false;
    cluster.minIsr = 1;
    cluster.isr = Set.of(1);
    produceThree();

    cluster.broker(1).on(new PartitionEvent.LogDamaged(1));
    cluster.settle();
    assertThat(cluster.leader).isEqualTo(1);
    cluster.produce("d", Acks.ALL);
    assertThat(cluster.acknowledged("d")).isTrue();

    cluster.controllerAgrees = true;
    cluster.commitIsr(1, 3);
    cluster.settle();
    assertThat(cluster.leader).isEqualTo(3);
    assertThat(logOf(cluster, 1)).containsExactly("a", "b", "c", "d");
  }

  /** What is in sync may be all there is of a record: it is not thrown away. */
  @Test
  void S25_aReplicaThatIsCountedOnCutsNothing() {
    produceThree();
    cluster.controllerAgrees = false;
    cluster.broker(1).on(new PartitionEvent.LogDamaged(1));

    cluster.elect(2);
    cluster.settle();
    assertThat(cuts(cluster, 1)).isEmpty();

    cluster.controllerAgrees = true;
    cluster.elect(1);
    cluster.settle();
    assertThat(cluster.leader).as("it gives up again").isEqualTo(2);
    assertThat(cuts(cluster, 1)).hasSize(1);
    assertThat(logOf(cluster, 1)).containsExactly("a", "b", "c");
  }

  /** The others may just have died, and this one have all that is left. */
  @Test
  void S25_theLeadershipIsGivenUpOnlyToOneThatIsKnownToLive() {
    produceThree();
    cluster.broker(2).crash(0);
    cluster.broker(3).crash(0);

    cluster.broker(1).on(new PartitionEvent.LogDamaged(1));
    cluster.settle();
    assertThat(cluster.leader).isEqualTo(1);

    cluster.broker(3).restart(3);
    cluster.broker(1).on(new PartitionEvent.Tick());
    cluster.pass(CoreDriver.LAG_MS / 2);
    assertThat(cluster.broker(1).core().role()).isEqualTo(Role.FOLLOWER);
  }

  @Test
  void S25_nothingIsCutBeforeTheNextLeaderIsKnownToLive() {
    produceThree();
    cluster.controllerAgrees = false;
    cluster.broker(1).on(new PartitionEvent.LogDamaged(1));
    cluster.isr = Set.of(2, 3);
    cluster.broker(2).crash(0);
    cluster.elect(2);
    cluster.settle();
    assertThat(cuts(cluster, 1)).isEmpty();
    assertThat(logOf(cluster, 1)).containsExactly("a", "b", "c");

    cluster.controllerAgrees = true;
    cluster.elect(3);
    cluster.settle();
    assertThat(cuts(cluster, 1)).hasSize(1).allMatch(cut -> cut.contains("offset=1"));
    assertThat(logOf(cluster, 1)).containsExactly("a", "b", "c");
    assertThat(cluster.isr).as("in sync again").contains(1);
  }

  @Test
  void S25_whatIsCorruptFurtherOnIsNotForgottenWhereTheFirstIsDeleted() {
    produceThree();
    cluster.controllerAgrees = false;
    cluster.broker(1).on(new PartitionEvent.LogDamaged(0));
    cluster.broker(1).on(new PartitionEvent.LogDamaged(2));
    cluster.broker(1).on(new PartitionEvent.LogStartMoved(1));

    cluster.isr = Set.of(2, 3);
    cluster.elect(2);
    cluster.settle();

    assertThat(cuts(cluster, 1)).hasSize(1).allMatch(cut -> cut.contains("offset=2"));
  }

  @Test
  void S25_aRefusedGiveUpKeepsNoOtherChangeFromBeingProposed() {
    produceThree();
    cluster.controllerAgrees = false;
    cluster.broker(1).on(new PartitionEvent.LogDamaged(1));
    assertThat(proposals(1)).hasSize(1);
    refuseAt(1);
    cluster.pass(IsrTracker.RETRY_MS);
    assertThat(proposals(1)).as("not again and again").hasSize(1);

    cluster.broker(3).crash(0);
    cluster.produce("d", Acks.LEADER);
    for (long ms = 0; ms < 2 * CoreDriver.LAG_MS; ms += 1_000) {
      cluster.pass(1_000);
    }

    assertThat(proposals(1).get(1)).contains("brokerId=1", "brokerId=2").doesNotContain("Id=3");
    refuseAt(1);
    for (long ms = 0; ms < IsrTracker.GIVE_UP_RETRY_MS; ms += 1_000) {
      cluster.pass(1_000);
    }
    assertThat(proposals(1).get(proposals(1).size() - 1))
        .as("gives up again")
        .doesNotContain("brokerId=1");
  }

  private List<String> proposals(int broker) {
    return cluster.broker(broker).effects.stream()
        .filter(effect -> effect.startsWith("ProposeIsr"))
        .toList();
  }

  private void refuseAt(int broker) {
    MillraceError no = new MillraceError(ErrorCode.INVALID_REQUEST, "not now");
    cluster
        .broker(broker)
        .on(
            new LeadingEvent.IsrAnswered(
                cluster.leaderEpoch, cluster.partitionEpoch, Optional.of(no), false));
  }

  @Test
  void S25_aFollowerDoesNotAskACorruptLeaderOverAndOver() {
    cluster.elect(1);
    cluster.settle();
    cluster.cutOff.add(1);
    PartitionCore follower = cluster.broker(2).core();
    MillraceError corrupt = new MillraceError(ErrorCode.CORRUPT_BATCH, "segment 0 at byte 7");
    long asked = subscriptions(2);

    cluster.broker(2).on(new FollowingEvent.SubscriptionEnded(asked, Optional.of(corrupt)));
    cluster.pass(Following.CORRUPT_LEADER_PAUSE_MS - 1);
    assertThat(subscriptions(2)).isEqualTo(asked);
    cluster.pass(1);

    assertThat(subscriptions(2)).isEqualTo(asked + 1);
    assertThat(follower.role()).isEqualTo(Role.FOLLOWER);
  }

  /** Attempts are numbered from 1. */
  private long subscriptions(int broker) {
    return cluster.broker(broker).effects.stream()
        .filter(effect -> effect.startsWith("Subscribe"))
        .count();
  }
}
