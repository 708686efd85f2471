package io.millrace.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.RealFileStore;
import io.millrace.proto.v1.CreateTopicRequest;
import io.millrace.proto.v1.ErrorCode;
import io.millrace.proto.v1.GetMetadataRequest;
import io.millrace.proto.v1.MetadataServiceGrpc;
import io.millrace.proto.v1.PartitionMetadata;
import io.millrace.proto.v1.ProducerServiceGrpc;
import io.millrace.proto.v1.PublishRecord;
import io.millrace.proto.v1.PublishRequest;
import io.millrace.proto.v1.TopicServiceGrpc;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log directory fails while the broker runs. */
class FailedDirectoryTest {
  @TempDir Path data;

  @Test
  void S34_theControllerIsToldAndTheMetadataSayWhyNobodyLeads() throws Exception {
    List<String> dirs = List.of(data.resolve("a").toString(), data.resolve("b").toString());
    FaultPlan plan = new FaultPlan();
    try (TestNode node =
        TestNode.start(
            data,
            new FaultyFileStore(new RealFileStore(), plan),
            settings -> settings.set(NodeSettings.DATA_DIRS, dirs))) {
      TopicServiceGrpc.newBlockingStub(node.channel())
          .createTopic(
              CreateTopicRequest.newBuilder()
                  .setName("t")
                  .setPartitions(4)
                  .putConfigs("flush.mode", "commit")
                  .build());
      plan.on(FaultPlan.Operation.FORCE).path(dirs.get(1) + "/**").failFromThenOn("I/O error");
      publishToAll(node);
      await()
          .pollInterval(Duration.ofMillis(20))
          .untilAsserted(
              () ->
                  assertThat(partitions(node))
                      .filteredOn(each -> each.getLeaderId() == 0)
                      .hasSize(2)
                      .extracting(each -> each.getWhyNoLeader().getCode())
                      .containsOnly(ErrorCode.ERROR_CODE_LOG_DIR_OFFLINE));
      assertThat(partitions(node)).filteredOn(each -> each.getLeaderId() == 1).hasSize(2);
      assertThat(node.server().ready()).isTrue();
    }
  }

  private static void publishToAll(TestNode node) {
    PublishRequest.Builder request = PublishRequest.newBuilder().setTopic("t");
    for (int partition = 0; partition < 4; partition++) {
      request.addRecords(
          PublishRecord.newBuilder()
              .setPartition(partition)
              .setValue(ByteString.copyFromUtf8("x")));
    }
    assertThat(
            ProducerServiceGrpc.newBlockingStub(node.channel())
                .publish(request.build())
                .getResultsList())
        .filteredOn(result -> result.hasError())
        .hasSize(2);
  }

  private static List<PartitionMetadata> partitions(TestNode node) {
    return MetadataServiceGrpc.newBlockingStub(node.channel())
        .getMetadata(GetMetadataRequest.getDefaultInstance())
        .getTopics(0)
        .getPartitionsList();
  }
}
