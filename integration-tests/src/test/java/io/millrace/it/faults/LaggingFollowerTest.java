package io.millrace.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.PartitionDescription;
import io.millrace.common.TopicPartition;
import io.millrace.it.cluster.ClusterProcesses;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A follower whose way to the leader is held up while the controller hears of both. */
class LaggingFollowerTest {
  private static final String TOPIC = "lagging";
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int SOME = 50;

  @TempDir Path home;

  @Test
  void S09_aFollowerThatLagsLeavesTheIsrWithoutAFenceAndComesBack() throws Exception {
    Map<String, String> settings =
        Map.of("replica.lag.time.max.ms", "3000", "logging.level", "info");
    try (ProxiedNetwork network = new ProxiedNetwork(home);
        ClusterProcesses cluster = ClusterProcesses.start(home, 3, settings, network);
        MillraceClient client = MillraceClient.connect(ClientConfig.of(cluster.bootstrap()))) {
      client.admin().createTopic(new NewTopic(TOPIC, 3, 3, Map.of("min.insync.replicas", "2")));
      int controller = cluster.awaitController();
      PartitionDescription watched = ledByAnother(client, controller);
      int leader = watched.leader();
      int follower = 6 - leader - controller;
      awaitInSync(client, watched, List.of(1, 2, 3));
      TopicPartition partition = new TopicPartition(TOPIC, watched.partition());
      try (GapProbe probe = new GapProbe(cluster.bootstrap(), partition)) {
        awaitAcknowledged(probe);

        network.hold(leader, follower);
        network.hold(follower, leader);
        awaitInSync(client, watched, IntStream.of(leader, controller).sorted().boxed().toList());
        awaitAcknowledged(probe);
        network.heal();
        awaitInSync(client, watched, List.of(1, 2, 3));
        awaitAcknowledged(probe);
        assertThat(probe.failure()).isEmpty();
      }
      assertThat(cluster.node(controller).process().stderr())
          .as("nobody was given up")
          .doesNotContain("] fenced:");
      assertThat(describe(client, watched).leader()).isEqualTo(leader);
      assertThat(describe(client, watched).leaderEpoch()).isEqualTo(watched.leaderEpoch());
    }
  }

  private static PartitionDescription ledByAnother(MillraceClient client, int controller) {
    return client.admin().describeTopic(TOPIC).partitions().stream()
        .filter(each -> each.leader() != 0 && each.leader() != controller)
        .findFirst()
        .orElseThrow();
  }

  private static PartitionDescription describe(
      MillraceClient client, PartitionDescription partition) {
    return client.admin().describeTopic(TOPIC).partitions().get(partition.partition());
  }

  private static void awaitInSync(
      MillraceClient client, PartitionDescription partition, List<Integer> nodes) {
    Awaitility.await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(
            () ->
                assertThat(describe(client, partition).inSyncReplicas())
                    .containsExactlyInAnyOrderElementsOf(nodes));
  }

  private static void awaitAcknowledged(GapProbe probe) {
    long before = probe.acknowledged();
    Awaitility.await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> probe.acknowledged() >= before + SOME);
  }
}
