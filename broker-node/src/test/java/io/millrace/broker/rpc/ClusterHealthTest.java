package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.rpc.ClusterHealth.QuorumView;
import io.millrace.metadata.QuorumAnswer.Described;
import io.millrace.metadata.QuorumAnswer.VoterView;
import io.millrace.metadata.QuorumHealth;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.proto.v1.Health;
import io.millrace.proto.v1.HealthProblem;
import io.millrace.proto.v1.HealthVerdict;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class ClusterHealthTest {
  private static final MetadataImage WELL = Images.of(2, 3);

  @Test
  void clusterWithoutTroubleIsOk() {
    Health health = health(WELL, controller(voter(1, 0, 0), voter(2, 300, 5)), 10);
    assertThat(health.getVerdict()).isEqualTo(HealthVerdict.HEALTH_VERDICT_OK);
    assertThat(health.getProblemsList()).isEmpty();
    assertThat(health.getControllerId()).isEqualTo(1);
    assertThat(
            List.of(
                health.getVoters(),
                health.getBrokers(),
                health.getTopics(),
                health.getPartitions()))
        .containsExactly(2, 3, 2, 6);
  }

  @Test
  void withoutControllerItIsDownAndSilentVotersAreNamed() {
    QuorumHealth none =
        new QuorumHealth(QuorumHealth.State.NO_CONTROLLER, 0, 3, 7, "an election is under way");
    Health health = health(WELL, new QuorumView(none, Optional.empty(), 3, List.of(2, 3)), 10);
    assertThat(lines(health))
        .containsExactly(
            "DOWN NO_CONTROLLER 1 no controller is active: 2 of 3 voters do not answer []",
            "DEGRADED VOTERS_AWAY 2 2 voters do not answer [2, 3]");
    assertThat(health.getControllerId()).isZero();
    assertThat(lines(health(WELL, new QuorumView(none, Optional.empty(), 3, List.of()), 10)))
        .containsExactly(
            "DOWN NO_CONTROLLER 1 no controller is active: an election is under way []");
    QuorumHealth silent = new QuorumHealth(QuorumHealth.State.FOLLOWING, 2, 3, 7, "");
    assertThat(lines(health(WELL, new QuorumView(silent, Optional.empty(), 3, List.of(2)), 10)))
        .containsExactly(
            "DOWN NO_CONTROLLER 1 the controller of node 2 does not answer []",
            "DEGRADED VOTERS_AWAY 1 1 voter does not answer [2]");
  }

  @Test
  void votersThatAreAwayOrBehindDegradeIt() {
    Health health =
        health(WELL, controller(voter(1, 0, 0), voter(2, 6_000, 9_999), voter(3, 90, 5_000)), 10);
    assertThat(lines(health))
        .containsExactly(
            "DEGRADED VOTERS_AWAY 1 1 voter has not been heard of for more than 5 s [2]",
            "DEGRADED VOTERS_LAGGING 1 1 voter lacks more than 1000 entries of the metadata log"
                + " [3]");
  }

  @Test
  void partitionsAndBrokersAreCountedAndTheFirstNamed() {
    MetadataImage image =
        Images.withTopic(
            Images.withBroker(WELL, 3, BrokerState.FENCED, List.of(Images.directory(3))),
            "orders",
            List.of(
                Images.partition(1, List.of(1, 2), 2),
                Images.partition(1, List.of(1), 2),
                Images.partition(0, List.of(3), 2),
                Images.partition(0, List.of(3), 2)));
    Health health = health(image, controller(voter(1, 0, 0)), 1);
    assertThat(health.getVerdict()).isEqualTo(HealthVerdict.HEALTH_VERDICT_DOWN);
    assertThat(lines(health))
        .containsExactly(
            "DOWN PARTITIONS_OFFLINE 2 2 partitions have no leader"
                + " [orders-2: broker 3 is down or starting]",
            "DOWN PARTITIONS_UNDER_MIN_ISR 1 1 partition has too few replicas in sync for acks=all"
                + " [orders-1: in sync [1] of [1, 2, 3]]",
            "DEGRADED PARTITIONS_UNDER_REPLICATED 1 1 partition has replicas that are not in sync"
                + " [orders-0: in sync [1, 2] of [1, 2, 3]]",
            "DEGRADED BROKERS_FENCED 1 1 broker is down or starting [3 (h3:9650)]");
  }

  @Test
  void partitionsOfALeaderThatIsFencedOrNotRegisteredAreOffline() {
    MetadataImage image =
        Images.withTopic(
            Images.withBroker(WELL, 3, BrokerState.FENCED, List.of(Images.directory(3))),
            "orders",
            List.of(
                Images.partition(3, List.of(3), 1),
                Images.partition(2, List.of(2), 1),
                Images.partition(1, List.of(1, 2, 3), 1)));
    MetadataImage without = image.withBrokers(image.brokers().minus(2));
    assertThat(lines(health(without, controller(voter(1, 0, 0)), 10)))
        .contains(
            "DOWN PARTITIONS_OFFLINE 2 2 partitions have no leader"
                + " [orders-0: broker 3 is down or starting,"
                + " orders-1: broker 2 is not registered]");
  }

  @Test
  void directoryThatARunningBrokerLacksIsNamedOnce() {
    MetadataImage image = Images.withBroker(WELL, 2, BrokerState.ACTIVE, List.of(new UUID(1, 1)));
    assertThat(lines(health(image, controller(voter(1, 0, 0)), 10)))
        .containsExactly(
            "DEGRADED LOG_DIRS_OFFLINE 1 1 log directory with replicas offline on running brokers"
                + " [broker 2: "
                + Images.directory(2)
                + "]");
  }

  private static Health health(MetadataImage image, QuorumView quorum, int names) {
    return ClusterHealth.of(1, image, new PartitionScan(image), quorum, names);
  }

  private static QuorumView controller(VoterView... voters) {
    return new QuorumView(
        new QuorumHealth(QuorumHealth.State.ACTIVE, 1, 3, 7, ""),
        Optional.of(new Described(1, 3, List.of(voters))),
        voters.length,
        List.of());
  }

  private static VoterView voter(int node, long lastContactMs, long lag) {
    return new VoterView(node, new UUID(0, node), "h:1", "h:2", lastContactMs, lag);
  }

  private static List<String> lines(Health health) {
    return health.getProblemsList().stream().map(ClusterHealthTest::line).toList();
  }

  private static String line(HealthProblem problem) {
    return problem.getVerdict().name().replace("HEALTH_VERDICT_", "")
        + " "
        + problem.getKind().name().replace("HEALTH_PROBLEM_KIND_", "")
        + " "
        + problem.getCount()
        + " "
        + problem.getMessage()
        + " "
        + problem.getNamesList();
  }
}
