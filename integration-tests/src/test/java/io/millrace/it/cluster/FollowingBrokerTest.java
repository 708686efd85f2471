package io.millrace.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.LocalNode;
import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.PartitionDescription;
import io.millrace.client.api.TopicDescription;
import io.millrace.common.net.FreePorts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker that is no voter follows the metadata, and goes on without a controller. */
class FollowingBrokerTest {
  @TempDir Path home;

  @Test
  void followsAVoterAndKeepsTheImageOnDisk() throws Exception {
    int port = FreePorts.inARow(2 * LocalNode.PORTS);
    String voters = new LocalNode(1, home, port).voter();
    try (BrokerProcess voter =
            BrokerProcess.begin(
                Files.createDirectories(home.resolve("voter")),
                port,
                Map.of("quorum.voters", voters));
        BrokerProcess broker =
            BrokerProcess.begin(
                Files.createDirectories(home.resolve("broker")),
                port + LocalNode.PORTS,
                Map.of("node.id", "2", "process.roles", "broker", "quorum.voters", voters));
        MillraceClient client = MillraceClient.connect(ClientConfig.of(broker.bootstrap()))) {
      voter.awaitReady();
      broker.awaitReady();
      TopicDescription topic = client.admin().createTopic(new NewTopic("t", 4, 1, Map.of()));
      assertThat(topic.partitions()).extracting(PartitionDescription::leader).contains(1, 2);

      voter.kill();
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> broker.get("/readyz").statusCode() == 503);
      assertThat(broker.get("/readyz").body()).contains("no active controller is known");
      assertThat(client.admin().describeTopic("t").id()).isEqualTo(topic.id());
      voter.restart();
      broker.awaitReady();

      assertThat(broker.stop()).isZero();
      assertThat(broker.dataDir().resolve("metadata").resolve("observed.snapshot")).exists();
      broker.restart();
      assertThat(client.admin().describeTopic("t").id()).isEqualTo(topic.id());
      assertThat(broker.process().stderr()).doesNotContain("fetched anew");
    }
  }
}
