package io.millrace.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.proto.v1.Acks;
import io.millrace.proto.v1.CreateTopicRequest;
import io.millrace.proto.v1.ErrorCode;
import io.millrace.proto.v1.GetMetadataRequest;
import io.millrace.proto.v1.GetMetadataResponse;
import io.millrace.proto.v1.MetadataServiceGrpc;
import io.millrace.proto.v1.PartitionMetadata;
import io.millrace.proto.v1.ProducerServiceGrpc;
import io.millrace.proto.v1.PublishRecord;
import io.millrace.proto.v1.PublishRequest;
import io.millrace.proto.v1.PublishResponse;
import io.millrace.proto.v1.PublishResult;
import io.millrace.proto.v1.TopicServiceGrpc;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Publish on two whole nodes, each of which leads some partitions of a topic. */
class PublishThroughAnyBrokerTest {
  private static final int PARTITIONS = 4;

  @TempDir Path data;

  private TwoNodes nodes;

  @BeforeEach
  void start() {
    nodes = TwoNodes.start(data);
    TopicServiceGrpc.newBlockingStub(nodes.controller().channel())
        .createTopic(
            CreateTopicRequest.newBuilder()
                .setName("orders")
                .setPartitions(PARTITIONS)
                .setReplicationFactor(1)
                .putConfigs("max.message.bytes", "10000")
                .build());
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(partitions(nodes.follower()))
                    .extracting(PartitionMetadata::getLeaderId)
                    .contains(1, 2));
  }

  @AfterEach
  void stop() throws InterruptedException {
    nodes.close();
  }

  @Test
  void eachBrokerTakesRecordsForEveryPartition() {
    for (Acks acks : List.of(Acks.ACKS_UNSPECIFIED, Acks.ACKS_LEADER)) {
      PublishResponse first = publish(nodes.controller(), toEach(acks, 10));
      PublishResponse second = publish(nodes.follower(), toEach(acks, 10));
      for (int partition = 0; partition < PARTITIONS; partition++) {
        assertThat(first.getResults(partition).hasError()).as("%s", first).isFalse();
        assertThat(second.getResults(partition).getPartition()).isEqualTo(partition);
        assertThat(second.getResults(partition).getOffset())
            .isEqualTo(first.getResults(partition).getOffset() + 1);
      }
    }
  }

  @Test
  void withoutAcksRecordsGoTheSameWayAndHaveNoOffsets() {
    PublishResponse answer = publish(nodes.follower(), toEach(Acks.ACKS_NONE, 10));
    assertThat(answer.getResultsList()).noneMatch(PublishResult::hasError);
    assertThat(answer.getResultsList()).extracting(PublishResult::getOffset).containsOnly(-1L);
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(publish(nodes.follower(), toEach(Acks.ACKS_ALL, 10)).getResultsList())
                    .allMatch(result -> result.getOffset() >= 1));
  }

  @Test
  void recordThatIsTooLargeFailsAloneWhereverItsLeaderIs() {
    PublishRequest.Builder request = PublishRequest.newBuilder().setTopic("orders");
    for (int partition = 0; partition < PARTITIONS; partition++) {
      request.addRecords(record(partition, 10)).addRecords(record(partition, 20_000));
      request.addRecords(record(partition, 10));
    }
    for (TestNode node : List.of(nodes.controller(), nodes.follower())) {
      List<PublishResult> results = publish(node, request.build()).getResultsList();
      for (int i = 0; i < results.size(); i++) {
        assertThat(results.get(i).getError().getCode())
            .as("record %s: %s", i, results.get(i))
            .isEqualTo(
                i % 3 == 1
                    ? ErrorCode.ERROR_CODE_BATCH_TOO_LARGE
                    : ErrorCode.ERROR_CODE_UNSPECIFIED);
      }
    }
  }

  @Test
  void requestIsMadeIntoSeveralBatchesThatKeepTheirOrderOnTheWay() {
    PublishRequest.Builder request = PublishRequest.newBuilder().setTopic("orders");
    IntStream.range(0, 200).forEach(i -> request.addRecords(record(i % PARTITIONS, 1_000)));
    for (TestNode node : List.of(nodes.controller(), nodes.follower())) {
      List<PublishResult> results = publish(node, request.build()).getResultsList();
      for (int i = PARTITIONS; i < results.size(); i++) {
        assertThat(results.get(i).getOffset())
            .isEqualTo(results.get(i - PARTITIONS).getOffset() + 1);
      }
    }
  }

  @Test
  void emptyRequestAndUnknownPlacesAreRefusedByWhoeverIsAsked() {
    for (TestNode node : List.of(nodes.controller(), nodes.follower())) {
      refused(node, PublishRequest.newBuilder().setTopic("orders"), Status.Code.INVALID_ARGUMENT);
      refused(
          node,
          PublishRequest.newBuilder().setTopic("nowhere").addRecords(record(0, 1)),
          Status.Code.NOT_FOUND);
      refused(
          node,
          PublishRequest.newBuilder().setTopic("orders").addRecords(record(PARTITIONS, 1)),
          Status.Code.NOT_FOUND);
    }
  }

  private static void refused(TestNode node, PublishRequest.Builder request, Status.Code code) {
    StatusRuntimeException thrown =
        catchThrowableOfType(StatusRuntimeException.class, () -> publish(node, request.build()));
    assertThat(thrown.getStatus().getCode()).isEqualTo(code);
  }

  @Test
  void leaderThatIsAwayIsToldOfAtTheDeadlineAndTheOthersAreServed() throws InterruptedException {
    nodes.follower().close();
    PublishResponse answer =
        publish(
            nodes.controller(), toEach(Acks.ACKS_ALL, 10).toBuilder().setTimeoutMs(1_500).build());
    for (PartitionMetadata partition : partitions(nodes.controller())) {
      PublishResult result = answer.getResults(partition.getPartition());
      assertThat(result.hasError()).as("%s", result).isEqualTo(partition.getLeaderId() != 1);
    }
  }

  private static PublishRequest toEach(Acks acks, int bytes) {
    PublishRequest.Builder request = PublishRequest.newBuilder().setTopic("orders").setAcks(acks);
    IntStream.range(0, PARTITIONS).forEach(i -> request.addRecords(record(i, bytes)));
    return request.build();
  }

  private static PublishRecord record(int partition, int bytes) {
    return PublishRecord.newBuilder()
        .setPartition(partition)
        .setValue(ByteString.copyFrom(new byte[bytes]))
        .build();
  }

  private static PublishResponse publish(TestNode node, PublishRequest request) {
    return ProducerServiceGrpc.newBlockingStub(node.channel()).publish(request);
  }

  private static List<PartitionMetadata> partitions(TestNode node) {
    GetMetadataResponse metadata =
        MetadataServiceGrpc.newBlockingStub(node.channel())
            .getMetadata(GetMetadataRequest.newBuilder().addTopics("orders").build());
    return metadata.getTopicsCount() == 0 ? List.of() : metadata.getTopics(0).getPartitionsList();
  }
}
