package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.FieldMask;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.millrace.broker.server.TestNode;
import io.millrace.common.ErrorCode;
import io.millrace.proto.v1.ConfigEntry;
import io.millrace.proto.v1.ConfigSource;
import io.millrace.proto.v1.CreatePartitionsRequest;
import io.millrace.proto.v1.CreateTopicRequest;
import io.millrace.proto.v1.DeleteTopicRequest;
import io.millrace.proto.v1.GetMetadataRequest;
import io.millrace.proto.v1.GetMetadataResponse;
import io.millrace.proto.v1.GetServerInfoRequest;
import io.millrace.proto.v1.GetServerInfoResponse;
import io.millrace.proto.v1.GetTopicRequest;
import io.millrace.proto.v1.ListTopicsRequest;
import io.millrace.proto.v1.ListTopicsResponse;
import io.millrace.proto.v1.MetadataServiceGrpc;
import io.millrace.proto.v1.Topic;
import io.millrace.proto.v1.UpdateTopicRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Administration of topics, and the metadata that clients ask for. */
class TopicApiTest {
  @TempDir static Path data;

  private static TestNode node;
  private static Api api;

  @BeforeAll
  static void start() {
    node = TestNode.start(data);
    api = new Api(node.channel());
  }

  @AfterAll
  static void stop() throws InterruptedException {
    node.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "a/b", "a b", "ä", "%250", "a\\b", "a\u0000b"})
  void refusesBadNames(String name) {
    String asked = name.equals("%250") ? "x".repeat(250) : name;
    Api.refused(
        ErrorCode.INVALID_TOPIC_NAME,
        Status.Code.INVALID_ARGUMENT,
        () -> api.topics.createTopic(CreateTopicRequest.newBuilder().setName(asked).build()));
  }

  @Test
  void refusesNumbersAndConfigurationsOutOfBounds() {
    refusedCreation(
        ErrorCode.INVALID_PARTITION_COUNT, CreateTopicRequest.newBuilder().setPartitions(10_001));
    refusedCreation(
        ErrorCode.INVALID_REPLICATION_FACTOR,
        CreateTopicRequest.newBuilder().setPartitions(1).setReplicationFactor(2));
    ErrorInfo unknown =
        refusedCreation(
            ErrorCode.INVALID_CONFIG,
            CreateTopicRequest.newBuilder().putConfigs("retention.millis", "1"));
    assertThat(unknown.getMetadataMap()).containsEntry("nearest", "retention.ms");
    refusedCreation(
        ErrorCode.INVALID_CONFIG, CreateTopicRequest.newBuilder().putConfigs("segment.bytes", "1"));
    assertThat(names(ListTopicsRequest.newBuilder().build())).doesNotContain("refused");
  }

  @Test
  void createsOnceUnderOneRequestId() {
    CreateTopicRequest request =
        CreateTopicRequest.newBuilder()
            .setName("once")
            .setRequestId(UUID.randomUUID().toString())
            .build();
    ByteString id = api.topics.createTopic(request).getTopic().getTopicId();
    assertThat(api.topics.createTopic(request).getTopic().getTopicId()).isEqualTo(id);
    Api.refused(
        ErrorCode.TOPIC_ALREADY_EXISTS,
        Status.Code.ALREADY_EXISTS,
        () -> api.topics.createTopic(request.toBuilder().clearRequestId().build()));
  }

  @Test
  void validatesWithoutCreating() {
    Topic topic =
        api.topics
            .createTopic(
                CreateTopicRequest.newBuilder()
                    .setName("planned")
                    .setPartitions(4)
                    .putConfigs("retention.ms", "1h")
                    .setValidateOnly(true)
                    .build())
            .getTopic();
    assertThat(topic.getTopicId().isEmpty()).isTrue();
    assertThat(topic.getPartitionsCount()).isEqualTo(4);
    assertThat(entry(topic, "retention.ms").getValue()).isEqualTo("3600000");
    Api.refused(ErrorCode.UNKNOWN_TOPIC, Status.Code.NOT_FOUND, () -> get("planned"));
  }

  @Test
  void configurationsTellTheirSourceAndChange() {
    api.topic("configured", 1, Map.of("retention.ms", "1d"));
    assertThat(entry(get("configured"), "retention.ms"))
        .isEqualTo(entry("retention.ms", "86400000", ConfigSource.CONFIG_SOURCE_TOPIC));
    assertThat(entry(get("configured"), "segment.bytes").getSource())
        .isEqualTo(ConfigSource.CONFIG_SOURCE_DEFAULT);
    Topic updated =
        api.topics
            .updateTopic(
                UpdateTopicRequest.newBuilder()
                    .setName("configured")
                    .putConfigs("flush.mode", "commit")
                    .setUpdateMask(
                        FieldMask.newBuilder()
                            .addPaths("configs.flush.mode")
                            .addPaths("configs.retention.ms"))
                    .build())
            .getTopic();
    assertThat(entry(updated, "flush.mode").getValue()).isEqualTo("commit");
    assertThat(entry(updated, "retention.ms").getSource())
        .isEqualTo(ConfigSource.CONFIG_SOURCE_DEFAULT);
    Api.refused(
        ErrorCode.INVALID_REQUEST,
        Status.Code.INVALID_ARGUMENT,
        () ->
            api.topics.updateTopic(
                UpdateTopicRequest.newBuilder()
                    .setName("configured")
                    .setUpdateMask(FieldMask.newBuilder().addPaths("name"))
                    .build()));
  }

  @Test
  void listsInPages() {
    for (int i = 0; i < 5; i++) {
      api.topic("page-" + i);
    }
    List<String> all = new ArrayList<>();
    ListTopicsRequest.Builder request = ListTopicsRequest.newBuilder().setPageSize(2);
    ListTopicsResponse page;
    do {
      page = api.topics.listTopics(request.build());
      assertThat(page.getTopicsCount()).isLessThanOrEqualTo(2);
      page.getTopicsList().forEach(topic -> all.add(topic.getName()));
      request.setPageToken(page.getNextPageToken());
    } while (!page.getNextPageToken().isEmpty());
    assertThat(all).isSorted().doesNotHaveDuplicates().contains("page-0", "page-4");
    Api.refused(
        ErrorCode.INVALID_REQUEST,
        Status.Code.INVALID_ARGUMENT,
        () -> api.topics.listTopics(request.setPageSize(-1).build()));
  }

  @Test
  void aPageLargerThanTheLargestIsCutToIt() {
    api.topic("one-page");
    ListTopicsRequest request = ListTopicsRequest.newBuilder().setPageSize(1_001).build();
    assertThat(api.topics.listTopics(request).getTopicsList()).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"?", "garbage", "zzzzzzzz", "b3JkZXJz", "====", "\u00e4"})
  void aPageTokenThatNoAnswerHadIsRefused(String token) {
    Api.refused(
        ErrorCode.INVALID_REQUEST,
        Status.Code.INVALID_ARGUMENT,
        () -> api.topics.listTopics(ListTopicsRequest.newBuilder().setPageToken(token).build()));
  }

  @Test
  void deletedTopicsAreGoneAndTheirIdsAreNeverUsedAgain() {
    ByteString id = api.topic("reborn");
    api.produce(id, Api.batch("a"));
    Api.refused(
        ErrorCode.UNKNOWN_TOPIC_ID,
        Status.Code.NOT_FOUND,
        () ->
            api.topics.deleteTopic(
                DeleteTopicRequest.newBuilder()
                    .setName("reborn")
                    .setTopicId(ByteString.copyFrom(new byte[16]))
                    .build()));
    api.topics.deleteTopic(DeleteTopicRequest.newBuilder().setName("reborn").build());
    assertThat(Api.code(api.produce(id, Api.batch("b")).getError())).isEqualTo("UNKNOWN_TOPIC_ID");
    ByteString again = api.topic("reborn");
    assertThat(again).isNotEqualTo(id);
    assertThat(api.fetch(again, 0, 0).getHighWatermark()).isZero();
  }

  @Test
  void addsPartitionsThatServeWhenItAnswers() {
    ByteString id = api.topic("growing");
    Topic grown =
        api.topics
            .createPartitions(
                CreatePartitionsRequest.newBuilder().setName("growing").setPartitions(3).build())
            .getTopic();
    assertThat(grown.getPartitionsCount()).isEqualTo(3);
    assertThat(
            api.fetcher
                .fetch(
                    io.millrace.proto.v1.FetchRequest.newBuilder()
                        .addPartitions(Api.at(id, 2, 0))
                        .build())
                .getPartitions(0)
                .hasError())
        .isFalse();
    Api.refused(
        ErrorCode.INVALID_PARTITION_COUNT,
        Status.Code.INVALID_ARGUMENT,
        () ->
            api.topics.createPartitions(
                CreatePartitionsRequest.newBuilder().setName("growing").setPartitions(2).build()));
  }

  @Test
  void metadataNamesBrokersLeadersAndWhatIsMissing() {
    ByteString id = api.topic("described", 2, Map.of());
    MetadataServiceGrpc.MetadataServiceBlockingStub metadata =
        MetadataServiceGrpc.newBlockingStub(node.channel());
    GetMetadataResponse answer =
        metadata.getMetadata(
            GetMetadataRequest.newBuilder()
                .addTopics("described")
                .addTopics("missing")
                .addTopicIds(id)
                .build());
    assertThat(answer.getBrokers(0).getPort()).isEqualTo(node.server().clientPort());
    assertThat(answer.getControllerId()).isEqualTo(1);
    assertThat(answer.getTopics(0).getPartitions(1).getLeaderId()).isEqualTo(1);
    assertThat(Api.code(answer.getTopics(1).getError())).isEqualTo("UNKNOWN_TOPIC");
    assertThat(answer.getTopics(2).getName()).isEqualTo("described");
    GetServerInfoResponse info = metadata.getServerInfo(GetServerInfoRequest.getDefaultInstance());
    assertThat(info.getVersion()).matches("\\d+\\.\\d+\\.\\d+.*");
    assertThat(info.getClusterId()).isEqualTo(node.server().clusterId());
    assertThat(info.getProducerBatchesRemembered()).isEqualTo(64);
    assertThat(info.getCodecsList()).containsExactly("none", "gzip", "snappy", "lz4", "zstd");
  }

  private static ErrorInfo refusedCreation(ErrorCode code, CreateTopicRequest.Builder request) {
    return Api.refused(
        code,
        Status.Code.INVALID_ARGUMENT,
        () -> api.topics.createTopic(request.setName("refused").build()));
  }

  private static Topic get(String name) {
    return api.topics.getTopic(GetTopicRequest.newBuilder().setName(name).build()).getTopic();
  }

  private static List<String> names(ListTopicsRequest request) {
    return api.topics.listTopics(request).getTopicsList().stream().map(Topic::getName).toList();
  }

  private static ConfigEntry entry(Topic topic, String key) {
    return topic.getConfigsList().stream()
        .filter(entry -> entry.getKey().equals(key))
        .findFirst()
        .orElseThrow();
  }

  private static ConfigEntry entry(String key, String value, ConfigSource source) {
    return ConfigEntry.newBuilder().setKey(key).setValue(value).setSource(source).build();
  }
}
