package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.millrace.broker.server.TestNode;
import io.millrace.broker.server.TwoNodes;
import io.millrace.common.ErrorCode;
import io.millrace.proto.v1.Broker;
import io.millrace.proto.v1.BrokerLogDirs;
import io.millrace.proto.v1.BrokerServiceGrpc;
import io.millrace.proto.v1.BrokerServiceGrpc.BrokerServiceBlockingStub;
import io.millrace.proto.v1.BrokerState;
import io.millrace.proto.v1.ClusterServiceGrpc;
import io.millrace.proto.v1.ClusterServiceGrpc.ClusterServiceBlockingStub;
import io.millrace.proto.v1.CreateTopicRequest;
import io.millrace.proto.v1.DrainBrokerRequest;
import io.millrace.proto.v1.DrainBrokerResponse;
import io.millrace.proto.v1.ElectLeadersRequest;
import io.millrace.proto.v1.ElectLeadersResponse;
import io.millrace.proto.v1.ElectionResult;
import io.millrace.proto.v1.ElectionType;
import io.millrace.proto.v1.GetFeaturesRequest;
import io.millrace.proto.v1.ListBrokersRequest;
import io.millrace.proto.v1.ListLogDirsRequest;
import io.millrace.proto.v1.ListLogDirsResponse;
import io.millrace.proto.v1.ListReplicasRequest;
import io.millrace.proto.v1.ListReplicasResponse;
import io.millrace.proto.v1.LogDir;
import io.millrace.proto.v1.LogDirState;
import io.millrace.proto.v1.PartitionServiceGrpc;
import io.millrace.proto.v1.Replica;
import io.millrace.proto.v1.Topic;
import io.millrace.proto.v1.TopicPartitions;
import io.millrace.proto.v1.UnregisterBrokerRequest;
import io.millrace.proto.v1.UpdateFeaturesRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Brokers, their directories and the feature level, asked of a node that is not the controller. */
@Timeout(60)
class BrokerApiTest {
  @TempDir static Path data;

  private static TwoNodes nodes;
  private static Api api;
  private static BrokerServiceBlockingStub brokers;
  private static ClusterServiceBlockingStub cluster;

  @BeforeAll
  static void start() throws Exception {
    nodes = TwoNodes.start(data);
    api = new Api(nodes.follower().channel());
    brokers = BrokerServiceGrpc.newBlockingStub(nodes.follower().channel());
    cluster = ClusterServiceGrpc.newBlockingStub(nodes.follower().channel());
  }

  @AfterAll
  static void stop() throws InterruptedException {
    nodes.close();
  }

  @Test
  void aDrainedBrokerLeadsNothingThatAnotherCanAndGetsNothingNew() {
    api.topics.createTopic(
        CreateTopicRequest.newBuilder()
            .setName("shared")
            .setPartitions(4)
            .setReplicationFactor(2)
            .build());
    String id = UUID.randomUUID().toString();
    DrainBrokerRequest request =
        DrainBrokerRequest.newBuilder().setNodeId(1).setRequestId(id).build();
    assertThat(brokers.drainBroker(request.toBuilder().setValidateOnly(true).build()).getBroker())
        .returns(false, Broker::getDrained);
    DrainBrokerResponse drained = brokers.drainBroker(request);
    assertThat(drained.getBroker().getDrained()).isTrue();
    assertThat(brokers.drainBroker(request).getBroker()).isEqualTo(drained.getBroker());
    assertThat(topic("shared").getPartitionsList())
        .allMatch(partition -> partition.getLeaderId() == 2)
        .allMatch(partition -> partition.getInSyncReplicasCount() == 2);
    ElectLeadersResponse election =
        PartitionServiceGrpc.newBlockingStub(nodes.follower().channel())
            .electLeaders(
                ElectLeadersRequest.newBuilder()
                    .setType(ElectionType.ELECTION_TYPE_PREFERRED)
                    .addTopics(TopicPartitions.newBuilder().setTopic("shared"))
                    .build());
    assertThat(election.getElectedCount()).isZero();
    assertThat(election.getResultsList())
        .filteredOn(ElectionResult::hasError)
        .hasSize(2)
        .allMatch(result -> result.getError().getMessage().endsWith("now: it is drained"));
    api.topic("elsewhere", 4, Map.of());
    assertThat(topic("elsewhere").getPartitionsList())
        .allMatch(partition -> partition.getReplicasList().equals(List.of(2)));
    assertThat(brokers.listBrokers(ListBrokersRequest.getDefaultInstance()).getBrokersList())
        .extracting(Broker::getDrained)
        .containsExactly(true, false);

    DrainBrokerRequest undo = DrainBrokerRequest.newBuilder().setNodeId(1).setUndo(true).build();
    assertThat(brokers.drainBroker(undo).getBroker().getDrained()).isFalse();
    Api.refused(
        ErrorCode.UNKNOWN_BROKER,
        Status.Code.NOT_FOUND,
        () -> brokers.drainBroker(undo.toBuilder().setNodeId(9).build()));
  }

  @Test
  void directoriesAreToldByTheBrokersThatHaveThem() {
    api.produce(api.topic("stored"), Api.batch("a"));
    ListLogDirsResponse all = brokers.listLogDirs(ListLogDirsRequest.getDefaultInstance());
    assertThat(all.getBrokersList()).extracting(BrokerLogDirs::getNodeId).containsExactly(1, 2);
    for (BrokerLogDirs broker : all.getBrokersList()) {
      LogDir dir = broker.getLogDirs(0);
      assertThat(dir.getState()).isEqualTo(LogDirState.LOG_DIR_STATE_ONLINE);
      assertThat(dir.getPath()).endsWith("" + broker.getNodeId());
      assertThat(dir.getTotalBytes()).isGreaterThan(dir.getUsableBytes());
      assertThat(dir.getUsableBytes()).isPositive();
      assertThat(dir.getLogDirId().size()).isEqualTo(16);
    }
    ListLogDirsResponse first =
        brokers.listLogDirs(ListLogDirsRequest.newBuilder().setPageSize(1).build());
    assertThat(first.getBrokersList()).extracting(BrokerLogDirs::getNodeId).containsExactly(1);
    ListLogDirsResponse second =
        brokers.listLogDirs(
            ListLogDirsRequest.newBuilder()
                .setPageSize(1)
                .setPageToken(first.getNextPageToken())
                .build());
    assertThat(second.getBrokersList()).extracting(BrokerLogDirs::getNodeId).containsExactly(2);
    assertThat(second.getNextPageToken()).isEmpty();
    Api.refused(
        ErrorCode.UNKNOWN_BROKER,
        Status.Code.NOT_FOUND,
        () -> brokers.listLogDirs(ListLogDirsRequest.newBuilder().addNodeIds(7).build()));
  }

  /** Of both brokers, page by page. */
  private static List<Replica> replicas(String topic, int pageSize) {
    List<Replica> all = new ArrayList<>();
    for (int node = 1; node <= 2; node++) {
      ListReplicasRequest.Builder request =
          ListReplicasRequest.newBuilder().setNodeId(node).setTopic(topic).setPageSize(pageSize);
      ListReplicasResponse page;
      do {
        page = brokers.listReplicas(request.build());
        assertThat(page.getReplicasCount()).isLessThanOrEqualTo(pageSize);
        all.addAll(page.getReplicasList());
        request.setPageToken(page.getNextPageToken());
      } while (!page.getNextPageToken().isEmpty());
    }
    return all;
  }

  @Test
  void replicasComeInPagesOfAnyBroker() {
    api.topic("many", 7, Map.of());
    // A broker that is not the controller hears of a topic a little later.
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> assertThat(replicas("many", 2)).hasSize(7).allMatch(Replica::getLeads));
    assertThat(replicas("many", 2))
        .extracting(r -> r.getTopic() + "-" + r.getPartition())
        .containsExactlyInAnyOrder(
            "many-0", "many-1", "many-2", "many-3", "many-4", "many-5", "many-6");
    Api.refused(
        ErrorCode.INVALID_REQUEST,
        Status.Code.INVALID_ARGUMENT,
        () ->
            brokers.listReplicas(
                ListReplicasRequest.newBuilder().setNodeId(1).setPageToken("x").build()));
    Api.refused(
        ErrorCode.UNKNOWN_BROKER,
        Status.Code.NOT_FOUND,
        () -> brokers.listReplicas(ListReplicasRequest.getDefaultInstance()));
  }

  @Test
  void aBrokerThatIsNotFencedIsNotTakenOut() {
    Api.refused(
        ErrorCode.POLICY_VIOLATION,
        Status.Code.FAILED_PRECONDITION,
        () -> brokers.unregisterBroker(UnregisterBrokerRequest.newBuilder().setNodeId(1).build()));
    Api.refused(
        ErrorCode.UNKNOWN_BROKER,
        Status.Code.NOT_FOUND,
        () -> brokers.unregisterBroker(UnregisterBrokerRequest.newBuilder().setNodeId(8).build()));
  }

  @Test
  void aBrokerThatHasStoppedIsTakenOut() throws Exception {
    TestNode third = nodes.startBroker(3, data.resolve("3"));
    Awaitility.await().until(() -> states(3).contains(BrokerState.BROKER_STATE_ACTIVE));
    third.close();
    Awaitility.await().until(() -> states(3).contains(BrokerState.BROKER_STATE_FENCED));
    long epoch =
        brokers.listBrokers(ListBrokersRequest.getDefaultInstance()).getBrokers(2).getBrokerEpoch();
    UnregisterBrokerRequest request =
        UnregisterBrokerRequest.newBuilder()
            .setNodeId(3)
            .setBrokerEpoch(epoch)
            .setRequestId(UUID.randomUUID().toString())
            .build();
    Api.refused(
        ErrorCode.STALE_BROKER_EPOCH,
        Status.Code.FAILED_PRECONDITION,
        () ->
            brokers.unregisterBroker(
                request.toBuilder().setBrokerEpoch(epoch - 1).setRequestId("").build()));
    brokers.unregisterBroker(request.toBuilder().setValidateOnly(true).setRequestId("").build());
    assertThat(states(3)).containsExactly(BrokerState.BROKER_STATE_FENCED);
    long revision = brokers.unregisterBroker(request).getRevision();
    assertThat(states(3)).isEmpty();
    assertThat(brokers.unregisterBroker(request).getRevision()).isEqualTo(revision);
  }

  /** The state of a broker, none if it is not registered. */
  private static List<BrokerState> states(int node) {
    return brokers.listBrokers(ListBrokersRequest.getDefaultInstance()).getBrokersList().stream()
        .filter(broker -> broker.getNodeId() == node)
        .map(Broker::getState)
        .toList();
  }

  @Test
  void theFeatureLevelIsToldAndNeverLowered() {
    var features = cluster.getFeatures(GetFeaturesRequest.getDefaultInstance()).getFeatures();
    assertThat(features.getLevel()).isEqualTo(features.getMaxSupportedLevel());
    UpdateFeaturesRequest same =
        UpdateFeaturesRequest.newBuilder().setLevel(features.getLevel()).build();
    assertThat(cluster.updateFeatures(same).getFeatures()).isEqualTo(features);
    for (int level : new int[] {features.getLevel() - 1, features.getMaxSupportedLevel() + 1}) {
      Api.refused(
          ErrorCode.UNSUPPORTED,
          Status.Code.UNIMPLEMENTED,
          () ->
              cluster.updateFeatures(
                  same.toBuilder().setLevel(level).setValidateOnly(true).build()));
    }
  }

  private static Topic topic(String name) {
    return api.topics
        .getTopic(io.millrace.proto.v1.GetTopicRequest.newBuilder().setName(name).build())
        .getTopic();
  }
}
