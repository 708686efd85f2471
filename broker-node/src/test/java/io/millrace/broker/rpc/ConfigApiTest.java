package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.millrace.broker.server.TwoNodes;
import io.millrace.common.ErrorCode;
import io.millrace.proto.v1.Config;
import io.millrace.proto.v1.ConfigResource;
import io.millrace.proto.v1.ConfigServiceGrpc;
import io.millrace.proto.v1.ConfigServiceGrpc.ConfigServiceBlockingStub;
import io.millrace.proto.v1.ConfigSource;
import io.millrace.proto.v1.ConfigSynonym;
import io.millrace.proto.v1.GetConfigsRequest;
import io.millrace.proto.v1.ListConfigsRequest;
import io.millrace.proto.v1.ListConfigsResponse;
import io.millrace.proto.v1.UpdateConfigsRequest;
import io.millrace.proto.v1.WholeCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings of topics, brokers and the cluster, asked of a node that is not the controller. */
@Timeout(60)
class ConfigApiTest {
  private static final ConfigResource CLUSTER =
      ConfigResource.newBuilder().setCluster(WholeCluster.getDefaultInstance()).build();

  @TempDir static Path data;

  private static TwoNodes nodes;
  private static Api api;
  private static ConfigServiceBlockingStub configs;

  @BeforeAll
  static void start() throws Exception {
    nodes = TwoNodes.start(data, "log.segment.bytes = 2MB");
    api = new Api(nodes.follower().channel());
    configs = ConfigServiceGrpc.newBlockingStub(nodes.follower().channel());
  }

  @AfterAll
  static void stop() throws InterruptedException {
    nodes.close();
  }

  @Test
  void eachValueTellsItsSourceAndWhatItGoesBefore() {
    api.topic("layered", 1, Map.of("segment.bytes", "8MB"));
    set(CLUSTER, "log.segment.bytes", "4MB");
    set(broker(2), "log.segment.bytes", "6MB");
    Config ofTopic = get(topic("layered"), "segment.bytes");
    assertThat(ofTopic.getSynonymsList())
        .extracting(
            ConfigSynonym::getKey,
            ConfigSynonym::getValue,
            ConfigSynonym::getSource,
            ConfigSynonym::getPlace)
        .containsExactly(
            row("segment.bytes", 8 << 20, ConfigSource.CONFIG_SOURCE_TOPIC, ""),
            row("log.segment.bytes", 6 << 20, ConfigSource.CONFIG_SOURCE_BROKER_DYNAMIC, ""),
            row("log.segment.bytes", 4 << 20, ConfigSource.CONFIG_SOURCE_CLUSTER_DYNAMIC, ""),
            row(
                "log.segment.bytes",
                2 << 20,
                ConfigSource.CONFIG_SOURCE_BROKER,
                "node.properties:1"),
            row("log.segment.bytes", 1 << 30, ConfigSource.CONFIG_SOURCE_DEFAULT, ""));
    assertThat(ofTopic.getValue()).isEqualTo("" + (8 << 20));
    assertThat(ofTopic.getSource()).isEqualTo(ConfigSource.CONFIG_SOURCE_TOPIC);
    assertThat(ofTopic.getReadOnly()).isFalse();
    assertThat(ofTopic.getDocumentation()).isNotEmpty();

    reset(topic("layered"), "segment.bytes");
    assertThat(get(topic("layered"), "segment.bytes").getValue()).isEqualTo("" + (6 << 20));
    reset(broker(2), "log.segment.bytes");
    assertThat(get(broker(2), "log.segment.bytes").getValue()).isEqualTo("" + (4 << 20));
    reset(CLUSTER, "log.segment.bytes");
    assertThat(get(broker(2), "log.segment.bytes").getSource())
        .isEqualTo(ConfigSource.CONFIG_SOURCE_BROKER);
    assertThat(get(CLUSTER, "log.segment.bytes").getSource())
        .isEqualTo(ConfigSource.CONFIG_SOURCE_DEFAULT);
  }

  private static org.assertj.core.groups.Tuple row(
      String key, int value, ConfigSource source, String place) {
    return org.assertj.core.groups.Tuple.tuple(key, "" + value, source, place);
  }

  @Test
  void whatOnlyAnotherBrokerKnowsIsAskedOfThatOne() {
    Config other = get(broker(1), "listener.quorum");
    assertThat(other.getValue()).startsWith("127.0.0.1:").isNotEqualTo("127.0.0.1:0");
    assertThat(other.getReadOnly()).isTrue();
    assertThat(get(broker(2), "process.roles").getValue()).isEqualTo("broker");
    assertThat(get(broker(1), "process.roles").getValue()).isEqualTo("controller,broker");
    assertThat(get(broker(1), "min.insync.replicas").getReadOnly()).isTrue();
  }

  @Test
  void runningBrokersTakeWhatIsSetForAll() {
    api.topic("bounded");
    api.topic("own", 1, Map.of("max.message.bytes", "1MB"));
    set(CLUSTER, "message.max.bytes", "100");
    String large = "x".repeat(200);
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(produced("bounded", large)).isEqualTo("BATCH_TOO_LARGE"));
    assertThat(produced("own", large)).isEqualTo("UNSPECIFIED");
    reset(CLUSTER, "message.max.bytes");
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(produced("bounded", large)).isEqualTo("UNSPECIFIED"));
  }

  /** Through the node that leads it. */
  private static String produced(String topic, String value) {
    var view =
        api.topics
            .getTopic(io.millrace.proto.v1.GetTopicRequest.newBuilder().setName(topic).build())
            .getTopic();
    Api leader =
        view.getPartitions(0).getLeaderId() == 2 ? api : new Api(nodes.controller().channel());
    return Api.code(leader.produce(view.getTopicId(), Api.batch(value)).getError());
  }

  @Test
  void pagesGoThroughAllKeysInOrderAndCanLeaveOutTheDefaults() {
    List<String> keys = new ArrayList<>();
    ListConfigsRequest.Builder request =
        ListConfigsRequest.newBuilder().setResource(broker(1)).setPageSize(7);
    ListConfigsResponse page;
    do {
      page = configs.listConfigs(request.build());
      assertThat(page.getConfigsCount()).isLessThanOrEqualTo(7);
      page.getConfigsList().forEach(config -> keys.add(config.getKey()));
      request.setPageToken(page.getNextPageToken());
    } while (!page.getNextPageToken().isEmpty());
    assertThat(keys).isSorted().doesNotHaveDuplicates().contains("node.id", "log.retention.ms");
    assertThat(
            configs
                .listConfigs(
                    ListConfigsRequest.newBuilder()
                        .setResource(broker(1))
                        .setOnlyChanged(true)
                        .build())
                .getConfigsList())
        .extracting(Config::getKey)
        .contains("log.segment.bytes", "quorum.voters")
        .doesNotContain("log.retention.ms");
  }

  @Test
  void validateOnlyAndARefusalChangeNothing() {
    UpdateConfigsRequest.Builder request =
        UpdateConfigsRequest.newBuilder()
            .setResource(CLUSTER)
            .putSet("log.retention.ms", "1h")
            .setValidateOnly(true);
    configs.updateConfigs(request.build());
    Api.refused(
        ErrorCode.INVALID_CONFIG,
        Status.Code.INVALID_ARGUMENT,
        () -> configs.updateConfigs(request.putSet("log.segment.bytes", "tiny").build()));
    Api.refused(
        ErrorCode.INVALID_CONFIG,
        Status.Code.INVALID_ARGUMENT,
        () -> configs.updateConfigs(request.setValidateOnly(false).build()));
    assertThat(get(CLUSTER, "log.retention.ms").getSource())
        .isEqualTo(ConfigSource.CONFIG_SOURCE_DEFAULT);
  }

  @Test
  void aRepeatedRequestIsAnsweredAsTheFirstOne() {
    UpdateConfigsRequest request =
        UpdateConfigsRequest.newBuilder()
            .setResource(broker(1))
            .putSet("log.roll.ms", "2h")
            .setRequestId(UUID.randomUUID().toString())
            .build();
    long revision = configs.updateConfigs(request).getRevision();
    reset(broker(1), "log.roll.ms");
    assertThat(configs.updateConfigs(request).getRevision()).isEqualTo(revision);
    assertThat(get(broker(1), "log.roll.ms").getSource())
        .isEqualTo(ConfigSource.CONFIG_SOURCE_DEFAULT);
    Api.refused(
        ErrorCode.REQUEST_ID_REUSED,
        Status.Code.INVALID_ARGUMENT,
        () -> configs.updateConfigs(request.toBuilder().putSet("log.roll.ms", "3h").build()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cluster | log.retention.millis | 1 | INVALID_CONFIG | did you mean log.retention.ms",
        "cluster | log.retention.ms | soon | INVALID_CONFIG | log.retention.ms: soon (expected: ",
        "cluster | log.retention.ms | -2 | INVALID_CONFIG | (expected: ",
        "cluster | listener.client | h:1 | INVALID_CONFIG | listener.client is read-only",
        "cluster | retention.ms | 1 | INVALID_CONFIG | did you mean log.retention.ms",
        "2 | min.insync.replicas | 2 | INVALID_CONFIG | of a topic or of the cluster",
        "2 | node.id | 3 | INVALID_CONFIG | node.id is read-only",
        "7 | log.retention.ms | 1 | UNKNOWN_BROKER | broker: 7",
        "0 | log.retention.ms | 1 | UNKNOWN_BROKER | broker: 0",
        "absent | retention.ms | 1 | UNKNOWN_TOPIC | absent",
        "none | retention.ms | 1 | INVALID_REQUEST | resource: none (expected: a topic",
        "cluster | '' | '' | INVALID_REQUEST | set and reset: 0 keys (expected: 1 to 1000)",
      })
  void refusesABadChangeWithWhatWasExpected(
      String of, String key, String value, ErrorCode code, String message) {
    UpdateConfigsRequest.Builder request =
        UpdateConfigsRequest.newBuilder().setResource(resource(of));
    if (!key.isEmpty()) {
      request.putSet(key, value);
    }
    Status.Code status =
        code.name().startsWith("UNKNOWN") ? Status.Code.NOT_FOUND : Status.Code.INVALID_ARGUMENT;
    Status refusal =
        Status.fromThrowable(
            org.assertj.core.api.Assertions.catchThrowable(
                () -> configs.updateConfigs(request.build())));
    Api.refused(code, status, () -> configs.updateConfigs(request.build()));
    assertThat(refusal.getDescription()).contains(message);
  }

  @Test
  void refusesLooksAtWhatIsNotThere() {
    ErrorInfo unknown =
        Api.refused(
            ErrorCode.INVALID_CONFIG,
            Status.Code.INVALID_ARGUMENT,
            () -> get(broker(1), "log.retention.millis"));
    assertThat(unknown.getMetadataMap()).containsEntry("nearest", "log.retention.ms");
    Api.refused(
        ErrorCode.INVALID_REQUEST,
        Status.Code.INVALID_ARGUMENT,
        () -> configs.getConfigs(GetConfigsRequest.newBuilder().setResource(CLUSTER).build()));
    Api.refused(ErrorCode.UNKNOWN_BROKER, Status.Code.NOT_FOUND, () -> get(broker(9), "node.id"));
    Api.refused(
        ErrorCode.UNKNOWN_TOPIC, Status.Code.NOT_FOUND, () -> get(topic("absent"), "retention.ms"));
    Api.refused(
        ErrorCode.INVALID_REQUEST,
        Status.Code.INVALID_ARGUMENT,
        () ->
            configs.updateConfigs(
                UpdateConfigsRequest.newBuilder()
                    .setResource(CLUSTER)
                    .putSet("log.roll.ms", "1h")
                    .addReset("log.roll.ms")
                    .build()));
  }

  private static ConfigResource resource(String of) {
    return switch (of) {
      case "cluster" -> CLUSTER;
      case "none" -> ConfigResource.getDefaultInstance();
      case "absent" -> topic(of);
      default -> broker(Integer.parseInt(of));
    };
  }

  private static ConfigResource topic(String name) {
    return ConfigResource.newBuilder().setTopic(name).build();
  }

  private static ConfigResource broker(int id) {
    return ConfigResource.newBuilder().setBrokerId(id).build();
  }

  private static Config get(ConfigResource of, String key) {
    return configs
        .getConfigs(GetConfigsRequest.newBuilder().setResource(of).addKeys(key).build())
        .getConfigs(0);
  }

  private static void set(ConfigResource of, String key, String value) {
    long revision =
        configs
            .updateConfigs(
                UpdateConfigsRequest.newBuilder().setResource(of).putSet(key, value).build())
            .getRevision();
    assertThat(revision).isPositive();
  }

  private static void reset(ConfigResource of, String key) {
    configs.updateConfigs(UpdateConfigsRequest.newBuilder().setResource(of).addReset(key).build());
  }
}
