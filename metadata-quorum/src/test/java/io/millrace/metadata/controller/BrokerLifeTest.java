package io.millrace.metadata.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.BrokerCommand.FenceBroker;
import io.millrace.metadata.controller.ClusterCommand.UnregisterBroker;
import io.millrace.metadata.controller.Command.CreatePartitions;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.CommandResult.BrokerResult;
import io.millrace.metadata.controller.CommandResult.Done;
import io.millrace.metadata.controller.CommandResult.HeartbeatResult;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.metadata.controller.CommandResult.TopicResult;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class BrokerLifeTest {
  private final Cluster cluster = new Cluster(ControllerSettings.DEFAULTS, 1).start(1, 2, 3);

  @Test
  void registeredBrokerIsFencedUntilItAsksToLead() {
    cluster.run(Cluster.register(4, ""));
    assertThat(state(4)).isEqualTo(BrokerState.FENCED);
    HeartbeatResult result = (HeartbeatResult) cluster.run(cluster.heartbeat(4));
    assertThat(result.fenced()).isFalse();
    assertThat(state(4)).isEqualTo(BrokerState.ACTIVE);
  }

  @Test
  void brokerThatDoesNotKnowOfItsRegistrationStaysFenced() {
    cluster.run(Cluster.register(4, ""));
    long epoch = cluster.epoch(4);
    HeartbeatResult behind = (HeartbeatResult) cluster.run(BrokerHeartbeat.of(4, epoch, epoch - 1));
    assertThat(behind.caughtUp()).isFalse();
    assertThat(behind.fenced()).isTrue();
    HeartbeatResult there = (HeartbeatResult) cluster.run(BrokerHeartbeat.of(4, epoch, epoch));
    assertThat(there.caughtUp()).isTrue();
    assertThat(there.fenced()).isFalse();
  }

  @Test
  void nodeIdOfALiveBrokerIsRefusedAndTheEarlierProcessNamed() {
    MillraceError error = refused(Cluster.register(2, "", 2));
    assertThat(error.code()).isEqualTo(ErrorCode.BROKER_ID_IN_USE);
    assertThat(error.message()).contains("broker id: 2 is in use").contains("broker-2:9650");
  }

  @Test
  void nodeIdIsFreeOnceTheEarlierProcessIsFencedOrKnownToHaveEnded() {
    cluster.fence(2);
    assertThat(cluster.run(Cluster.register(2, "", 2))).isInstanceOf(BrokerResult.class);
    cluster.run(cluster.heartbeat(2));

    BrokerStart ended =
        new BrokerStart(List.of(Cluster.directory(2)), false, Set.of(), Set.of(), true);
    assertThat(cluster.run(Cluster.register(2, 3, ended))).isInstanceOf(BrokerResult.class);
    assertThat(state(2)).isEqualTo(BrokerState.FENCED);
  }

  @Test
  void olderProcessIsToldThatItsEpochIsOver() {
    long first = cluster.epoch(2);
    cluster.fence(2);
    cluster.start(Cluster.register(2, "", 2));
    assertThat(refused(BrokerHeartbeat.of(2, first, 1_000)).code())
        .isEqualTo(ErrorCode.STALE_BROKER_EPOCH);
    assertThat(refused(Cluster.register(2, "", 1)).code()).isEqualTo(ErrorCode.BROKER_ID_IN_USE);
  }

  @Test
  void lateFencingOfAnEarlierRegistrationChangesNothing() {
    long first = cluster.epoch(2);
    cluster.fence(2);
    cluster.start(Cluster.register(2, "", 2));
    MetadataImage before = cluster.image();
    assertThat(cluster.run(new FenceBroker(2, first))).isEqualTo(new Done(before.revision()));
    assertThat(cluster.image()).isEqualTo(before);
  }

  @Test
  void heartbeatThatSaysNothingNewWritesNothing() {
    MetadataImage before = cluster.image();
    assertThat(cluster.run(cluster.heartbeat(1))).isInstanceOf(HeartbeatResult.class);
    assertThat(cluster.image()).isEqualTo(before);
  }

  @Test
  void fencedBrokerLeavesEveryIsrAndLeadsNothing() {
    create("a", 12, 3);
    cluster.fence(1);
    for (PartitionImage partition : partitions("a")) {
      assertThat(partition.isr()).hasSize(2).doesNotContain(1);
      assertThat(partition.leader()).isIn(partition.isr());
    }
  }

  @Test
  void fencingOfManyPartitionsRunsAsSeveralEntriesEachValidAlone() {
    for (int i = 0; i < 4; i++) {
      create("t" + i, 10_000, 3);
    }
    int before = cluster.log().size();
    cluster.fence(1);
    assertThat(cluster.log().size() - before).isGreaterThan(2);
    assertThat(cluster.log())
        .allMatch(
            entry -> entry.getSerializedSize() <= ControllerSettings.DEFAULTS.maxEntryBytes());
    for (int i = 0; i < 4; i++) {
      assertThat(partitions("t" + i)).allMatch(p -> !p.isr().contains(1) && p.leader() != 1);
    }
  }

  @Test
  void fencingThatAnEarlierControllerLeftHalfDoneIsFinished() {
    for (int i = 0; i < 3; i++) {
      create("t" + i, 10_000, 3);
    }
    cluster.runOnce(new FenceBroker(1, cluster.epoch(1)));
    assertThat(
            partitions("t0").stream().anyMatch(p -> p.isr().contains(1))
                || partitions("t1").stream().anyMatch(p -> p.isr().contains(1))
                || partitions("t2").stream().anyMatch(p -> p.isr().contains(1)))
        .isTrue();
    cluster.run(new UpkeepCommand.RepairPartitions());
    for (int i = 0; i < 3; i++) {
      assertThat(partitions("t" + i)).allMatch(p -> !p.isr().contains(1) && p.leader() != 1);
    }
  }

  /** S15, S16: an orderly stop moves the leaders away first. */
  @Test
  void S15_controlledShutdownMovesLeadersAwayBeforeTheBrokerMayStop() {
    create("a", 12, 3);
    HeartbeatResult result = (HeartbeatResult) cluster.run(stop(1));
    assertThat(result.shouldShutDown()).isTrue();
    assertThat(result.fenced()).isFalse();
    assertThat(state(1)).isEqualTo(BrokerState.IN_CONTROLLED_SHUTDOWN);
    for (PartitionImage partition : partitions("a")) {
      assertThat(partition.leader()).isNotEqualTo(1);
      assertThat(partition.isr()).hasSize(2).doesNotContain(1);
    }
  }

  @Test
  void S15_brokerThatStopsLeadsOnWhatNobodyElseCan() {
    create("a", 6, 1);
    List<PartitionImage> before = List.copyOf(partitions("a"));
    HeartbeatResult result = (HeartbeatResult) cluster.run(stop(1));
    assertThat(result.shouldShutDown()).isTrue();
    assertThat(partitions("a")).isEqualTo(before);
    assertThat(partitions("a")).anyMatch(partition -> partition.leader() == 1);
  }

  @Test
  void nothingNewIsPlacedOnABrokerThatStops() {
    cluster.run(stop(1));
    create("a", 6, 2);
    assertThat(partitions("a")).allMatch(partition -> !partition.replicas().contains(1));
    MillraceError error = refused(new CreateTopic("b", 1, 3, Map.of(), RequestOptions.NONE));
    assertThat(error.message())
        .contains("expected: 1 to 2, the number of registered brokers that are not stopping");
  }

  /** KIP-841: else nobody could make a topic with three replicas while one of three is away. */
  @Test
  void S20_brokerThatIsFencedIsGivenReplicasThatAreNotInSyncWhereTooFewLive() {
    cluster.fence(2);
    create("a", 6, 3);
    assertThat(partitions("a"))
        .allSatisfy(
            partition -> {
              assertThat(partition.replicas()).containsExactlyInAnyOrder(1, 2, 3);
              assertThat(partition.isr()).containsExactlyInAnyOrder(1, 3);
              assertThat(partition.elr()).isEmpty();
              assertThat(partition.leader()).isEqualTo(partition.replicas().get(0)).isNotEqualTo(2);
            });
    create("b", 6, 2);
    assertThat(partitions("b")).allMatch(partition -> !partition.replicas().contains(2));
  }

  @Test
  void S20_aTopicGrowsWhileABrokerIsFenced() {
    create("a", 1, 3);
    cluster.fence(2);
    assertThat(cluster.run(new CreatePartitions("a", 2, List.of(), RequestOptions.NONE)))
        .isInstanceOf(TopicResult.class);
    assertThat(partitions("a").get(1).isr()).containsExactlyInAnyOrder(1, 3);
  }

  /** Its first replica, if the leader is fenced, is the one that lives. */
  @Test
  void S20_replicasThatAnAdministratorChoseBeginInSyncWhereTheyLive() {
    cluster.fence(2);
    cluster.run(new CreateTopic("a", 0, 0, List.of(List.of(2, 1)), Map.of(), RequestOptions.NONE));
    PartitionImage partition = partitions("a").get(0);
    assertThat(partition.replicas()).containsExactly(2, 1);
    assertThat(partition.isr()).containsExactly(1);
    assertThat(partition.leader()).isEqualTo(1);
  }

  @Test
  void stoppedBrokerIsFencedAndComesBackAsANewProcess() {
    cluster.run(stop(1));
    cluster.run(
        new BrokerHeartbeat(1, cluster.epoch(1), cluster.image().revision(), true, true, Set.of()));
    assertThat(state(1)).isEqualTo(BrokerState.FENCED);
    cluster.start(Cluster.register(1, "", 2));
    assertThat(state(1)).isEqualTo(BrokerState.ACTIVE);
  }

  @Test
  void fencedBrokerThatIsAboutToStopStaysFenced() {
    cluster.fence(1);
    HeartbeatResult result = (HeartbeatResult) cluster.run(stop(1));
    assertThat(result.fenced()).isTrue();
    assertThat(result.shouldShutDown()).isTrue();
  }

  @Test
  void sessionThatWasLostIsTakenUpAgainByTheSameProcess() {
    create("a", 3, 3);
    cluster.fence(1);
    assertThat(((HeartbeatResult) cluster.run(cluster.heartbeat(1))).fenced()).isFalse();
    assertThat(partitions("a")).allMatch(partition -> !partition.isr().contains(1));
  }

  @Test
  void onlyAFencedBrokerIsTakenOutOfTheCluster() {
    MillraceError live = refused(new UnregisterBroker(3, 0, RequestOptions.NONE));
    assertThat(live.code()).isEqualTo(ErrorCode.POLICY_VIOLATION);
    assertThat(live.message()).contains("stop the broker first");
    cluster.fence(3);
    assertThat(cluster.run(new UnregisterBroker(3, 0, RequestOptions.withId("r1"))))
        .isInstanceOf(Done.class);
    assertThat(cluster.image().broker(3)).isEmpty();
    assertThat(cluster.run(new UnregisterBroker(3, 0, RequestOptions.withId("r1"))))
        .isInstanceOf(Done.class);
    assertThat(refused(new UnregisterBroker(3, 0, RequestOptions.NONE)).code())
        .isEqualTo(ErrorCode.UNKNOWN_BROKER);
  }

  /** It was asked for while the broker was stopped, and comes when that is starting again. */
  @Test
  void lateUnregistrationSparesAProcessThatIsStarting() {
    long stopped = cluster.epoch(3);
    cluster.fence(3);
    cluster.run(Cluster.register(3, "", 2));
    MillraceError error = refused(new UnregisterBroker(3, stopped, RequestOptions.NONE));
    assertThat(error.code()).isEqualTo(ErrorCode.STALE_BROKER_EPOCH);
    assertThat(cluster.run(new UnregisterBroker(3, cluster.epoch(3), RequestOptions.NONE)))
        .isInstanceOf(Done.class);
    assertThat(refused(new UnregisterBroker(3, stopped, RequestOptions.NONE)).code())
        .isEqualTo(ErrorCode.UNKNOWN_BROKER);
  }

  @Test
  void brokerWithoutADirectoryIsRefused() {
    MillraceError error = refused(Cluster.register(4, 1, BrokerStart.clean(List.of())));
    assertThat(error.message()).contains("expected: at least one that is online");
  }

  private BrokerHeartbeat stop(int broker) {
    return new BrokerHeartbeat(
        broker, cluster.epoch(broker), cluster.image().revision(), false, true, Set.of());
  }

  private BrokerState state(int broker) {
    return cluster.image().broker(broker).orElseThrow().state();
  }

  private void create(String name, int partitions, int replicationFactor) {
    assertThat(
            cluster.run(
                new CreateTopic(
                    name, partitions, replicationFactor, Map.of(), RequestOptions.NONE)))
        .isInstanceOf(CommandResult.TopicResult.class);
  }

  private List<PartitionImage> partitions(String topic) {
    return cluster.image().topic(topic).orElseThrow().partitions();
  }

  private MillraceError refused(Command command) {
    MetadataImage before = cluster.image();
    CommandResult result = cluster.run(command);
    assertThat(result).isInstanceOf(Refused.class);
    assertThat(cluster.image()).isEqualTo(before);
    return ((Refused) result).error();
  }
}
