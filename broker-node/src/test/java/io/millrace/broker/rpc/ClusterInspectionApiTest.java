package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.grpc.Status;
import io.grpc.stub.BlockingClientCall;
import io.millrace.broker.server.TwoNodes;
import io.millrace.proto.v1.ClusterServiceGrpc;
import io.millrace.proto.v1.ClusterServiceGrpc.ClusterServiceBlockingV2Stub;
import io.millrace.proto.v1.CreateTopicRequest;
import io.millrace.proto.v1.DumpMetadataRequest;
import io.millrace.proto.v1.DumpMetadataResponse;
import io.millrace.proto.v1.GetHealthRequest;
import io.millrace.proto.v1.Health;
import io.millrace.proto.v1.HealthProblem;
import io.millrace.proto.v1.HealthProblemKind;
import io.millrace.proto.v1.HealthVerdict;
import io.millrace.proto.v1.MetadataServiceGrpc;
import io.millrace.proto.v1.MetadataValue;
import io.millrace.proto.v1.WatchHealthRequest;
import io.millrace.proto.v1.WatchHealthResponse;
import io.millrace.proto.v1.WatchMetadataRequest;
import io.millrace.proto.v1.WatchMetadataResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Health and metadata of a cluster over gRPC, asked of either node, and while one goes away. */
@Timeout(60)
class ClusterInspectionApiTest {
  private static final long PATIENCE_S = 30;

  @TempDir static Path data;

  private static TwoNodes nodes;
  private static ClusterServiceBlockingV2Stub controller;
  private static ClusterServiceBlockingV2Stub follower;

  @BeforeAll
  static void start() throws Exception {
    nodes = TwoNodes.start(data);
    controller = ClusterServiceGrpc.newBlockingV2Stub(nodes.controller().channel());
    follower = ClusterServiceGrpc.newBlockingV2Stub(nodes.follower().channel());
    new Api(nodes.follower().channel())
        .topics.createTopic(
            CreateTopicRequest.newBuilder()
                .setName("first")
                .setPartitions(1)
                .setReplicationFactor(2)
                .build());
  }

  @AfterAll
  static void stop() throws InterruptedException {
    nodes.close();
  }

  @Test
  void watchersAreToldWhenABrokerGoesAndWhichPartitionsThatConcerns() throws Exception {
    Health before = follower.getHealth(GetHealthRequest.getDefaultInstance()).getHealth();
    assertThat(before.getProblemsList()).isEmpty();
    assertThat(before)
        .extracting(Health::getVerdict, Health::getNodeId, Health::getControllerId)
        .containsExactly(HealthVerdict.HEALTH_VERDICT_OK, 2, 1);

    BlockingClientCall<?, WatchHealthResponse> health =
        controller.watchHealth(WatchHealthRequest.getDefaultInstance());
    BlockingClientCall<?, WatchMetadataResponse> metadata =
        MetadataServiceGrpc.newBlockingV2Stub(nodes.controller().channel())
            .watchMetadata(WatchMetadataRequest.getDefaultInstance());
    assertThat(health.read(PATIENCE_S, TimeUnit.SECONDS).getHealth().getVerdict())
        .isEqualTo(HealthVerdict.HEALTH_VERDICT_OK);
    assertThat(until(metadata, WatchMetadataResponse::hasSnapshot).getSnapshot().getBrokersList())
        .allMatch(broker -> !broker.getFenced());

    nodes.follower().close();
    Health degraded =
        until(health, frame -> names(frame.getHealth()).containsKey(Kind.BROKERS)).getHealth();
    assertThat(names(degraded).get(Kind.BROKERS)).singleElement().asString().startsWith("2 (");
    assertThat(until(health, frame -> names(frame.getHealth()).containsKey(Kind.REPLICAS)))
        .extracting(frame -> names(frame.getHealth()).get(Kind.REPLICAS))
        .asString()
        .contains("first-0");
    until(
        metadata,
        frame ->
            frame.getChanges().getBrokersList().stream()
                .anyMatch(broker -> broker.getNodeId() == 2 && broker.getFenced()));
    health.cancel("seen", null);
    metadata.cancel("seen", null);
  }

  @Test
  void everythingThatANodeKnowsIsToldByPath() throws Exception {
    assertThat(dump("/")).containsKeys("/topics/first/id", "/brokers/1/epoch");
    Map<String, MetadataValue> one = dump("/topics/first/partitions/0");
    assertThat(one.keySet()).allMatch(path -> path.startsWith("/topics/first/partitions/0/"));
    assertThat(one.get("/topics/first/partitions/0/replicas").getNumbers().getValuesList())
        .containsExactlyInAnyOrder(1L, 2L);
    assertThat(dump("/topics/none")).isEmpty();
  }

  @Test
  void tooManyNamesAreRefused() {
    assertRefused(
        () -> controller.getHealth(GetHealthRequest.newBuilder().setMaxNames(1001).build()));
    assertRefused(
        () ->
            controller.watchHealth(WatchHealthRequest.newBuilder().setMaxNames(-1).build()).read());
  }

  private interface Call {
    Object run() throws Exception;
  }

  private static void assertRefused(Call call) {
    Throwable thrown = catchThrowable(call::run);
    assertThat(Status.fromThrowable(thrown).getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(thrown).hasMessageContaining("max_names: ").hasMessageContaining("[0, 1000]");
  }

  private static final class Kind {
    static final HealthProblemKind BROKERS = HealthProblemKind.HEALTH_PROBLEM_KIND_BROKERS_FENCED;
    static final HealthProblemKind REPLICAS =
        HealthProblemKind.HEALTH_PROBLEM_KIND_PARTITIONS_UNDER_REPLICATED;
  }

  private static Map<HealthProblemKind, List<String>> names(Health health) {
    return health.getProblemsList().stream()
        .collect(Collectors.toMap(HealthProblem::getKind, HealthProblem::getNamesList));
  }

  private static <T> T until(BlockingClientCall<?, T> call, Predicate<T> wanted) throws Exception {
    while (true) {
      T frame = call.read(PATIENCE_S, TimeUnit.SECONDS);
      assertThat(frame).isNotNull();
      if (wanted.test(frame)) {
        return frame;
      }
    }
  }

  private static Map<String, MetadataValue> dump(String path) throws Exception {
    BlockingClientCall<?, DumpMetadataResponse> call =
        controller.dumpMetadata(DumpMetadataRequest.newBuilder().setPath(path).build());
    List<MetadataValue> values = new ArrayList<>();
    for (DumpMetadataResponse piece = call.read(); piece != null; piece = call.read()) {
      values.addAll(piece.getValuesList());
    }
    return values.stream().collect(Collectors.toMap(MetadataValue::getPath, value -> value));
  }
}
