package io.millrace.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.proto.v1.GetMetadataResponse;
import io.millrace.proto.v1.PartitionMetadata;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The controller knows which brokers live: killed, silent, stopped, and back again. */
class FencedBrokerTest {
  /** Longer than anything takes here on a busy machine. */
  private static final Duration SOON = Duration.ofSeconds(30);

  /** One partition for each broker, which only that broker has. */
  private static final String ALONE = "alone";

  @TempDir Path home;

  /**
   * As many, and all brokers have all of them: a new one for each loss, in which all are in sync.
   */
  private String everywhere = "";

  @Test
  void othersLeadForABrokerThatIsLostAndItLeadsAgainWhenItIsBack() throws Exception {
    try (ClusterProcesses cluster = ClusterProcesses.start(home, 3, Map.of())) {
      int controller = cluster.awaitController();
      int second = controller % 3 + 1;
      int third = second % 3 + 1;
      awaitFenced(cluster, third, Set.of());
      createTopic(cluster.node(third), ALONE, 1);
      createEverywhere(cluster, 1);

      cluster.node(second).kill();
      awaitLost(cluster, third, second);
      cluster.node(second).restart();
      awaitBack(cluster, third, second);

      createEverywhere(cluster, 2);
      cluster.node(second).pause();
      awaitLost(cluster, controller, second);
      cluster.node(second).resume();
      awaitBack(cluster, controller, second);
      awaitBack(cluster, second, second);

      createEverywhere(cluster, 3);
      // One that is told to end says so, and is fenced by then.
      assertThat(cluster.node(third).stop()).isZero();
      assertThat(cluster.metadata(controller)).satisfies(known -> isLost(known, third));
      cluster.node(third).restart();
      awaitBack(cluster, controller, third);

      createEverywhere(cluster, 4);
      int said = cluster.node(second).process().stderr().length();
      int saidByThird = cluster.node(third).process().stderr().length();
      cluster.node(controller).kill();
      awaitLost(cluster, second, controller);
      assertThat(
              cluster.node(second).process().stderr().substring(said)
                  + cluster.node(third).process().stderr().substring(saidByThird))
          .as("brokers that live are not given up when the controller changes")
          .contains("[broker " + controller + "] fenced:")
          .doesNotContain("[broker " + second + "] fenced:", "[broker " + third + "] fenced:");
      cluster.node(controller).restart();
      awaitBack(cluster, second, controller);
    }
  }

  private void createEverywhere(ClusterProcesses cluster, int stage) {
    everywhere = "everywhere-" + stage;
    createTopic(cluster.node(stage % 3 + 1), everywhere, 3);
  }

  private static void createTopic(BrokerProcess node, String name, int replicationFactor) {
    try (MillraceClient client = MillraceClient.connect(ClientConfig.of(node.bootstrap()))) {
      client.admin().createTopic(new NewTopic(name, 3, replicationFactor, Map.of()));
    }
  }

  private void awaitLost(ClusterProcesses cluster, int asked, int broker) {
    await(() -> isLost(cluster.metadata(asked), broker));
  }

  private void isLost(GetMetadataResponse known, int broker) {
    assertThat(ClusterProcesses.fenced(known)).containsExactly(broker);
    assertThat(leaders(known, ALONE)).contains(0).doesNotContain(broker);
    assertThat(leaders(known, everywhere)).doesNotContain(0, broker);
  }

  private static void awaitBack(ClusterProcesses cluster, int asked, int broker) {
    await(
        () -> {
          GetMetadataResponse known = cluster.metadata(asked);
          assertThat(ClusterProcesses.fenced(known)).isEmpty();
          assertThat(leaders(known, ALONE)).contains(broker).doesNotContain(0);
          assertThat(cluster.node(broker).get("/readyz").statusCode()).isEqualTo(200);
        });
  }

  private static void awaitFenced(ClusterProcesses cluster, int asked, Set<Integer> expected) {
    await(() -> assertThat(ClusterProcesses.fenced(cluster.metadata(asked))).isEqualTo(expected));
  }

  private static void await(org.awaitility.core.ThrowingRunnable assertion) {
    Awaitility.await().atMost(SOON).pollInterval(Duration.ofMillis(50)).untilAsserted(assertion);
  }

  private static List<Integer> leaders(GetMetadataResponse known, String topic) {
    return known.getTopicsList().stream()
        .filter(each -> each.getName().equals(topic))
        .flatMap(each -> each.getPartitionsList().stream())
        .map(PartitionMetadata::getLeaderId)
        .toList();
  }
}
