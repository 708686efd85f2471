package io.millrace.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.LocalNode;
import io.millrace.common.net.FreePorts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Brokers that can't be let into the cluster end, say why, and change nothing. */
class RefusedBrokerTest {
  private static final int FAILED = 1;
  private static final Duration SOON = Duration.ofSeconds(90);

  @TempDir Path home;

  @Test
  void aSecondProcessWithANodeIdAndOneOfAnotherClusterAreRefused() throws Exception {
    int port = FreePorts.inARow(4 * LocalNode.PORTS);
    String voters = new LocalNode(1, home, port).voter();
    Map<String, String> voter = Map.of("quorum.voters", voters);
    Map<String, String> broker =
        Map.of("quorum.voters", voters, "node.id", "2", "process.roles", "broker");
    try (BrokerProcess controller = begin("voter", port, voter);
        BrokerProcess first = begin("first", port + LocalNode.PORTS, broker)) {
      controller.awaitReady();
      first.awaitReady();
      Map<String, String> foreign = new HashMap<>(broker);
      foreign.put("node.id", "3");
      foreign.put("cluster.id", "another");
      try (BrokerProcess twin = begin("twin", port + 2 * LocalNode.PORTS, broker);
          BrokerProcess stranger = begin("stranger", port + 3 * LocalNode.PORTS, foreign)) {
        assertThat(stranger.process().waitFor(SOON)).isEqualTo(FAILED);
        assertThat(stranger.process().stderr())
            .contains("belong to the cluster another, but the voters [1@127.0.0.1");
        assertThat(twin.process().waitFor(SOON)).isEqualTo(FAILED);
        assertThat(twin.process().stderr())
            .contains(
                "not registered: BROKER_ID_IN_USE: broker id: 2 is in use by another process");
      }
      assertThat(controller.process().stderr())
          .contains("[broker 2] not registered: process ")
          .doesNotContain("[broker 2] fenced");
      assertThat(first.get("/readyz").statusCode()).isEqualTo(200);
      assertThat(first.process().stderr()).doesNotContain(" fenced");
    }
  }

  private BrokerProcess begin(String name, int port, Map<String, String> settings)
      throws Exception {
    return BrokerProcess.begin(Files.createDirectories(home.resolve(name)), port, settings);
  }
}
