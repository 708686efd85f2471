package io.millrace.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three processes form a cluster from their settings alone. */
class ThreeNodesTest {
  @TempDir Path home;

  @Test
  void anyNodeCarriesOutCommandsAndAnEmptyOneDoesNotVoteAgain() throws Exception {
    try (ClusterProcesses cluster = ClusterProcesses.begin(home, 3, Map.of())) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> cluster.controller().isPresent());
      for (int node = 1; node <= 3; node++) {
        cluster.node(node).awaitReady();
        createThrough(cluster.node(node), "through-" + node);
      }
      int follower = cluster.awaitController() == 1 ? 2 : 1;
      String clusterId = clusterId(home.resolve("node-1"));
      assertThat(clusterId(home.resolve("node-2"))).isEqualTo(clusterId);

      cluster.node(follower).kill();
      deleteAll(cluster.node(follower).dataDir());
      cluster.node(follower).beginAgain();
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () ->
                  cluster
                      .node(follower)
                      .process()
                      .stderr()
                      .contains("millrace format --cluster-id " + clusterId));
      assertThat(cluster.node(follower).dataDir().resolve("metadata")).doesNotExist();
      assertThat(cluster.node(follower).stop()).isZero();
    }
  }

  private static void createThrough(BrokerProcess node, String topic) {
    try (MillraceClient client = MillraceClient.connect(ClientConfig.of(node.bootstrap()))) {
      client.admin().createTopic(new NewTopic(topic, 1, 1, Map.of()));
      assertThat(client.admin().describeTopic(topic).name()).isEqualTo(topic);
    }
  }

  private static String clusterId(Path node) throws IOException {
    List<String> lines = Files.readAllLines(node.resolve("data").resolve("meta.properties"));
    return lines.stream()
        .filter(line -> line.startsWith("cluster.id="))
        .findFirst()
        .orElseThrow()
        .substring("cluster.id=".length());
  }

  private static void deleteAll(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
