package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.millrace.broker.server.TestNode;
import io.millrace.broker.server.TwoNodes;
import io.millrace.proto.v1.Acks;
import io.millrace.proto.v1.CreateTopicRequest;
import io.millrace.proto.v1.GetTopicRequest;
import io.millrace.proto.v1.PartitionData;
import io.millrace.proto.v1.PartitionMetadata;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A byte flips on the disk of one of two whole nodes (S25). */
@Timeout(90)
class CorruptReplicaTest {
  @TempDir Path data;

  @Test
  void S25_aCorruptLeaderIsReplacedAndRepairedFromTheNewOne() throws Exception {
    try (TwoNodes nodes = TwoNodes.start(data)) {
      ByteString topic = create(nodes.controller());
      TestNode leader = node(nodes, inSync(nodes).getLeaderId());
      TestNode other = leader == nodes.controller() ? nodes.follower() : nodes.controller();
      int leaderId = inSync(nodes).getLeaderId();
      for (String value : new String[] {"a", "b", "c"}) {
        assertThat(new Api(leader.channel()).produce(topic, Api.batch(value), Acks.ACKS_ALL, 0))
            .matches(result -> !result.hasError());
      }
      byte[] good = Files.readAllBytes(log(3 - leaderId));
      flip(log(leaderId), good.length / 2);

      PartitionData read = new Api(leader.channel()).fetch(topic, 1, 0);
      assertThat(Api.code(read.getError()))
          .as("to be asked for again, elsewhere")
          .isEqualTo("LEADER_NOT_AVAILABLE");
      assertThat(read.getError().getMessage()).contains("corrupt", "00000000000000000000.log");

      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () -> assertThat(new Api(other.channel()).fetch(topic, 1, 0).hasError()).isFalse());
      assertThat(new Api(other.channel()).fetch(topic, 1, 0).getRecords().isEmpty()).isFalse();
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () -> {
                assertThat(Files.readAllBytes(log(leaderId))).isEqualTo(good);
                assertThat(partition(nodes).getInSyncReplicasCount()).isEqualTo(2);
              });
      assertThat(partition(nodes).getLeaderId()).isEqualTo(3 - leaderId);
    }
  }

  private static TestNode node(TwoNodes nodes, int id) {
    return id == 1 ? nodes.controller() : nodes.follower();
  }

  private static ByteString create(TestNode node) {
    return new Api(node.channel())
        .topics
        .createTopic(
            CreateTopicRequest.newBuilder()
                .setName("flipped")
                .setPartitions(1)
                .setReplicationFactor(2)
                .build())
        .getTopic()
        .getTopicId();
  }

  private static PartitionMetadata inSync(TwoNodes nodes) {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> partition(nodes), each -> each.getInSyncReplicasCount() == 2);
  }

  private static PartitionMetadata partition(TwoNodes nodes) {
    return new Api(nodes.controller().channel())
        .topics
        .getTopic(GetTopicRequest.newBuilder().setName("flipped").build())
        .getTopic()
        .getPartitions(0);
  }

  private Path log(int node) {
    return data.resolve("" + node).resolve("flipped-0").resolve("00000000000000000000.log");
  }

  private static void flip(Path file, long position) throws IOException {
    try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "rw")) {
      log.seek(position);
      int old = log.read();
      log.seek(position);
      log.write(old ^ 1);
    }
  }
}
