package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.millrace.broker.server.TestNode;
import io.millrace.broker.server.TwoNodes;
import io.millrace.proto.v1.Acks;
import io.millrace.proto.v1.ConfigResource;
import io.millrace.proto.v1.ConfigServiceGrpc;
import io.millrace.proto.v1.CreateTopicRequest;
import io.millrace.proto.v1.ListPartitionsRequest;
import io.millrace.proto.v1.ListPartitionsResponse;
import io.millrace.proto.v1.PartitionMetadata;
import io.millrace.proto.v1.PartitionProduceResult;
import io.millrace.proto.v1.PartitionServiceGrpc;
import io.millrace.proto.v1.PartitionState;
import io.millrace.proto.v1.ProduceRequest;
import io.millrace.proto.v1.ReplicaState;
import io.millrace.proto.v1.UpdateConfigsRequest;
import io.millrace.proto.v1.WholeCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A topic with a replica on each of two whole nodes. */
@Timeout(60)
class CopiedTopicTest {
  private static final int PARTITIONS = 2;

  @TempDir Path data;

  @Test
  void S02_S06_acksAllWaitsForTheOtherReplicaAndIsRefusedWithoutIt() throws Exception {
    try (TwoNodes nodes = TwoNodes.start(data)) {
      ByteString topic = create(nodes.controller(), 2);
      for (int round = 0; round < 10; round++) {
        for (int partition = 0; partition < PARTITIONS; partition++) {
          PartitionProduceResult result = produce(nodes, topic, partition);
          assertThat(result.hasError()).as("%s", result).isFalse();
          assertThat(result.getBaseOffset()).isEqualTo(2L * round);
        }
      }
      // An acknowledged batch is in both logs.
      for (int partition = 0; partition < PARTITIONS; partition++) {
        assertThat(log(2, partition)).isEqualTo(log(1, partition)).isNotEmpty();
      }

      // Whoever is asked tells where every replica is.
      for (TestNode node : List.of(nodes.controller(), nodes.follower())) {
        Awaitility.await()
            .atMost(Duration.ofSeconds(20))
            .untilAsserted(
                () ->
                    assertThat(states(node))
                        .hasSize(PARTITIONS)
                        .allSatisfy(CopiedTopicTest::isAllThere));
      }

      nodes.follower().server().close();

      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () ->
                  assertThat(Api.code(produceTo(nodes.controller(), topic, 0).getError()))
                      .isEqualTo("NOT_ENOUGH_REPLICAS"));
      assertThat(states(nodes.controller())).allSatisfy(CopiedTopicTest::lacksTheOther);
    }
  }

  private static void isAllThere(PartitionState state) {
    PartitionMetadata metadata = state.getMetadata();
    assertThat(metadata.getInSyncReplicasList())
        .containsExactlyInAnyOrderElementsOf(metadata.getReplicasList());
    assertThat(state.getOutOfSyncReplicasList()).isEmpty();
    assertThat(metadata.getEligibleLeaderReplicasList()).isEmpty();
    assertThat(state.getHighWatermark()).isEqualTo(20);
    assertThat(state.getReplicasList())
        .extracting(ReplicaState::getNodeId)
        .isEqualTo(metadata.getReplicasList());
    assertThat(state.getReplicasList())
        .allSatisfy(
            replica -> {
              assertThat(replica.getInSync()).isTrue();
              assertThat(replica.hasError()).isFalse();
              assertThat(replica.getLogStartOffset()).isZero();
              assertThat(replica.getLogEndOffset()).isEqualTo(20);
              assertThat(replica.getHighWatermark()).isEqualTo(20);
              assertThat(replica.getOffsetsBehind()).isZero();
            });
  }

  /** What can't be asked is not guessed. */
  private static void lacksTheOther(PartitionState state) {
    assertThat(state.getMetadata().getLeaderId()).isEqualTo(1);
    assertThat(state.getOutOfSyncReplicasList()).containsExactly(2);
    assertThat(state.getMetadata().getEligibleLeaderReplicasList())
        .as("nothing is committed without it")
        .containsExactly(2);
    assertThat(state.getHighWatermark()).isEqualTo(20);
    for (ReplicaState replica : state.getReplicasList()) {
      boolean away = replica.getNodeId() == 2;
      assertThat(replica.getInSync()).isEqualTo(!away);
      assertThat(replica.getLogEndOffset()).isEqualTo(away ? -1 : 20);
      assertThat(replica.getOffsetsBehind()).isEqualTo(away ? -1 : 0);
      assertThat(replica.hasError()).isEqualTo(away);
      if (away) {
        assertThat(Api.code(replica.getError())).isEqualTo("BROKER_NOT_AVAILABLE");
      }
    }
  }

  /** In pages of one. */
  private static List<PartitionState> states(TestNode node) {
    List<PartitionState> all = new ArrayList<>();
    String token = "";
    do {
      ListPartitionsResponse page =
          PartitionServiceGrpc.newBlockingStub(node.channel())
              .listPartitions(
                  ListPartitionsRequest.newBuilder()
                      .setTopic("copied")
                      .setPageSize(1)
                      .setPageToken(token)
                      .build());
      assertThat(page.getPartitionsCount()).isEqualTo(1);
      all.add(page.getPartitions(0));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return all;
  }

  /** At a byte a second nothing comes that is not let through at first, whatever the load. */
  @Test
  void aReplicaThatIsFarBehindIsHeldUpByEitherRateAndOneInSyncIsNot() throws Exception {
    String megabyte = "x".repeat(1_000_000);
    try (TwoNodes nodes = TwoNodes.start(data)) {
      ByteString topic = create(nodes.controller(), 1);
      produce(nodes, topic, 0);
      nodes.follower().close();
      for (int i = 0; i < 40; i++) {
        Awaitility.await()
            .until(() -> !produceTo(nodes.controller(), topic, 0, megabyte).hasError());
      }
      rate(nodes.controller(), "leader", "1");
      rate(nodes.controller(), "follower", "1");

      try (TestNode again = nodes.startBroker(2, data.resolve("2"))) {
        awaitInSync(nodes, 1);
        assertThat(produceTo(nodes.controller(), topic, 1).hasError()).isFalse();
        // The leader lets one read through, of one batch behind the two records.
        comesTo(nodes, 3, 4);
        rate(nodes.controller(), "leader", "100MB");
        // The follower lets its credits through twice, 8 MB each: those of the start go back once.
        comesTo(nodes, 8, 24);
        assertThat(produceTo(nodes.controller(), topic, 1).hasError()).isFalse();

        rate(nodes.controller(), "follower", "100MB");
        awaitInSync(nodes, 0);
        assertThat(log(2, 0)).isEqualTo(log(1, 0));
      }
      assertThat(Thread.getAllStackTraces().keySet())
          .extracting(Thread::getName)
          .anyMatch(name -> name.startsWith("replica-catch-up-"));
    }
  }

  private static void rate(TestNode node, String end, String bytesPerSecond) {
    ConfigServiceGrpc.newBlockingStub(node.channel())
        .updateConfigs(
            UpdateConfigsRequest.newBuilder()
                .setResource(
                    ConfigResource.newBuilder().setCluster(WholeCluster.getDefaultInstance()))
                .putSet(end + ".replication.throttled.rate", bytesPerSecond)
                .build());
  }

  private static void awaitInSync(TwoNodes nodes, int partition) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> states(nodes.controller()).get(partition).getOutOfSyncReplicasList().isEmpty());
  }

  /** The replica on node 2 gets as far as one offset, stays below another, and out of sync. */
  private static void comesTo(TwoNodes nodes, long least, long below) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> endOfBehind(nodes), end -> end >= least);
    Awaitility.await()
        .during(Duration.ofMillis(500))
        .atMost(Duration.ofSeconds(10))
        .until(() -> endOfBehind(nodes), end -> end < below);
    assertThat(states(nodes.controller()).get(0).getOutOfSyncReplicasList()).containsExactly(2);
  }

  private static long endOfBehind(TwoNodes nodes) {
    return states(nodes.controller()).get(0).getReplicasList().stream()
        .filter(replica -> replica.getNodeId() == 2)
        .mapToLong(ReplicaState::getLogEndOffset)
        .findFirst()
        .orElse(-1);
  }

  private static ByteString create(TestNode node, int minInsyncReplicas) {
    return new Api(node.channel())
        .topics
        .createTopic(
            CreateTopicRequest.newBuilder()
                .setName("copied")
                .setPartitions(PARTITIONS)
                .setReplicationFactor(2)
                .putConfigs("min.insync.replicas", "" + minInsyncReplicas)
                .build())
        .getTopic()
        .getTopicId();
  }

  /** By whichever node leads; a new leader may take a moment. */
  private static PartitionProduceResult produce(TwoNodes nodes, ByteString topic, int partition) {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                List.of(nodes.controller(), nodes.follower()).stream()
                    .map(node -> produceTo(node, topic, partition))
                    .filter(result -> !isElsewhere(result))
                    .findFirst(),
            java.util.Optional::isPresent)
        .orElseThrow();
  }

  private static boolean isElsewhere(PartitionProduceResult result) {
    return result.hasError()
        && List.of("NOT_LEADER", "UNKNOWN_TOPIC_ID").contains(Api.code(result.getError()));
  }

  private static PartitionProduceResult produceTo(TestNode node, ByteString topic, int partition) {
    return produceTo(node, topic, partition, "a", "b");
  }

  private static PartitionProduceResult produceTo(
      TestNode node, ByteString topic, int partition, String... values) {
    return new Api(node.channel())
        .producer
        .produce(
            ProduceRequest.newBuilder()
                .setAcks(Acks.ACKS_ALL)
                .setTimeoutMs(10_000)
                .addBatches(Api.partitionBatch(topic, partition, Api.batch(values)))
                .build())
        .getResults(0);
  }

  private byte[] log(int node, int partition) throws Exception {
    return Files.readAllBytes(
        data.resolve("" + node).resolve("copied-" + partition).resolve("00000000000000000000.log"));
  }
}
