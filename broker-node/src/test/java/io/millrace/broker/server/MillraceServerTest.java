package io.millrace.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.RealFileStore;
import io.millrace.common.time.SystemClock;
import io.millrace.proto.v1.CreateTopicRequest;
import io.millrace.proto.v1.GetTopicRequest;
import io.millrace.proto.v1.ProducerServiceGrpc;
import io.millrace.proto.v1.PublishRecord;
import io.millrace.proto.v1.PublishRequest;
import io.millrace.proto.v1.PublishResponse;
import io.millrace.proto.v1.SubscriptionServiceGrpc;
import io.millrace.proto.v1.TailRequest;
import io.millrace.proto.v1.TailResponse;
import io.millrace.proto.v1.TailStart;
import io.millrace.proto.v1.Topic;
import io.millrace.proto.v1.TopicServiceGrpc;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MillraceServerTest {
  @TempDir Path data;

  @Test
  void aNewNodeServesAndKeepsWhatItWasGivenOverARestart() throws Exception {
    String clusterId;
    ByteString topicId;
    try (TestNode node = TestNode.start(data)) {
      clusterId = node.server().clusterId();
      Topic topic =
          TopicServiceGrpc.newBlockingStub(node.channel())
              .createTopic(
                  CreateTopicRequest.newBuilder()
                      .setName("orders")
                      .setPartitions(3)
                      .putConfigs("retention.ms", "1d")
                      .build())
              .getTopic();
      topicId = topic.getTopicId();
      assertThat(topic.getPartitionsList())
          .allSatisfy(partition -> assertThat(partition.getLeaderId()).isEqualTo(1));
      PublishResponse published =
          ProducerServiceGrpc.newBlockingStub(node.channel())
              .publish(
                  PublishRequest.newBuilder()
                      .setTopic("orders")
                      .addRecords(record(0, "a"))
                      .addRecords(record(0, "b"))
                      .addRecords(record(2, "c"))
                      .build());
      assertThat(published.getResultsList())
          .extracting(r -> r.getOffset())
          .containsExactly(0L, 1L, 0L);
    }
    try (TestNode node = TestNode.start(data)) {
      assertThat(node.server().clusterId()).isEqualTo(clusterId);
      Topic topic =
          TopicServiceGrpc.newBlockingStub(node.channel())
              .getTopic(GetTopicRequest.newBuilder().setName("orders").build())
              .getTopic();
      assertThat(topic.getTopicId()).isEqualTo(topicId);
      assertThat(values(node, "orders")).containsExactlyInAnyOrder("0:0:a", "0:1:b", "2:0:c");
    }
  }

  @Test
  void healthAndReadinessAreTold() throws Exception {
    try (TestNode node = TestNode.start(data)) {
      HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(node.channel());
      for (String service :
          List.of("", "millrace.v1.ProducerService", "millrace.v1.FetchService")) {
        assertThat(
                health
                    .check(HealthCheckRequest.newBuilder().setService(service).build())
                    .getStatus())
            .isEqualTo(ServingStatus.SERVING);
      }
      assertThat(page(node, "/readyz").statusCode()).isEqualTo(200);
      assertThat(page(node, "/healthz").statusCode()).isEqualTo(200);
      assertThat(page(node, "/metrics").body())
          .contains(
              "millrace_ready 1.0", "jvm_memory_used_bytes", "millrace_client_connections 1.0");
    }
  }

  /** Else its own cluster and the list's would be two with the same id. */
  @Test
  void aNodeThatBeganAloneIsRefusedAListOfVoters() throws Exception {
    TestNode.start(data).close();
    assertThatThrownBy(
            () ->
                TestNode.start(
                    data,
                    new RealFileStore(),
                    settings ->
                        settings.set(
                            QuorumVoterSettings.QUORUM_VOTERS,
                            List.of("2@127.0.0.1:1:2", "3@127.0.0.1:3:4", "4@127.0.0.1:5:6"))))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("quorum.voters: [2@")
        .hasMessageContaining("this node is the only voter of the cluster ");
    TestNode.start(data).close();
  }

  @Test
  void aSecondNodeOnTheDirectoryIsRefused() throws Exception {
    try (TestNode first = TestNode.start(data)) {
      assertThat(first.server().ready()).isTrue();
      assertThatThrownBy(() -> TestNode.start(data))
          .isInstanceOf(StartException.class)
          .hasMessageContaining("data directory " + data + ": in use by another process");
    }
  }

  @Test
  void aPortInUseIsRefusedAndNamed() throws Exception {
    try (TestNode first = TestNode.start(data.resolve("a"))) {
      ListenAddress taken = new ListenAddress("127.0.0.1", first.server().clientPort());
      assertThatThrownBy(
              () ->
                  MillraceServer.start(
                      TestNode.settings(data.resolve("b"))
                          .set(ListenerSettings.LISTENER_CLIENT, taken)
                          .build()))
          .isInstanceOf(StartException.class)
          .hasMessageContaining("cannot listen on " + taken + ": the port is in use")
          .hasMessageContaining("listener.client");
    }
  }

  @Test
  void theFirstOfSeveralPortsInUseIsTheClients() throws Exception {
    try (TestNode first = TestNode.start(data.resolve("a"))) {
      ListenAddress clients = new ListenAddress("127.0.0.1", first.server().clientPort());
      ListenAddress admin = new ListenAddress("127.0.0.1", first.server().adminPort());
      EffectiveConfig.Builder both =
          TestNode.settings(data.resolve("b"))
              .set(ListenerSettings.LISTENER_CLIENT, clients)
              .set(ListenerSettings.LISTENER_ADMIN, admin);
      assertThatThrownBy(() -> MillraceServer.start(both.build()))
          .isInstanceOf(StartException.class)
          .hasMessageStartingWith("cannot listen on " + clients + ": the port is in use")
          .hasMessageContaining("listener.client");
      EffectiveConfig.Builder other =
          TestNode.settings(data.resolve("b")).set(ListenerSettings.LISTENER_QUORUM, admin);
      assertThatThrownBy(() -> MillraceServer.start(other.build()))
          .isInstanceOf(StartException.class)
          .hasMessageStartingWith("cannot listen on " + admin + ": the port is in use")
          .hasMessageContaining("listener.quorum");
      assertThat(data.resolve("b")).doesNotExist();
    }
  }

  @Test
  void aStartThatIsGivenUpClosesWhatItHasOpened() throws Exception {
    FaultPlan plan = new FaultPlan();
    CompletableFuture<Void> stop = new CompletableFuture<>();
    plan.on(FaultPlan.Operation.LOCK).run(() -> stop.complete(null));
    ServerEnvironment environment =
        new ServerEnvironment(
            new FaultyFileStore(new RealFileStore(), plan),
            new SystemClock(),
            (message, cause) -> new IllegalStateException(message, cause));
    assertThatThrownBy(
            () -> MillraceServer.start(TestNode.settings(data).build(), environment, stop))
        .isInstanceOf(StartException.class)
        .hasMessage("told to end before it was ready");
    assertThat(stop).isCompleted();
    try (TestNode next = TestNode.start(data)) {
      assertThat(next.server().ready()).isTrue();
    }
  }

  @Test
  void S34_aDirectoryThatCantBeOpenedIsShownWithItsPartitions() throws Exception {
    List<String> dirs = List.of(data.resolve("a").toString(), data.resolve("b").toString());
    try (TestNode node =
        TestNode.start(
            data, new RealFileStore(), settings -> settings.set(NodeSettings.DATA_DIRS, dirs))) {
      TopicServiceGrpc.newBlockingStub(node.channel())
          .createTopic(CreateTopicRequest.newBuilder().setName("spread").setPartitions(4).build());
      assertThat(page(node, "/metrics").body()).contains("millrace_partitions_offline 0.0");
    }
    FaultPlan plan = new FaultPlan();
    plan.on(FaultPlan.Operation.LOCK).path(dirs.get(1) + "/**").failFromThenOn("I/O error");
    try (TestNode node =
        TestNode.start(
            data,
            new FaultyFileStore(new RealFileStore(), plan),
            settings -> settings.set(NodeSettings.DATA_DIRS, dirs))) {
      await()
          .until(() -> page(node, "/metrics").body().contains("millrace_partitions_offline 2.0"));
      assertThat(page(node, "/metrics").body()).contains("millrace_log_dirs_offline 1.0");
      assertThat(page(node, "/healthz").body())
          .contains("[+] data directories: data directory " + dirs.get(1))
          .contains("partitions that can't be served: 2");
    }
  }

  private static HttpResponse<String> page(TestNode node, String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + node.server().adminPort() + path);
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static PublishRecord record(int partition, String value) {
    return PublishRecord.newBuilder()
        .setPartition(partition)
        .setValue(ByteString.copyFromUtf8(value))
        .build();
  }

  private static List<String> values(TestNode node, String topic) {
    List<String> values = new ArrayList<>();
    SubscriptionServiceGrpc.newBlockingStub(node.channel())
        .tail(
            TailRequest.newBuilder()
                .setTopic(topic)
                .setStart(TailStart.newBuilder().setEarliest(true))
                .setStopAtEnd(true)
                .build())
        .forEachRemaining(
            (TailResponse message) ->
                message
                    .getRecordsList()
                    .forEach(
                        r ->
                            values.add(
                                r.getPartition()
                                    + ":"
                                    + r.getOffset()
                                    + ":"
                                    + r.getValue().toStringUtf8())));
    return values;
  }
}
