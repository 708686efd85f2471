package io.millrace.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.proto.v1.ConsumedRecord;
import io.millrace.proto.v1.CreateTopicRequest;
import io.millrace.proto.v1.ProducerServiceGrpc;
import io.millrace.proto.v1.PublishRecord;
import io.millrace.proto.v1.PublishRequest;
import io.millrace.proto.v1.PublishResult;
import io.millrace.proto.v1.SubscriptionServiceGrpc;
import io.millrace.proto.v1.TailRequest;
import io.millrace.proto.v1.TailResponse;
import io.millrace.proto.v1.TailStart;
import io.millrace.proto.v1.TopicServiceGrpc;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tail on two whole nodes, each of which leads some partitions of a topic. */
class TailThroughAnyBrokerTest {
  private static final int PARTITIONS = 4;
  private static final int EACH = 300;
  private static final TailStart EARLIEST = TailStart.newBuilder().setEarliest(true).build();

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
                .build());
    publish(EACH);
  }

  @AfterEach
  void stop() throws InterruptedException {
    nodes.close();
  }

  @Test
  void eachBrokerGivesOutEveryPartitionInOrderUpToItsEnd() {
    for (TestNode node : List.of(nodes.controller(), nodes.follower())) {
      List<ConsumedRecord> records = all(node, request().setStart(EARLIEST).setStopAtEnd(true));
      for (int partition = 0; partition < PARTITIONS; partition++) {
        assertThat(offsets(records, partition))
            .isEqualTo(IntStream.range(0, EACH).mapToObj(i -> (long) i).toList());
      }
    }
  }

  @Test
  void startsAndBoundsHoldWhereverTheLeaderIs() {
    for (TestNode node : List.of(nodes.controller(), nodes.follower())) {
      assertThat(all(node, request().setStart(EARLIEST).setMaxRecords(EACH + 7))).hasSize(EACH + 7);
      TailStart late = TailStart.newBuilder().setOffset(EACH - 2).build();
      assertThat(all(node, request().setStart(late).setStopAtEnd(true))).hasSize(2 * PARTITIONS);
      assertThat(all(node, request().setStopAtEnd(true))).isEmpty();
      TailStart beyond = TailStart.newBuilder().setOffset(EACH + 1).build();
      for (int partition = 0; partition < PARTITIONS; partition++) {
        TailRequest.Builder one = request().setStart(beyond).addPartitions(partition);
        assertThat(
                catchThrowableOfType(StatusRuntimeException.class, () -> all(node, one))
                    .getStatus()
                    .getCode())
            .isEqualTo(Status.Code.OUT_OF_RANGE);
      }
    }
  }

  @Test
  void whatComesLaterIsFollowedThroughEachBroker() {
    for (TestNode node : List.of(nodes.controller(), nodes.follower())) {
      Iterator<TailResponse> tail =
          SubscriptionServiceGrpc.newBlockingStub(node.channel())
              .tail(request().setStart(EARLIEST).setMaxRecords(2L * EACH * PARTITIONS).build());
      assertThat(tail.hasNext()).isTrue();
      publish(EACH);
      List<ConsumedRecord> records = new ArrayList<>();
      tail.forEachRemaining(message -> records.addAll(message.getRecordsList()));
      for (int partition = 0; partition < PARTITIONS; partition++) {
        List<Long> offsets = offsets(records, partition);
        assertThat(offsets)
            .isEqualTo(IntStream.range(0, offsets.size()).mapToObj(i -> (long) i).toList());
      }
    }
  }

  private void publish(int each) {
    PublishRequest.Builder request = PublishRequest.newBuilder().setTopic("orders");
    for (int i = 0; i < each * PARTITIONS; i++) {
      request.addRecords(
          PublishRecord.newBuilder()
              .setPartition(i % PARTITIONS)
              .setValue(ByteString.copyFrom(new byte[1_000])));
    }
    assertThat(
            ProducerServiceGrpc.newBlockingStub(nodes.controller().channel())
                .publish(request.build())
                .getResultsList())
        .noneMatch(PublishResult::hasError);
  }

  private static List<Long> offsets(List<ConsumedRecord> records, int partition) {
    return records.stream()
        .filter(record -> record.getPartition() == partition)
        .map(ConsumedRecord::getOffset)
        .toList();
  }

  private static TailRequest.Builder request() {
    return TailRequest.newBuilder().setTopic("orders");
  }

  private static List<ConsumedRecord> all(TestNode node, TailRequest.Builder request) {
    List<ConsumedRecord> records = new ArrayList<>();
    SubscriptionServiceGrpc.newBlockingStub(node.channel())
        .tail(request.build())
        .forEachRemaining(
            message -> {
              assertThat(message.getErrorsList()).isEmpty();
              records.addAll(message.getRecordsList());
            });
    return records;
  }
}
