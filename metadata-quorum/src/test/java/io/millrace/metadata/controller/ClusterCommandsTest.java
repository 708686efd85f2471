package io.millrace.metadata.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.common.config.ConfigSchema;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.NotUnderstood;
import io.millrace.common.config.Origin;
import io.millrace.common.config.TopicConfigs;
import io.millrace.metadata.controller.BrokerCommand.AlterPartitions;
import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.BrokerCommand.IsrMember;
import io.millrace.metadata.controller.BrokerCommand.IsrProposal;
import io.millrace.metadata.controller.ClusterCommand.AlterBrokerConfigs;
import io.millrace.metadata.controller.ClusterCommand.AlterClusterConfigs;
import io.millrace.metadata.controller.ClusterCommand.AlterReassignments;
import io.millrace.metadata.controller.ClusterCommand.DrainBroker;
import io.millrace.metadata.controller.ClusterCommand.ElectLeaders;
import io.millrace.metadata.controller.ClusterCommand.ElectionType;
import io.millrace.metadata.controller.ClusterCommand.Reassignment;
import io.millrace.metadata.controller.ClusterCommand.UnregisterBroker;
import io.millrace.metadata.controller.ClusterCommand.UpdateFeatureLevel;
import io.millrace.metadata.controller.Command.AlterTopicConfigs;
import io.millrace.metadata.controller.Command.CreatePartitions;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.CommandResult.BrokerResult;
import io.millrace.metadata.controller.CommandResult.Done;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.metadata.controller.CommandResult.TopicResult;
import io.millrace.metadata.image.FeatureRange;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.SnapshotBytes;
import io.millrace.metadata.image.TopicImage;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Commands on the cluster, its brokers and many partitions. */
final class ClusterCommandsTest {
  private static final TopicPartition A0 = new TopicPartition("a", 0);

  private final Cluster cluster = new Cluster(ControllerSettings.DEFAULTS, 1).start(1, 2, 3, 4);

  /** S15: a reassignment goes on until all new replicas are in sync, then the others go. */
  @Test
  void S15_reassignmentEndsWhenTheNewReplicasAreInSync() {
    create(List.of(1, 2, 3));
    reassign(Optional.of(List.of(4, 2)));
    assertThat(partition().replicas()).containsExactly(4, 2, 1, 3);
    assertThat(partition().assignment().adding()).containsExactly(4);
    assertThat(partition().assignment().removing()).containsExactly(1, 3);
    assertThat(partition().leader()).isEqualTo(1);
    assertThat(partition().leaderEpoch()).isZero();
    assertThat(Reassignments.list(cluster.image()))
        .containsExactly(new Reassignments.Ongoing(A0, partition().assignment()));
    assertThat(SnapshotBytes.throughBytes(cluster.image())).isEqualTo(cluster.image());

    propose(1, 1, 2, 3, 4);
    assertThat(partition().replicas()).containsExactly(4, 2);
    assertThat(partition().assignment().reassigning()).isFalse();
    assertThat(partition().isr()).containsExactlyInAnyOrder(2, 4);
    assertThat(partition().leader()).isEqualTo(4);
    assertThat(partition().leaderEpoch()).isEqualTo(1);
    assertThat(Reassignments.list(cluster.image())).isEmpty();
    assertThat(cluster.image().topics().withReplicasOn(1)).isEmpty();
    assertThat(cluster.image().topics().withReplicasOn(4)).hasSize(1);
  }

  @Test
  void reassignmentThatIsCancelledLeavesTheReplicasThatWereThere() {
    create(List.of(1, 2, 3));
    reassign(Optional.of(List.of(4, 2)));
    reassign(Optional.empty());
    assertThat(partition().replicas()).containsExactlyInAnyOrder(1, 2, 3);
    assertThat(partition().isr()).containsExactlyInAnyOrder(1, 2, 3);
    assertThat(partition().leader()).isEqualTo(1);
    assertThat(refused(reassignment(Optional.empty())).code())
        .isEqualTo(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS);
  }

  /** The replica that was added may be the only one that has everything by now. */
  @Test
  void S13_reassignmentThatWouldGiveUpEveryReplicaInSyncIsRefused() {
    create(List.of(1, 2));
    reassign(Optional.of(List.of(3, 4)));
    propose(1, 1, 2, 3);
    cluster.fence(1, 2);
    assertThat(partition().isr()).containsExactly(3);
    for (Optional<List<Integer>> target :
        List.of(Optional.<List<Integer>>empty(), Optional.of(List.of(1, 4)))) {
      MillraceError error = refused(reassignment(target));
      assertThat(error.code()).isEqualTo(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
      assertThat(error.message()).contains("in sync [3]");
    }
    propose(3, 3, 4);
    assertThat(partition().replicas()).containsExactly(3, 4);
  }

  @Test
  void reassignmentThatOnlyRemovesEndsAtOnce() {
    create(List.of(1, 2, 3));
    reassign(Optional.of(List.of(3)));
    assertThat(partition().replicas()).containsExactly(3);
    assertThat(partition().leader()).isEqualTo(3);
    assertThat(partition().effectiveMinIsr()).isEqualTo(1);
  }

  /** S05: who goes may be one of the copies that an acknowledgement needs. */
  @Test
  void S05_reassignmentThatOnlyRemovesWaitsUntilEnoughOfTheOthersAreInSync() {
    alterCluster("min.insync.replicas", Optional.of("2"));
    create(List.of(1, 2, 3));
    propose(1, 1, 2);
    reassign(Optional.of(List.of(1, 3)));
    assertThat(partition().replicas()).containsExactly(1, 3, 2);
    assertThat(partition().isr()).containsExactlyInAnyOrder(1, 2);
    assertThat(partition().assignment().removing()).containsExactly(2);

    propose(1, 1, 2, 3);
    assertThat(partition().replicas()).containsExactly(1, 3);
    assertThat(partition().isr()).containsExactlyInAnyOrder(1, 3);
    assertThat(partition().assignment().reassigning()).isFalse();
  }

  @Test
  void reassignmentThatWaitsForEnoughInSyncEndsWhenFewerAreEnough() {
    alterCluster("min.insync.replicas", Optional.of("2"));
    create(List.of(1, 2, 3));
    propose(1, 1, 2);
    reassign(Optional.of(List.of(1, 3)));
    alterCluster("min.insync.replicas", Optional.of("1"));
    assertThat(partition().replicas()).containsExactly(1, 3);
    assertThat(partition().isr()).containsExactly(1);
  }

  /** Nothing of what is in force changes with it: only what the end of the reassignment needs. */
  @Test
  void reassignmentToMoreReplicasEndsWhenFewerAreEnough() {
    alterCluster("min.insync.replicas", Optional.of("3"));
    create(List.of(2, 1));
    reassign(Optional.of(List.of(1, 3, 4)));
    propose(2, 2, 3, 4);
    assertThat(partition().assignment().removing()).containsExactly(2);
    assertThat(partition().effectiveMinIsr()).isEqualTo(2);
    alterCluster("min.insync.replicas", Optional.of("2"));
    assertThat(partition().replicas()).containsExactly(1, 3, 4);
    assertThat(partition().isr()).containsExactlyInAnyOrder(3, 4);
  }

  /** S05: who has just left the ISR has all that was committed, while the ISR is too small. */
  @Test
  void S05_reassignmentDoesNotEndBecauseACopyThatGoesLeavesTheIsr() {
    alterCluster("min.insync.replicas", Optional.of("2"));
    create(List.of(1, 2, 3));
    propose(1, 1, 2);
    reassign(Optional.of(List.of(1, 3)));
    propose(1, 1);
    assertThat(partition().replicas()).containsExactly(1, 3, 2);
    assertThat(partition().elr()).containsExactly(2);
    propose(1, 1, 3);
    assertThat(partition().replicas()).containsExactly(1, 3);
  }

  /** Nothing is gained by waiting where no copy goes. */
  @Test
  void reassignmentThatOnlyAddsEndsWithTheNewReplicasInSync() {
    alterCluster("min.insync.replicas", Optional.of("3"));
    create(List.of(1, 2));
    reassign(Optional.of(List.of(1, 2, 3)));
    propose(1, 1, 3);
    assertThat(partition().assignment().reassigning()).isFalse();
    assertThat(partition().effectiveMinIsr()).isEqualTo(3);
  }

  /** S16: a broker that is about to stop is nobody to leave a partition to. */
  @Test
  void S16_reassignmentDoesNotEndWithOnlyABrokerThatStops() {
    create(List.of(1, 2));
    propose(1, 1);
    cluster.run(
        new BrokerHeartbeat(
            1, cluster.epoch(1), cluster.image().revision(), false, true, Set.of()));
    reassign(Optional.of(List.of(1)));
    assertThat(partition().replicas()).containsExactly(1, 2);
    cluster.fence(1);
    cluster.start(Cluster.register(1, "", 2));
    assertThat(partition().replicas()).containsExactly(1);
    assertThat(partition().leader()).isEqualTo(1);
  }

  /** S13: nor may an unclean election take the place of the one that has everything. */
  @Test
  void S13_cancellationThatWouldElectAnUncleanReplicaIsRefused() {
    create(List.of(1, 2));
    cluster.run(
        new AlterTopicConfigs(
            "a",
            Map.of("unclean.leader.election.enable", Optional.of("true")),
            RequestOptions.NONE));
    reassign(Optional.of(List.of(3, 4)));
    propose(1, 1, 2, 3);
    cluster.fence(1, 2);
    cluster.run(cluster.heartbeat(1));
    assertThat(partition().isr()).containsExactly(3);
    MillraceError error = refused(reassignment(Optional.empty()));
    assertThat(error.code()).isEqualTo(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
    assertThat(error.message()).contains("in sync [3]");
  }

  /** S05: what was added may be one of the copies that an acknowledgement needs by now. */
  @Test
  void S05_cancellationThatWouldLeaveTooFewInSyncIsRefused() {
    alterCluster("min.insync.replicas", Optional.of("2"));
    create(List.of(1, 2));
    reassign(Optional.of(List.of(3, 4)));
    propose(1, 1, 3);
    for (Optional<List<Integer>> target :
        List.of(Optional.<List<Integer>>empty(), Optional.of(List.of(1, 4)))) {
      MillraceError error = refused(reassignment(target));
      assertThat(error.code()).isEqualTo(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
      assertThat(error.message()).contains("keep in sync [1] of [3, 1]");
    }
    reassign(Optional.of(List.of(1, 3)));
    assertThat(partition().replicas()).containsExactly(1, 3);
  }

  @Test
  void reassignmentIsChangedWhileItIsUnderWay() {
    create(List.of(1, 2));
    reassign(Optional.of(List.of(3, 4)));
    reassign(Optional.of(List.of(1, 4)));
    assertThat(partition().replicas()).containsExactly(1, 4, 2);
    assertThat(partition().assignment().adding()).containsExactly(4);
    assertThat(partition().assignment().removing()).containsExactly(2);
  }

  /** S05: more replicas allow for a larger effective min ISR. */
  @Test
  void S05_effectiveMinIsrGrowsWithTheReplicasOfAReassignment() {
    alterCluster("min.insync.replicas", Optional.of("2"));
    create(List.of(1));
    assertThat(partition().effectiveMinIsr()).isEqualTo(1);
    reassign(Optional.of(List.of(1, 2, 3)));
    propose(1, 1, 2, 3);
    assertThat(partition().assignment().reassigning()).isFalse();
    assertThat(partition().effectiveMinIsr()).isEqualTo(2);
  }

  @Test
  void S15_reassignmentEndsWhenItsLastNewReplicaIsElected() {
    create(List.of(2));
    reassign(Optional.of(List.of(4, 2)));
    cluster.fence(2);
    run(new ElectLeaders(ElectionType.UNCLEAN, List.of(A0), RequestOptions.NONE));
    assertThat(partition().leader()).isEqualTo(4);
    assertThat(partition().isr()).containsExactly(4);
    assertThat(partition().assignment().reassigning()).isFalse();
    assertThat(partition().replicas()).containsExactly(4, 2);
  }

  /** A new replica that is in sync already goes with the target that named it. */
  @Test
  void reassignmentIsChangedWhenANewReplicaIsInSync() {
    create(List.of(1, 2));
    reassign(Optional.of(List.of(3, 4)));
    propose(1, 1, 2, 3);
    assertThat(partition().isr()).containsExactlyInAnyOrder(1, 2, 3);
    reassign(Optional.of(List.of(1, 4)));
    assertThat(partition().replicas()).containsExactly(1, 4, 2);
    assertThat(partition().isr()).containsExactlyInAnyOrder(1, 2);
  }

  @Test
  void replicasThatAreAlreadySoWriteNothing() {
    create(List.of(1, 2));
    MetadataImage before = cluster.image();
    reassign(Optional.of(List.of(1, 2)));
    assertThat(cluster.image()).isEqualTo(before);
  }

  /** S20: a replica set never names a broker twice, nor one that nobody knows. */
  @Test
  void S20_badAssignmentsAreRefused() {
    create(List.of(1, 2));
    for (List<Integer> bad : List.of(List.<Integer>of(), List.of(1, 1), List.of(9))) {
      assertThat(refused(reassignment(Optional.of(bad))).code())
          .isEqualTo(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
      assertThat(refused(createTopic("b", bad)).code())
          .isEqualTo(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
    }
    cluster.fence(4);
    assertThat(refused(createTopic("b", List.of(4))).message())
        .contains("expected: one live broker at least");
    assertThat(
            refused(
                    new CreateTopic(
                        "b", 3, 0, List.of(List.of(1), List.of(2)), Map.of(), RequestOptions.NONE))
                .code())
        .isEqualTo(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
  }

  @Test
  void addedPartitionsMayBeAssignedByHand() {
    create(List.of(1, 2));
    assertThat(
            cluster.run(new CreatePartitions("a", 2, List.of(List.of(4, 3)), RequestOptions.NONE)))
        .isInstanceOf(TopicResult.class);
    assertThat(cluster.partition("a", 1).replicas()).containsExactly(4, 3);
    assertThat(
            refused(new CreatePartitions("a", 4, List.of(List.of(4, 3)), RequestOptions.NONE))
                .message())
        .isEqualTo("assignments: 1 (expected: 2)");
    assertThat(
            refused(new CreatePartitions("a", 3, List.of(List.of(4)), RequestOptions.NONE)).code())
        .isEqualTo(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
  }

  /** S15: the preferred replica leads again. */
  @Test
  void S15_preferredLeaderIsElectedIfItIsInSync() {
    create(List.of(1, 2));
    cluster.fence(1);
    cluster.run(cluster.heartbeat(1));
    run(new ElectLeaders(ElectionType.PREFERRED, List.of(A0), RequestOptions.NONE));
    assertThat(partition().leader()).isEqualTo(2);
    propose(2, 1, 2);
    run(new ElectLeaders(ElectionType.PREFERRED, List.of(), RequestOptions.NONE));
    assertThat(partition().leader()).isEqualTo(1);
    assertThat(cluster.image().uncleanElections()).isZero();
  }

  @Test
  void S13_uncleanElectionByAnAdministratorIsForPartitionsWithoutALeader() {
    create(List.of(1, 2));
    cluster.fence(2);
    cluster.fence(1);
    cluster.run(cluster.heartbeat(2));
    assertThat(partition().leader()).isEqualTo(PartitionImage.NO_BROKER);
    run(new ElectLeaders(ElectionType.UNCLEAN, List.of(A0), RequestOptions.NONE));
    assertThat(partition().leader()).isEqualTo(2);
    assertThat(cluster.image().uncleanElections()).isEqualTo(1);
    long revision = cluster.image().revision();
    run(new ElectLeaders(ElectionType.UNCLEAN, List.of(A0), RequestOptions.NONE));
    assertThat(cluster.image().revision()).isEqualTo(revision);
  }

  @Test
  void electionOfAnUnknownPartitionIsRefused() {
    create(List.of(1, 2));
    assertThat(
            refused(
                    new ElectLeaders(
                        ElectionType.PREFERRED,
                        List.of(new TopicPartition("a", 1)),
                        RequestOptions.NONE))
                .code())
        .isEqualTo(ErrorCode.UNKNOWN_PARTITION);
  }

  /** S03: the cluster's min.insync.replicas acts on the partitions whose topic sets none. */
  @Test
  void S03_clustersMinIsrActsOnPartitions() {
    create(List.of(1, 2, 3));
    cluster.run(
        new CreateTopic("own", 1, 3, Map.of("min.insync.replicas", "1"), RequestOptions.NONE));
    alterCluster("min.insync.replicas", Optional.of("2"));
    assertThat(partition().effectiveMinIsr()).isEqualTo(2);
    assertThat(partition().partitionEpoch()).isEqualTo(1);
    assertThat(cluster.partition("own", 0).effectiveMinIsr()).isEqualTo(1);
    alterCluster("min.insync.replicas", Optional.empty());
    assertThat(partition().effectiveMinIsr()).isEqualTo(1);
    assertThat(cluster.image().configs().cluster()).isEmpty();
  }

  @Test
  void clustersMinIsrOfManyPartitionsRunsAsSeveralEntriesAndIsAnsweredOnce() {
    for (int i = 0; i < 5; i++) {
      cluster.run(new CreateTopic("t" + i, 10_000, 3, Map.of(), RequestOptions.NONE));
    }
    int before = cluster.log().size();
    AlterClusterConfigs alter =
        new AlterClusterConfigs(
            Map.of("min.insync.replicas", Optional.of("2")), RequestOptions.withId("r1"));
    CommandResult first = cluster.run(alter);
    assertThat(cluster.log().size() - before).isGreaterThan(2);
    assertThat(cluster.log())
        .allMatch(e -> e.getSerializedSize() <= ControllerSettings.DEFAULTS.maxEntryBytes());
    for (TopicImage topic : cluster.image().topics().byId().values()) {
      assertThat(topic.partitions()).allMatch(p -> p.effectiveMinIsr() == 2);
    }
    assertThat(cluster.run(alter)).isEqualTo(first);
  }

  @Test
  void valueInForceTellsWhetherItIsTheBrokersOrTheClusters() {
    EffectiveConfig own =
        EffectiveConfig.builder(new ConfigSchema("setting", List.of(TopicConfigs.brokerDefaults())))
            .put("log.retention.ms", "1", Origin.FILE, "")
            .build();
    alterCluster("log.retention.ms", Optional.of("2"));
    run(
        new AlterBrokerConfigs(
            3, Map.of("log.retention.ms", Optional.of("3s")), RequestOptions.NONE));
    var key = TopicConfigs.brokerKey(TopicConfigs.RETENTION_MS);
    EffectiveConfig one = cluster.image().configs().effective(1, own, NotUnderstood.SILENT);
    EffectiveConfig three = cluster.image().configs().effective(3, own, NotUnderstood.SILENT);
    assertThat(one.setting(key).origin()).isEqualTo(Origin.CLUSTER);
    assertThat(one.get(key)).isEqualTo(2);
    assertThat(three.setting(key).origin()).isEqualTo(Origin.BROKER);
    assertThat(three.get(key)).isEqualTo(3_000);
    assertThat(
            TopicConfigs.effective(Map.of("retention.ms", "4"), three, NotUnderstood.SILENT)
                .setting(TopicConfigs.RETENTION_MS)
                .origin())
        .isEqualTo(Origin.TOPIC);
    assertThat(SnapshotBytes.throughBytes(cluster.image())).isEqualTo(cluster.image());
  }

  @Test
  void badDynamicSettingsAreRefused() {
    assertThat(refused(cluster("log.retention.mss", "1")).message()).contains("did you mean");
    assertThat(refused(cluster("log.retention.ms", "soon")).code())
        .isEqualTo(ErrorCode.INVALID_CONFIG);
    Map<String, Optional<String>> minIsr = Map.of("min.insync.replicas", Optional.of("2"));
    assertThat(refused(new AlterBrokerConfigs(1, minIsr, RequestOptions.NONE)).message())
        .contains("expected: of a topic or of the cluster");
    assertThat(refused(new AlterBrokerConfigs(9, Map.of(), RequestOptions.NONE)).code())
        .isEqualTo(ErrorCode.UNKNOWN_BROKER);
  }

  /** S13: unclean election may be enabled for a broker or for the cluster. */
  @Test
  void S13_uncleanElectionIsEnabledAtAnyLevel() {
    create(List.of(1, 2));
    cluster.fence(2, 1);
    run(
        new AlterBrokerConfigs(
            2, Map.of("unclean.leader.election.enable", Optional.of("true")), RequestOptions.NONE));
    cluster.run(cluster.heartbeat(2));
    assertThat(partition().leader()).isEqualTo(2);
    assertThat(cluster.image().uncleanElections()).isEqualTo(1);

    cluster.run(createTopic("b", List.of(3, 4)));
    cluster.fence(4, 3);
    cluster.run(cluster.heartbeat(4));
    assertThat(cluster.partition("b", 0).leader()).isEqualTo(PartitionImage.NO_BROKER);
    alterCluster("unclean.leader.election.enable", Optional.of("true"));
    cluster.run(new UpkeepCommand.ElectOffline());
    assertThat(cluster.partition("b", 0).leader()).isEqualTo(4);
  }

  @Test
  void drainedBrokerLeadsNothingThatAnotherCanAndStaysInSync() {
    create(List.of(1, 2, 3));
    run(new DrainBroker(1, true, RequestOptions.NONE));
    assertThat(partition().leader()).isEqualTo(2);
    assertThat(partition().isr()).containsExactly(1, 2, 3);
    assertThat(SnapshotBytes.throughBytes(cluster.image())).isEqualTo(cluster.image());
    run(new ElectLeaders(ElectionType.PREFERRED, List.of(A0), RequestOptions.NONE));
    run(new UpkeepCommand.BalanceLeaders());
    assertThat(partition().leader()).isEqualTo(2);

    run(new DrainBroker(1, false, RequestOptions.NONE));
    assertThat(partition().leader()).isEqualTo(2);
    run(new ElectLeaders(ElectionType.PREFERRED, List.of(A0), RequestOptions.NONE));
    assertThat(partition().leader()).isEqualTo(1);
  }

  @Test
  void drainedBrokerLeadsOnWhatNobodyElseCanUntilSomebodyCan() {
    create(List.of(1, 2));
    propose(1, 1);
    long revision = cluster.image().revision();
    run(new DrainBroker(1, true, RequestOptions.checkOnly()));
    assertThat(cluster.image().revision()).isEqualTo(revision);
    run(new DrainBroker(1, true, RequestOptions.NONE));
    assertThat(partition().leader()).isEqualTo(1);
    propose(1, 1, 2);
    assertThat(partition().leader()).isEqualTo(2);
  }

  @Test
  void brokerThatIsDrainedNoLongerTakesOverFromOneThatStillIs() {
    create(List.of(1, 2));
    run(new DrainBroker(1, true, RequestOptions.NONE));
    run(new DrainBroker(2, true, RequestOptions.NONE));
    assertThat(partition().leader()).isEqualTo(2);
    run(new DrainBroker(1, false, RequestOptions.NONE));
    assertThat(partition().leader()).isEqualTo(1);
  }

  @Test
  void nothingNewIsPlacedOnADrainedBrokerWhileOthersAreEnough() {
    run(new DrainBroker(1, true, RequestOptions.NONE));
    for (String name : List.of("b", "c", "d", "e")) {
      assertThat(cluster.run(new CreateTopic(name, 3, 3, Map.of(), RequestOptions.NONE)))
          .isInstanceOf(TopicResult.class);
    }
    assertThat(cluster.image().topics().withReplicasOn(1)).isEmpty();
    assertThat(cluster.run(new CreateTopic("all", 8, 4, Map.of(), RequestOptions.NONE)))
        .isInstanceOf(TopicResult.class);
    assertThat(cluster.image().topic("all").orElseThrow().partitions())
        .allMatch(partition -> partition.leader() != 1)
        .allMatch(partition -> partition.replicas().contains(1));
  }

  @Test
  void drainThatAnEarlierControllerLeftHalfDoneIsFinished() {
    Cluster small = new Cluster(ControllerSettings.DEFAULTS.withBounds(8 << 10, 10), 1);
    small.start(1, 2, 3);
    for (int i = 0; i < 20; i++) {
      small.run(new CreateTopic("t" + i, 90, 3, Map.of(), RequestOptions.NONE));
    }
    small.runOnce(new DrainBroker(1, true, RequestOptions.NONE));
    assertThat(ledBy(small, 1)).isPositive();
    small.run(new UpkeepCommand.RepairPartitions());
    assertThat(ledBy(small, 1)).isZero();
  }

  private static long ledBy(Cluster of, int broker) {
    return of.image().topics().byId().values().stream()
        .flatMap(topic -> topic.partitions().stream())
        .filter(partition -> partition.leader() == broker)
        .count();
  }

  @Test
  void drainOutlivesARegistrationAndEndsWhenTheBrokerIsTakenOut() {
    run(new DrainBroker(2, true, RequestOptions.NONE));
    cluster.fence(2);
    assertThat(cluster.run(Cluster.register(2, "", 2))).isInstanceOf(BrokerResult.class);
    assertThat(cluster.image().drained(2)).isTrue();
    run(new UnregisterBroker(2, 0, RequestOptions.NONE));
    assertThat(cluster.image().drained(2)).isFalse();
    assertThat(refused(new DrainBroker(2, true, RequestOptions.NONE)).code())
        .isEqualTo(ErrorCode.UNKNOWN_BROKER);
  }

  @Test
  void repeatedDrainIsAnsweredAsTheFirstOne() {
    RequestOptions id = RequestOptions.withId("r");
    CommandResult first = cluster.run(new DrainBroker(3, true, id));
    run(new DrainBroker(3, false, RequestOptions.NONE));
    assertThat(cluster.run(new DrainBroker(3, true, id))).isEqualTo(first);
    assertThat(cluster.image().drained(3)).isFalse();
    assertThat(refused(new DrainBroker(3, false, id)).code())
        .isEqualTo(ErrorCode.REQUEST_ID_REUSED);
  }

  @Test
  void featureLevelIsRaisedOnlyToWhatThisSoftwareAndAllBrokersCanRunAt() {
    assertThat(refused(new UpdateFeatureLevel(2, RequestOptions.NONE)).message())
        .isEqualTo("feature level: 2 (expected: 1 to 1)");
    assertThat(refused(new UpdateFeatureLevel(0, RequestOptions.NONE)).code())
        .isEqualTo(ErrorCode.UNSUPPORTED);
    assertThat(cluster.run(new UpdateFeatureLevel(1, RequestOptions.NONE)))
        .isEqualTo(new Done(cluster.image().revision()));

    ConfigDecisions newer =
        new ConfigDecisions(
            ControllerSettings.DEFAULTS,
            new DynamicConfigs(ControllerSettings.DEFAULTS.topics()),
            new FeatureRange(1, 3));
    assertThatThrownBy(
            () ->
                newer.updateFeatures(
                    cluster.image(), new UpdateFeatureLevel(2, RequestOptions.NONE)))
        .isInstanceOf(MillraceException.class)
        .hasMessageContaining("broker 1 can run at: 1 to 1");
    Cluster able = new Cluster(ControllerSettings.DEFAULTS, 1);
    assertThat(newer.updateFeatures(able.image(), new UpdateFeatureLevel(2, RequestOptions.NONE)))
        .hasSize(1);
  }

  private AlterClusterConfigs cluster(String key, String value) {
    return new AlterClusterConfigs(Map.of(key, Optional.of(value)), RequestOptions.NONE);
  }

  private void alterCluster(String key, Optional<String> value) {
    run(new AlterClusterConfigs(Map.of(key, value), RequestOptions.NONE));
  }

  private void run(Command command) {
    assertThat(cluster.run(command)).isInstanceOf(Done.class);
  }

  private void reassign(Optional<List<Integer>> replicas) {
    run(reassignment(replicas));
  }

  private static AlterReassignments reassignment(Optional<List<Integer>> replicas) {
    return new AlterReassignments(List.of(new Reassignment(A0, replicas)), RequestOptions.NONE);
  }

  private void propose(int leader, int... isr) {
    PartitionImage now = partition();
    List<IsrMember> members =
        java.util.Arrays.stream(isr).mapToObj(id -> new IsrMember(id, -1)).toList();
    IsrProposal proposal =
        new IsrProposal(
            cluster.image().topic("a").orElseThrow().id(),
            0,
            now.leaderEpoch(),
            now.partitionEpoch(),
            members);
    cluster.run(new AlterPartitions(leader, cluster.epoch(leader), List.of(proposal)));
  }

  private static CreateTopic createTopic(String name, List<Integer> replicas) {
    return new CreateTopic(name, 0, 0, List.of(replicas), Map.of(), RequestOptions.NONE);
  }

  private void create(List<Integer> replicas) {
    assertThat(cluster.run(createTopic("a", replicas))).isInstanceOf(TopicResult.class);
  }

  private PartitionImage partition() {
    return cluster.partition("a", 0);
  }

  private MillraceError refused(Command command) {
    MetadataImage before = cluster.image();
    CommandResult result = cluster.run(command);
    assertThat(result).isInstanceOf(Refused.class);
    assertThat(cluster.image()).isEqualTo(before);
    return ((Refused) result).error();
  }
}
