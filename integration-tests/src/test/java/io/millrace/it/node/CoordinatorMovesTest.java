package io.millrace.it.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A member commits without a pause, somebody looks at what is committed without a pause, and each
 * node ends and comes back while it coordinates the group.
 */
@Timeout(240)
class CoordinatorMovesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String GROUP = "moved";

  @TempDir Path home;

  @Test
  void S40_noAcknowledgedCommitIsLostOrGoesBackWhenTheCoordinatorMoves() throws Exception {
    try (LocalCluster cluster = LocalCluster.ofVoters(home, "broker.heartbeat.interval.ms=100ms");
        MillraceClient client = cluster.connect()) {
      client.admin().createTopic(new NewTopic("orders", 1, LocalCluster.NODES, Map.of()));
      UUID topic = client.admin().describeTopic("orders").id();
      try (SteadyCommits commits = new SteadyCommits(cluster, GROUP, topic)) {
        commits.awaitMore(100);
        for (int move = 0; move < 4; move++) {
          int coordinator = commits.coordinator();
          cluster.node(coordinator).stop();
          commits.awaitMore(100);
          assertThat(commits.coordinator()).isNotEqualTo(coordinator);
          cluster.node(coordinator).start();
          awaitAllInSync(client, commits);
        }
        commits.stop();
        assertThat(commits.problems()).isEmpty();
        assertThat(commits.committed()).isGreaterThanOrEqualTo(commits.acknowledged());
        assertThat(commits.joins()).as("the member's session outlives its coordinators").isOne();
      }
    }
  }

  private static void awaitAllInSync(MillraceClient client, SteadyCommits commits) {
    Awaitility.await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(
            () ->
                client
                        .admin()
                        .describeTopic("__consumer_offsets")
                        .partitions()
                        .get(commits.partition())
                        .inSyncReplicas()
                        .size()
                    == LocalCluster.NODES);
  }
}
