package io.millrace.metadata.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.metadata.controller.BrokerCommand.AlterPartitions;
import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.BrokerCommand.IsrMember;
import io.millrace.metadata.controller.BrokerCommand.IsrProposal;
import io.millrace.metadata.controller.Command.AlterTopicConfigs;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.CommandResult.AlterPartitionsResult;
import io.millrace.metadata.controller.CommandResult.PartitionOutcome;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.metadata.image.PartitionImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Leaders propose other in-sync replicas. Partition 0 of "a" has the replicas 1, 2, 3. */
final class AlterPartitionsTest {
  private final Cluster cluster = new Cluster(ControllerSettings.DEFAULTS, 1).start(1, 2, 3, 4);
  private final UUID topic = create();

  /** S09: a follower leaves; it may be an eligible leader below the min ISR. */
  @Test
  void S09_followerLeavesTheIsr() {
    PartitionImage after = ok(propose(1, 1));
    assertThat(after.isr()).containsExactly(1);
    assertThat(after.elr()).containsExactly(2, 3);
    assertThat(after.partitionEpoch()).isEqualTo(1);
    assertThat(after.leaderEpoch()).isZero();
    assertThat(cluster.partition("a", 0)).isEqualTo(after);
  }

  @Test
  void S10_followerJoinsTheIsrAndEndsTheElr() {
    ok(propose(1, 1));
    PartitionImage after = ok(propose(1, 1, 3));
    assertThat(after.isr()).containsExactly(1, 3);
    assertThat(after.elr()).isEmpty();
  }

  /** S10, KIP-841: no fenced or stopping broker joins. */
  @Test
  void S10_fencedOrStoppingBrokerDoesNotJoin() {
    cluster.fence(3);
    assertThat(error(propose(1, 1, 2, 3)).code()).isEqualTo(ErrorCode.INELIGIBLE_REPLICA);
    cluster.run(cluster.heartbeat(3));
    cluster.run(
        new BrokerHeartbeat(
            3, cluster.epoch(3), cluster.image().revision(), false, true, Set.of()));
    assertThat(error(propose(1, 1, 2, 3)).message())
        .isEqualTo("broker 3 is IN_CONTROLLED_SHUTDOWN (expected: ACTIVE)");
  }

  /** S10, KIP-903: nor does one that has registered anew since the leader heard of it. */
  @Test
  void S10_brokerOfAnEarlierRegistrationDoesNotJoin() {
    long before = cluster.epoch(3);
    cluster.fence(3);
    cluster.start(Cluster.register(3, "", 2));
    assertThat(error(proposal(List.of(member(1), member(2), new IsrMember(3, before)))).code())
        .isEqualTo(ErrorCode.INELIGIBLE_REPLICA);
    ok(proposal(List.of(member(1), member(2), new IsrMember(3, cluster.epoch(3)))));
  }

  /** S02: whose repetition was refused, the leader may no longer count with its members. */
  @Test
  void S02_theIsrAsItIsEndsEarlierProposalsThatAreUnderWay() {
    PartitionImage before = ok(propose(1, 1, 2));
    cluster.fence(3);
    IsrProposal underWay = propose(1, 1, 2, 3);
    assertThat(error(underWay).code()).isEqualTo(ErrorCode.INELIGIBLE_REPLICA);

    PartitionImage after = ok(propose(1, 1, 2));
    cluster.run(cluster.heartbeat(3));

    assertThat(error(underWay).code()).isEqualTo(ErrorCode.STALE_PARTITION_EPOCH);
    assertThat(after.isr()).isEqualTo(before.isr());
    assertThat(after.leaderEpoch()).isEqualTo(before.leaderEpoch());
    assertThat(after.partitionEpoch()).isEqualTo(before.partitionEpoch() + 1);
  }

  /** S03: a leader that goes by an older state of the partition is refused. */
  @Test
  void S03_stalePartitionEpochIsRefusedAndThePartitionTold() {
    ok(propose(1, 1, 2));
    IsrProposal late = new IsrProposal(topic, 0, 0, 0, List.of(member(1)));
    PartitionOutcome outcome = alter(1, List.of(late)).partitions().get(0);
    assertThat(outcome.error().orElseThrow().code()).isEqualTo(ErrorCode.STALE_PARTITION_EPOCH);
    assertThat(outcome.partition()).contains(cluster.partition("a", 0));
  }

  /** S03, KIP-966: who leaves by it may lack what was committed under the smaller min ISR. */
  @Test
  void S03_aShrinkThatWasUnderWayWhenTheMinIsrWasRaisedIsRefusedAndNobodyIsEligible() {
    minIsr(1);
    ok(propose(1, 1, 2));
    IsrProposal underWay = propose(1, 1);
    minIsr(2);
    assertThat(error(underWay).code()).isEqualTo(ErrorCode.STALE_PARTITION_EPOCH);
    assertThat(cluster.partition("a", 0).effectiveMinIsr()).isEqualTo(2);
    assertThat(cluster.partition("a", 0).isr()).containsExactly(1, 2);
    assertThat(cluster.partition("a", 0).elr()).isEmpty();
  }

  /** S03, KIP-966. */
  @Test
  void S03_aRaisedMinIsrEndsTheElrAndThePartitionEpoch() {
    PartitionImage before = ok(propose(1, 1));
    assertThat(before.elr()).containsExactly(2, 3);
    minIsr(3);
    assertThat(cluster.partition("a", 0).elr()).isEmpty();
    assertThat(cluster.partition("a", 0).partitionEpoch()).isEqualTo(before.partitionEpoch() + 1);
  }

  @Test
  void S05_theEffectiveMinIsrIsAtMostTheNumberOfReplicas() {
    minIsr(5);
    assertThat(cluster.partition("a", 0).effectiveMinIsr()).isEqualTo(3);
  }

  private void minIsr(int replicas) {
    cluster.run(
        new AlterTopicConfigs(
            "a", Map.of("min.insync.replicas", Optional.of("" + replicas)), RequestOptions.NONE));
  }

  @Test
  void otherLeaderEpochsAreRefused() {
    cluster.fence(1);
    int partitionEpoch = cluster.partition("a", 0).partitionEpoch();
    IsrProposal older = new IsrProposal(topic, 0, 0, partitionEpoch, List.of(member(2)));
    IsrProposal newer = new IsrProposal(topic, 0, 2, partitionEpoch, List.of(member(2)));
    assertThat(error(2, older).code()).isEqualTo(ErrorCode.FENCED_LEADER_EPOCH);
    assertThat(error(2, newer).code()).isEqualTo(ErrorCode.UNKNOWN_LEADER_EPOCH);
  }

  @Test
  void onlyTheLeaderProposes() {
    assertThat(error(2, proposal(List.of(member(2)))).code()).isEqualTo(ErrorCode.NOT_LEADER);
  }

  @Test
  void proposalMustHaveOnlyReplicasNoneTwice() {
    assertThat(error(propose(1)).code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(error(propose(1, 1, 4)).code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(error(propose(1, 1, 1)).code()).isEqualTo(ErrorCode.INVALID_REQUEST);
  }

  /** S25: a leader whose log is corrupt leaves it to one that is in sync, and is unclean (S14). */
  @Test
  void S14_S25_aLeaderThatProposesTheOthersLeadsNoMoreAndIsNotEligible() {
    ok(propose(1, 1, 2));
    PartitionImage after = ok(propose(1, 2));
    assertThat(after.leader()).isEqualTo(2);
    assertThat(after.leaderEpoch()).isEqualTo(1);
    assertThat(after.isr()).containsExactly(2);
    assertThat(after.elr()).doesNotContain(1);
  }

  @Test
  void S25_aLeaderGivesUpToNobodyWhoCanNotLead() {
    ok(propose(1, 1, 2));
    assertThat(error(propose(1, 2, 3)).code())
        .as("3 is not in sync")
        .isEqualTo(ErrorCode.INELIGIBLE_REPLICA);
    cluster.fence(3);
    cluster.run(
        new BrokerHeartbeat(
            2, cluster.epoch(2), cluster.image().revision(), false, true, Set.of()));
    assertThat(error(propose(1, 2)).code()).isEqualTo(ErrorCode.INELIGIBLE_REPLICA);
    assertThat(cluster.partition("a", 0).leader()).isEqualTo(1);
  }

  @Test
  void eachPartitionIsJudgedForItself() {
    IsrProposal good = proposal(List.of(member(1), member(2)));
    IsrProposal unknownTopic = new IsrProposal(new UUID(4, 4), 0, 0, 0, List.of(member(1)));
    IsrProposal unknownPartition = new IsrProposal(topic, 9, 0, 0, List.of(member(1)));
    List<PartitionOutcome> outcomes =
        alter(1, List.of(unknownTopic, good, unknownPartition, good)).partitions();
    assertThat(outcomes.get(0).error().orElseThrow().code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC_ID);
    assertThat(outcomes.get(1).error()).isEmpty();
    assertThat(outcomes.get(2).error().orElseThrow().code()).isEqualTo(ErrorCode.UNKNOWN_PARTITION);
    assertThat(outcomes.get(3).error().orElseThrow().message()).contains("twice");
    assertThat(cluster.partition("a", 0).isr()).containsExactly(1, 2);
  }

  @Test
  void staleBrokerEpochIsRefusedAsAWhole() {
    CommandResult result = cluster.run(new AlterPartitions(1, 999, List.of()));
    assertThat(((Refused) result).error().code()).isEqualTo(ErrorCode.STALE_BROKER_EPOCH);
  }

  @Test
  void leaderThatStopsHandsOverToTheReplicaThatJoins() {
    cluster.fence(2, 3);
    cluster.run(
        new BrokerHeartbeat(
            1, cluster.epoch(1), cluster.image().revision(), false, true, Set.of()));
    assertThat(cluster.partition("a", 0).leader()).isEqualTo(1);
    cluster.run(cluster.heartbeat(2));
    assertThat(ok(propose(1, 1, 2)).leader()).isEqualTo(2);
  }

  private UUID create() {
    cluster.run(
        new CreateTopic(
            "a",
            0,
            0,
            List.of(List.of(1, 2, 3)),
            Map.of("min.insync.replicas", "2"),
            RequestOptions.NONE));
    return cluster.image().topic("a").orElseThrow().id();
  }

  private static IsrMember member(int broker) {
    return new IsrMember(broker, -1);
  }

  /** Broker 1 proposes an ISR. */
  private IsrProposal propose(int... isr) {
    List<IsrMember> members = new ArrayList<>();
    for (int i = 1; i < isr.length; i++) {
      members.add(member(isr[i]));
    }
    return proposal(members);
  }

  private IsrProposal proposal(List<IsrMember> isr) {
    PartitionImage now = cluster.partition("a", 0);
    return new IsrProposal(topic, 0, now.leaderEpoch(), now.partitionEpoch(), isr);
  }

  private AlterPartitionsResult alter(int broker, List<IsrProposal> proposals) {
    return (AlterPartitionsResult)
        cluster.run(new AlterPartitions(broker, cluster.epoch(broker), proposals));
  }

  private PartitionImage ok(IsrProposal proposal) {
    PartitionOutcome outcome = alter(1, List.of(proposal)).partitions().get(0);
    assertThat(outcome.error()).isEmpty();
    return outcome.partition().orElseThrow();
  }

  private MillraceError error(IsrProposal proposal) {
    return error(1, proposal);
  }

  private MillraceError error(int broker, IsrProposal proposal) {
    PartitionImage before = cluster.partition("a", 0);
    PartitionOutcome outcome = alter(broker, List.of(proposal)).partitions().get(0);
    assertThat(cluster.partition("a", 0)).isEqualTo(before);
    return outcome.error().orElseThrow();
  }
}
