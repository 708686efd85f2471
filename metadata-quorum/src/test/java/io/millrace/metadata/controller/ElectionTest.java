package io.millrace.metadata.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.Command.AlterTopicConfigs;
import io.millrace.metadata.controller.Command.AssignDirectories;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.image.PartitionImage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Who leads when brokers come and go. Partition 0 of "a" has the replicas 1, 2, 3. */
final class ElectionTest {
  private final Cluster cluster = new Cluster(ControllerSettings.DEFAULTS, 1).start(1, 2, 3);

  /** S13: a live ISR member in the assignment's order. */
  @Test
  void S13_firstLiveInSyncReplicaOfTheAssignmentLeads() {
    create(Map.of());
    cluster.fence(1);
    assertThat(partition().leader()).isEqualTo(2);
    assertThat(partition().leaderEpoch()).isEqualTo(1);
    cluster.fence(2);
    assertThat(partition().leader()).isEqualTo(3);
    assertThat(partition().isr()).containsExactly(3);
  }

  /** S13: no replica outside ISR and ELR leads, even if it is the only live one. */
  @Test
  void S13_replicaThatLeftTheIsrEarlierIsNotElected() {
    create(Map.of());
    cluster.fence(1, 2, 3);
    assertThat(partition().leader()).isEqualTo(PartitionImage.NO_BROKER);
    assertThat(partition().isr()).isEmpty();
    assertThat(partition().elr()).containsExactly(3);
    back(1);
    assertThat(partition().leader()).isEqualTo(PartitionImage.NO_BROKER);
    back(3);
    assertThat(partition().leader()).isEqualTo(3);
    assertThat(partition().isr()).containsExactly(3);
    assertThat(partition().elr()).isEmpty();
    assertThat(cluster.image().uncleanElections()).isZero();
  }

  /** S13, KIP-966: who leaves the ISR while it is below the min ISR has all that was committed. */
  @Test
  void S13_eligibleLeaderReplicaLeadsWhenNoInSyncReplicaCan() {
    create(Map.of("min.insync.replicas", "2"));
    cluster.fence(1);
    assertThat(partition().elr()).isEmpty();
    cluster.fence(2);
    assertThat(partition().isr()).containsExactly(3);
    assertThat(partition().elr()).containsExactly(2);
    cluster.fence(3);
    assertThat(partition().isr()).isEmpty();
    assertThat(partition().elr()).containsExactly(2, 3);
    back(1);
    assertThat(partition().leader()).isEqualTo(PartitionImage.NO_BROKER);
    back(2);
    assertThat(partition().leader()).isEqualTo(2);
    assertThat(partition().isr()).containsExactly(2);
    assertThat(partition().elr()).containsExactly(3);
    assertThat(cluster.image().uncleanElections()).isZero();
  }

  /** S13: unclean only where it is enabled, and counted. */
  @Test
  void S13_uncleanElectionHappensOnlyWhereItIsEnabledAndIsCounted() {
    create(Map.of());
    cluster.fence(1, 2, 3);
    back(1);
    assertThat(partition().leader()).isEqualTo(PartitionImage.NO_BROKER);
    cluster.run(
        new AlterTopicConfigs(
            "a",
            Map.of("unclean.leader.election.enable", Optional.of("true")),
            RequestOptions.NONE));
    cluster.run(new UpkeepCommand.ElectOffline());
    assertThat(partition().leader()).isEqualTo(1);
    assertThat(partition().isr()).containsExactly(1);
    assertThat(partition().elr()).isEmpty();
    assertThat(cluster.image().uncleanElections()).isEqualTo(1);
  }

  /** S14: the process died, nothing else: what it had acknowledged is there. */
  @Test
  void S14_cleanReturnKeepsItsStanding() {
    create(Map.of("min.insync.replicas", "2"));
    cluster.fence(1, 2, 3);
    cluster.start(Cluster.register(2, "", 2));
    assertThat(partition().leader()).isEqualTo(2);
    assertThat(cluster.image().uncleanElections()).isZero();
  }

  /** S14: an unclean replica leaves ISR and ELR until it has caught up. */
  @Test
  void S14_uncleanReplicaIsNoLongerEligible() {
    create(Map.of("min.insync.replicas", "2"));
    cluster.fence(1, 2, 3);
    cluster.start(Cluster.register(2, 2, uncleanDirectory(2)));
    assertThat(partition().elr()).containsExactly(3);
    assertThat(partition().leader()).isEqualTo(PartitionImage.NO_BROKER);
    cluster.start(Cluster.register(3, "", 2));
    assertThat(partition().leader()).isEqualTo(3);
  }

  /** S14: a single replica may be reported, too. */
  @Test
  void S14_singleReplicaIsReportedUnclean() {
    create(Map.of("min.insync.replicas", "2"));
    cluster.fence(1, 2, 3);
    BrokerStart start =
        new BrokerStart(
            List.of(Cluster.directory(2)),
            false,
            Set.of(),
            Set.of(new TopicIdPartition(topicId(), 0)),
            false);
    cluster.start(Cluster.register(2, 2, start));
    assertThat(partition().elr()).containsExactly(3);
    assertThat(partition().leader()).isEqualTo(PartitionImage.NO_BROKER);
  }

  /** S14: all were powered off with flush.mode=os: the last leader leads on, and it is counted. */
  @Test
  void S14_lastKnownLeaderLeadsWhenNobodyIsEligibleAndItIsCounted() {
    create(Map.of());
    assignDirectories();
    cluster.fence(1, 2, 3);
    assertThat(partition().lastKnownLeader()).isEqualTo(3);
    for (int broker : List.of(1, 2)) {
      cluster.start(Cluster.register(broker, 2, uncleanDirectory(broker)));
      assertThat(partition().leader()).isEqualTo(PartitionImage.NO_BROKER);
    }
    cluster.run(Cluster.register(3, 2, uncleanDirectory(3)));
    assertThat(partition().isr()).isEmpty();
    assertThat(partition().elr()).isEmpty();
    assertThat(partition().lastKnownLeader()).isEqualTo(3);
    cluster.run(cluster.heartbeat(3));
    assertThat(partition().leader()).isEqualTo(3);
    assertThat(partition().isr()).containsExactly(3);
    assertThat(partition().lastKnownLeader()).isEqualTo(PartitionImage.NO_BROKER);
    assertThat(cluster.image().uncleanElections()).isEqualTo(1);
  }

  /** S14: the last leader with an empty disk is not elected; with its directory it is. */
  @Test
  void S14_lastKnownLeaderIsElectedOnlyWithItsDirectory() {
    createOn(List.of(1));
    assignDirectories();
    cluster.fence(1);
    cluster.start(Cluster.register(1, 2, BrokerStart.clean(List.of(new UUID(7, 7)))));
    assertThat(partition().leader()).isEqualTo(PartitionImage.NO_BROKER);
    assertThat(partition().elr()).isEmpty();
    assertThat(partition().directoryOf(1)).isEqualTo(Cluster.directory(1));
    cluster.fence(1);
    cluster.start(Cluster.register(1, "", 3));
    assertThat(partition().leader()).isEqualTo(1);
    assertThat(cluster.image().uncleanElections()).isEqualTo(1);
  }

  /** S14: a directory that is only offline may have lost nothing: when it is back, it leads. */
  @Test
  void S14_replicaInADirectoryThatIsOnlyOfflineKeepsItsStanding() {
    UUID second = new UUID(98, 1);
    cluster.fence(1);
    BrokerStart both = BrokerStart.clean(List.of(Cluster.directory(1), second));
    cluster.start(Cluster.register(1, 2, both));
    createOn(List.of(1));
    assignDirectories();
    cluster.fence(1);
    cluster.start(Cluster.register(1, 3, oneOf(List.of(second))));
    assertThat(partition().leader()).isEqualTo(PartitionImage.NO_BROKER);
    assertThat(partition().elr()).containsExactly(1);
    assertThat(partition().directoryOf(1)).isEqualTo(Cluster.directory(1));
    cluster.fence(1);
    cluster.start(Cluster.register(1, 4, both));
    assertThat(partition().leader()).isEqualTo(1);
    assertThat(partition().isr()).containsExactly(1);
    assertThat(cluster.image().uncleanElections()).isZero();
  }

  /** S14: nor may a replica in it be created anew elsewhere, while others lead. */
  @Test
  void S14_replicaInADirectoryThatIsOnlyOfflineIsNotCreatedAnew() {
    create(Map.of());
    assignDirectories();
    cluster.fence(2);
    cluster.start(Cluster.register(2, 2, oneOf(List.of(new UUID(7, 7)))));
    assertThat(partition().directoryOf(2)).isEqualTo(Cluster.directory(2));
    assertThat(partition().isr()).containsExactly(1, 3);
  }

  /** S14: nor is one whose directory was never known, and may be the one that is gone. */
  @Test
  void S14_replicaInAnUnknownDirectoryIsTakenForLostWithTheDirectory() {
    createOn(List.of(1));
    cluster.fence(1);
    cluster.start(Cluster.register(1, 2, BrokerStart.clean(List.of(new UUID(7, 7)))));
    assertThat(partition().leader()).isEqualTo(PartitionImage.NO_BROKER);
    assertThat(partition().directoryOf(1)).isEqualTo(PartitionImage.LOST);
  }

  /** S14: a lost replica may be created anew once somebody else leads. */
  @Test
  void S14_lostReplicaIsCreatedAnewOnceAnotherLeads() {
    createOn(List.of(1, 2));
    cluster.fence(2, 1);
    cluster.start(Cluster.register(1, 2, BrokerStart.clean(List.of(new UUID(7, 7)))));
    assertThat(partition().directoryOf(1)).isEqualTo(PartitionImage.LOST);
    cluster.run(
        new AlterTopicConfigs(
            "a",
            Map.of("unclean.leader.election.enable", Optional.of("true")),
            RequestOptions.NONE));
    back(2);
    assertThat(partition().leader()).isEqualTo(2);
    assertThat(partition().directoryOf(1)).isEqualTo(PartitionImage.UNASSIGNED);
  }

  /** S14: a replica on a new disk may be created anew when others have the data. */
  @Test
  void S14_replicaOnANewDiskIsCreatedAnewOnlyIfOthersHaveItsData() {
    create(Map.of());
    assignDirectories();
    cluster.fence(2);
    cluster.start(Cluster.register(2, 2, BrokerStart.clean(List.of(new UUID(7, 7)))));
    assertThat(partition().directoryOf(2)).isEqualTo(PartitionImage.UNASSIGNED);
    assertThat(partition().isr()).containsExactly(1, 3);
  }

  /** S14: kill -9 of everything, RF 1: nothing is lost. */
  @Test
  void S14_onlyReplicaThatCrashedComesBackWithoutLoss() {
    createOn(List.of(1));
    cluster.fence(1);
    assertThat(partition().elr()).containsExactly(1);
    cluster.start(Cluster.register(1, "", 2));
    assertThat(partition().leader()).isEqualTo(1);
    assertThat(partition().leaderEpoch()).isEqualTo(2);
    assertThat(cluster.image().uncleanElections()).isZero();
  }

  /** S15: offline directories move leaders and leave the ISR. */
  @Test
  void S15_replicasOnAFailedDirectoryLeaveTheIsrAndLeadNoMore() {
    UUID second = new UUID(98, 1);
    cluster.fence(1);
    cluster.start(Cluster.register(1, 2, BrokerStart.clean(List.of(Cluster.directory(1), second))));
    create(Map.of());
    assignDirectories();
    BrokerHeartbeat failed =
        new BrokerHeartbeat(
            1,
            cluster.epoch(1),
            cluster.image().revision(),
            false,
            false,
            Set.of(Cluster.directory(1)));
    cluster.run(failed);
    assertThat(partition().leader()).isEqualTo(2);
    assertThat(partition().isr()).containsExactly(2, 3);
    assertThat(cluster.image().broker(1).orElseThrow().directories()).containsExactly(second);
    assertThat(cluster.image().broker(1).orElseThrow().state()).isEqualTo(BrokerState.ACTIVE);
    long revision = cluster.image().revision();
    cluster.run(failed);
    assertThat(cluster.image().revision()).isEqualTo(revision);
  }

  @Test
  void brokerWhoseLastDirectoryFailedIsFenced() {
    create(Map.of());
    cluster.run(
        new BrokerHeartbeat(
            1,
            cluster.epoch(1),
            cluster.image().revision(),
            false,
            false,
            Set.of(Cluster.directory(1))));
    assertThat(cluster.image().broker(1).orElseThrow().state()).isEqualTo(BrokerState.FENCED);
    assertThat(partition().leader()).isEqualTo(2);
  }

  /** S15: the preferred leader gets its partitions back when too many are led elsewhere. */
  @Test
  void S15_leadersGoBackToTheirPreferredBrokersWhenTheyAreOutOfBalance() {
    cluster.run(new CreateTopic("a", 30, 3, Map.of(), RequestOptions.NONE));
    cluster.fence(1);
    back(1);
    assertThat(leaders(1)).isZero();
    cluster.run(new UpkeepCommand.BalanceLeaders());
    assertThat(leaders(1)).isZero(); // It is in no ISR yet.
    List.of(2, 3).forEach(this::letInSync);
    cluster.run(new UpkeepCommand.BalanceLeaders());
    assertThat(leaders(1)).isEqualTo(10);
    assertThat(leaders(2)).isEqualTo(10);
  }

  @Test
  void S15_smallImbalanceIsLeftAlone() {
    cluster.run(new CreateTopic("a", 30, 3, Map.of(), RequestOptions.NONE));
    cluster.run(new CreateTopic("b", 1, 0, List.of(List.of(1, 2)), Map.of(), RequestOptions.NONE));
    Cluster tolerant =
        new Cluster(
            new ControllerSettings(
                ControllerSettings.DEFAULTS.topics(), 512 * 1024, 600_000, 10, 100),
            1);
    tolerant.start(1, 2, 3);
    tolerant.run(new CreateTopic("a", 30, 3, Map.of(), RequestOptions.NONE));
    tolerant.fence(1);
    tolerant.run(tolerant.heartbeat(1));
    long revision = tolerant.image().revision();
    tolerant.run(new UpkeepCommand.BalanceLeaders());
    assertThat(tolerant.image().revision()).isEqualTo(revision);
  }

  /** S03: changing the effective min ISR clears the ELR and bumps the partition epoch. */
  @Test
  void S03_changedMinIsrClearsTheElr() {
    create(Map.of("min.insync.replicas", "3"));
    cluster.fence(1);
    assertThat(partition().elr()).containsExactly(1);
    int epoch = partition().partitionEpoch();
    cluster.run(
        new AlterTopicConfigs(
            "a", Map.of("min.insync.replicas", Optional.of("2")), RequestOptions.NONE));
    assertThat(partition().elr()).isEmpty();
    assertThat(partition().effectiveMinIsr()).isEqualTo(2);
    assertThat(partition().partitionEpoch()).isEqualTo(epoch + 1);
  }

  /** S03: while nobody leads nothing is committed, and the ELR stays as good as it was. */
  @Test
  void S03_changedMinIsrKeepsTheElrWhileThereIsNoLeader() {
    create(Map.of("min.insync.replicas", "3"));
    cluster.fence(1, 2, 3);
    cluster.run(
        new AlterTopicConfigs(
            "a", Map.of("min.insync.replicas", Optional.of("2")), RequestOptions.NONE));
    assertThat(partition().elr()).containsExactly(1, 2, 3);
  }

  private void letInSync(int leader) {
    List<BrokerCommand.IsrProposal> proposals = new java.util.ArrayList<>();
    int number = 0;
    for (PartitionImage partition : cluster.image().topic("a").orElseThrow().partitions()) {
      if (partition.leader() == leader) {
        proposals.add(
            new BrokerCommand.IsrProposal(
                topicId(),
                number,
                partition.leaderEpoch(),
                partition.partitionEpoch(),
                partition.replicas().stream()
                    .map(id -> new BrokerCommand.IsrMember(id, -1))
                    .toList()));
      }
      number++;
    }
    cluster.run(new BrokerCommand.AlterPartitions(leader, cluster.epoch(leader), proposals));
  }

  private long leaders(int broker) {
    return cluster.image().topic("a").orElseThrow().partitions().stream()
        .filter(partition -> partition.leader() == broker)
        .count();
  }

  private static BrokerStart uncleanDirectory(int broker) {
    UUID directory = Cluster.directory(broker);
    return new BrokerStart(List.of(directory), false, Set.of(directory), Set.of(), false);
  }

  /** A start without further directories, which are offline. */
  private static BrokerStart oneOf(List<UUID> online) {
    return new BrokerStart(online, true, Set.of(), Set.of(), false);
  }

  private void assignDirectories() {
    for (int broker : partition().replicas()) {
      Map<TopicIdPartition, UUID> directories = new HashMap<>();
      directories.put(new TopicIdPartition(topicId(), 0), Cluster.directory(broker));
      cluster.run(new AssignDirectories(broker, cluster.epoch(broker), directories));
    }
  }

  /** The same process is heard of again. */
  private void back(int broker) {
    cluster.run(cluster.heartbeat(broker));
  }

  private void create(Map<String, String> configs) {
    cluster.run(
        new CreateTopic("a", 0, 0, List.of(List.of(1, 2, 3)), configs, RequestOptions.NONE));
  }

  private void createOn(List<Integer> replicas) {
    cluster.run(new CreateTopic("a", 0, 0, List.of(replicas), Map.of(), RequestOptions.NONE));
  }

  private UUID topicId() {
    return cluster.image().topic("a").orElseThrow().id();
  }

  private PartitionImage partition() {
    return cluster.partition("a", 0);
  }
}
