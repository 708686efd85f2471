package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.millrace.broker.server.TestNode;
import io.millrace.common.ErrorCode;
import io.millrace.common.record.KeyPartitioner;
import io.millrace.proto.v1.ConfigEntry;
import io.millrace.proto.v1.CreatePartitionsRequest;
import io.millrace.proto.v1.CreateTopicRequest;
import io.millrace.proto.v1.DeleteRecordsRequest;
import io.millrace.proto.v1.DeleteTopicRequest;
import io.millrace.proto.v1.FindCoordinatorRequest;
import io.millrace.proto.v1.FindCoordinatorResponse;
import io.millrace.proto.v1.GetTopicRequest;
import io.millrace.proto.v1.MetadataServiceGrpc;
import io.millrace.proto.v1.PublishRecord;
import io.millrace.proto.v1.PublishRequest;
import io.millrace.proto.v1.TailRequest;
import io.millrace.proto.v1.Topic;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The topic of groups and offsets, which the system makes and no client changes. */
class InternalTopicApiTest {
  private static final String NAME = "__consumer_offsets";

  @TempDir static Path data;

  private static TestNode node;
  private static Api api;
  private static MetadataServiceGrpc.MetadataServiceBlockingStub metadata;

  @BeforeAll
  static void start() {
    node = TestNode.start(data);
    api = new Api(node.channel());
    metadata = MetadataServiceGrpc.newBlockingStub(node.channel());
    find("first");
  }

  @AfterAll
  static void stop() throws InterruptedException {
    node.close();
  }

  @Test
  void theFirstQuestionForACoordinatorMakesTheTopic() {
    Topic topic = topic();
    assertThat(topic.getPartitionsCount()).isEqualTo(50);
    assertThat(topic.getReplicationFactor()).isEqualTo(1);
    assertThat(topic.getConfigsList())
        .filteredOn(entry -> entry.getKey().equals("cleanup.policy"))
        .extracting(ConfigEntry::getValue)
        .containsExactly("compact");
  }

  @Test
  void manyQuestionsAtOnceMakeItOnce() throws Exception {
    try (TestNode other = TestNode.start(data.resolve("other"))) {
      var stub = MetadataServiceGrpc.newFutureStub(other.channel());
      var all =
          IntStream.range(0, 50).mapToObj(i -> stub.findCoordinator(request("g" + i))).toList();
      for (var each : all) {
        assertThat(each.get().getCoordinator().getNodeId()).isEqualTo(1);
      }
    }
  }

  @Test
  void theLeaderOfThePartitionThatTheNameHashesToCoordinates() {
    FindCoordinatorResponse found = find("orders");
    int partition =
        KeyPartitioner.partitionFor(ByteBuffer.wrap("orders".getBytes(StandardCharsets.UTF_8)), 50);
    assertThat(found.getPartition()).isEqualTo(partition);
    assertThat(found.getCoordinator().getNodeId()).isEqualTo(1);
    assertThat(found.getCoordinator().getPort()).isEqualTo(node.server().clientPort());
    assertThat(found.getLeaderEpoch()).isEqualTo(topic().getPartitions(partition).getLeaderEpoch());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a\nb", "%250", "a\u0000"})
  void refusesNamesThatNoGroupMayHave(String name) {
    String asked = name.equals("%250") ? "x".repeat(250) : name;
    Api.refused(ErrorCode.INVALID_GROUP_ID, Status.Code.INVALID_ARGUMENT, () -> find(asked));
  }

  @Test
  void groupsMayHaveNamesInAnyScript() {
    assertThat(find("заказы").getCoordinator().getNodeId()).isEqualTo(1);
  }

  @Test
  void clientsMayNotMakeTopicsOfTheSystem() {
    refused(
        () -> api.topics.createTopic(CreateTopicRequest.newBuilder().setName("__mine").build()));
  }

  @Test
  void clientsMayNotWriteToThem() {
    ByteString id = topic().getTopicId();
    assertThat(Api.code(api.produce(id, Api.batch("x")).getError())).isEqualTo("POLICY_VIOLATION");
    refused(
        () ->
            api.producer.publish(
                PublishRequest.newBuilder()
                    .setTopic(NAME)
                    .addRecords(PublishRecord.newBuilder().setValue(ByteString.copyFromUtf8("x")))
                    .build()));
  }

  @Test
  void clientsMayNotDeleteOrGrowThem() {
    refused(() -> api.topics.deleteTopic(DeleteTopicRequest.newBuilder().setName(NAME).build()));
    refused(
        () ->
            api.topics.createPartitions(
                CreatePartitionsRequest.newBuilder().setName(NAME).setPartitions(60).build()));
    refused(
        () -> api.topics.deleteRecords(DeleteRecordsRequest.newBuilder().setName(NAME).build()));
  }

  @Test
  void clientsMayReadThem() {
    assertThat(api.fetch(topic().getTopicId(), 0, 0).hasError()).isFalse();
    assertThat(
            api.subscriptions.tail(
                TailRequest.newBuilder().setTopic(NAME).setStopAtEnd(true).build()))
        .toIterable()
        .isEmpty();
  }

  private static void refused(ThrowingCallable call) {
    assertThat(
            Api.refused(ErrorCode.POLICY_VIOLATION, Status.Code.FAILED_PRECONDITION, call)
                .getMetadataMap())
        .containsKey("topic");
  }

  private static Topic topic() {
    return api.topics.getTopic(GetTopicRequest.newBuilder().setName(NAME).build()).getTopic();
  }

  private static FindCoordinatorResponse find(String group) {
    return metadata.findCoordinator(request(group));
  }

  private static FindCoordinatorRequest request(String group) {
    return FindCoordinatorRequest.newBuilder().setGroupId(group).build();
  }
}
