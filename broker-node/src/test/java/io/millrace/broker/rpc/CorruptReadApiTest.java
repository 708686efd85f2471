package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.server.TestNode;
import io.millrace.proto.v1.DeleteRecordsPartition;
import io.millrace.proto.v1.DeleteRecordsRequest;
import io.millrace.proto.v1.FetchPartition;
import io.millrace.proto.v1.FetchServiceGrpc;
import io.millrace.proto.v1.FetchStreamOpen;
import io.millrace.proto.v1.FetchStreamRequest;
import io.millrace.proto.v1.FetchStreamResponse;
import io.millrace.proto.v1.ListPartitionsRequest;
import io.millrace.proto.v1.PartitionData;
import io.millrace.proto.v1.PartitionServiceGrpc;
import io.millrace.proto.v1.ReplicaState;
import io.millrace.proto.v1.SubscribePartition;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stored batch whose bytes changed takes none of its neighbours with it (S22). */
class CorruptReadApiTest {
  private static final ByteString INTACT = Api.batch("before");
  private static final ByteString DAMAGED = Api.batch("damaged");

  @TempDir Path data;

  private TestNode node;
  private Api api;
  private ByteString topic;

  @BeforeEach
  void storeThreeBatchesAndDamageTheSecond() throws IOException {
    node = TestNode.start(data);
    api = new Api(node.channel());
    topic = api.topic("damaged");
    api.produce(topic, INTACT);
    api.produce(topic, DAMAGED);
    api.produce(topic, INTACT);
    flip(INTACT.size() + DAMAGED.size() - 1L);
  }

  @AfterEach
  void stop() throws InterruptedException {
    node.close();
  }

  private void flip(long position) throws IOException {
    Path segment;
    try (Stream<Path> files = Files.walk(data)) {
      segment =
          files.filter(file -> file.endsWith("damaged-0/00000000000000000000.log")).findAny().get();
    }
    try (FileChannel file =
        FileChannel.open(segment, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      file.read(one, position);
      file.write(ByteBuffer.wrap(new byte[] {(byte) (one.get(0) ^ 1)}), position);
    }
  }

  @Test
  void S22_aFetchGivesTheIntactBatchesBeforeADamagedOneAndReportsItWhenItComesFirst() {
    PartitionData before = api.fetch(topic, 0, 0);
    assertThat(before.hasError()).isFalse();
    assertThat(before.getRecords().size()).isEqualTo(INTACT.size());
    assertThat(Api.code(api.fetch(topic, 1, 0).getError())).isEqualTo("CORRUPT_BATCH");
    assertThat(api.fetch(topic, 2, 0).getRecords().size()).isEqualTo(INTACT.size());
  }

  @Test
  void S25_aListingTellsWhereTheFirstDamageIsOfWhatWasRead() throws IOException {
    flip(2L * INTACT.size() + DAMAGED.size() - 1);
    assertThat(listed().hasCorruptOffset()).isFalse();
    api.fetch(topic, 2, 0);
    assertThat(listed().getCorruptOffset()).isEqualTo(2);
    api.fetch(topic, 1, 0);
    assertThat(listed().getCorruptOffset()).isEqualTo(1);

    api.topics.deleteRecords(
        DeleteRecordsRequest.newBuilder()
            .setName("damaged")
            .addPartitions(DeleteRecordsPartition.newBuilder().setBeforeOffset(2))
            .build());

    assertThat(listed().getCorruptOffset()).as("none of several is forgotten").isEqualTo(2);
  }

  private ReplicaState listed() {
    return PartitionServiceGrpc.newBlockingStub(node.channel())
        .listPartitions(ListPartitionsRequest.newBuilder().setTopic("damaged").build())
        .getPartitions(0)
        .getReplicas(0);
  }

  @Test
  void S22_aStreamGivesTheIntactBatchesAndThenEndsTheSubscription() throws Exception {
    Recorder<FetchStreamRequest, FetchStreamResponse> pushed = new Recorder<>();
    StreamObserver<FetchStreamRequest> stream =
        FetchServiceGrpc.newStub(node.channel()).fetchStream(pushed);
    stream.onNext(
        FetchStreamRequest.newBuilder()
            .setOpen(FetchStreamOpen.newBuilder().setCreditBytes(1 << 20))
            .build());
    stream.onNext(
        FetchStreamRequest.newBuilder()
            .setSubscribe(
                SubscribePartition.newBuilder()
                    .setSubscriptionId(1)
                    .setPartition(
                        FetchPartition.newBuilder()
                            .setTopicId(topic)
                            .setCurrentLeaderEpoch(-1)
                            .setLastFetchedEpoch(-1)))
            .build());
    assertThat(pushed.next().getData().getRecords().size()).isEqualTo(INTACT.size());
    assertThat(Api.code(pushed.next().getData().getError())).isEqualTo("CORRUPT_BATCH");
    stream.onCompleted();
    pushed.awaitEnd();
  }
}
