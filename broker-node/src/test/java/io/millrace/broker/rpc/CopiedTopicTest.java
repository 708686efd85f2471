package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.millrace.broker.server.TestNode;
import io.millrace.broker.server.TwoNodes;
import io.millrace.proto.v1.Acks;
import io.millrace.proto.v1.CreateTopicRequest;
import io.millrace.proto.v1.PartitionProduceResult;
import io.millrace.proto.v1.ProduceRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
      ByteString topic = create(nodes.controller());
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

      nodes.follower().server().close();

      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () ->
                  assertThat(Api.code(produceTo(nodes.controller(), topic, 0).getError()))
                      .isEqualTo("NOT_ENOUGH_REPLICAS"));
    }
  }

  private static ByteString create(TestNode node) {
    return new Api(node.channel())
        .topics
        .createTopic(
            CreateTopicRequest.newBuilder()
                .setName("copied")
                .setPartitions(PARTITIONS)
                .setReplicationFactor(2)
                .putConfigs("min.insync.replicas", "2")
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
    return new Api(node.channel())
        .producer
        .produce(
            ProduceRequest.newBuilder()
                .setAcks(Acks.ACKS_ALL)
                .setTimeoutMs(10_000)
                .addBatches(Api.partitionBatch(topic, partition, Api.batch("a", "b")))
                .build())
        .getResults(0);
  }

  private byte[] log(int node, int partition) throws Exception {
    return Files.readAllBytes(
        data.resolve("" + node).resolve("copied-" + partition).resolve("00000000000000000000.log"));
  }
}
