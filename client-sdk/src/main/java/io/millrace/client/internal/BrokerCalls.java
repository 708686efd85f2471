package io.millrace.client.internal;

import io.millrace.client.api.BrokerDescription;
import io.millrace.client.api.BrokerLogDirs;
import io.millrace.client.api.DrainReport;
import io.millrace.client.api.ReplicaDescription;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.BrokerServiceGrpc;
import io.millrace.proto.v1.BrokerServiceGrpc.BrokerServiceBlockingStub;
import io.millrace.proto.v1.DrainBrokerRequest;
import io.millrace.proto.v1.DrainBrokerResponse;
import io.millrace.proto.v1.ListBrokersRequest;
import io.millrace.proto.v1.ListBrokersResponse;
import io.millrace.proto.v1.ListLogDirsRequest;
import io.millrace.proto.v1.ListLogDirsResponse;
import io.millrace.proto.v1.ListReplicasRequest;
import io.millrace.proto.v1.ListReplicasResponse;
import io.millrace.proto.v1.LogDir;
import io.millrace.proto.v1.LogDirState;
import io.millrace.proto.v1.Replica;
import io.millrace.proto.v1.UnregisterBrokerRequest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** The calls about brokers. Thread-safe. */
final class BrokerCalls {
  private static final int PAGE_SIZE = 1_000;

  private final ClusterClient cluster;

  BrokerCalls(ClusterClient cluster) {
    this.cluster = cluster;
  }

  List<BrokerDescription> list() {
    List<BrokerDescription> all = new ArrayList<>();
    String token = "";
    do {
      ListBrokersRequest request =
          ListBrokersRequest.newBuilder().setPageSize(PAGE_SIZE).setPageToken(token).build();
      ListBrokersResponse page = call(stub -> stub.listBrokers(request));
      page.getBrokersList()
          .forEach(b -> all.add(BrokerDescriptions.broker(b, page.getControllerId())));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return all;
  }

  DrainReport drain(int nodeId, boolean undo) {
    DrainBrokerRequest request =
        DrainBrokerRequest.newBuilder()
            .setNodeId(nodeId)
            .setUndo(undo)
            .setRequestId(UUID.randomUUID().toString())
            .build();
    DrainBrokerResponse answer = call(stub -> stub.drainBroker(request));
    return new DrainReport(nodeId, answer.getBroker().getDrained(), answer.getLeaderCount());
  }

  /** Means the registration of now: should this come late, a process that starts is spared. */
  void unregister(int nodeId) {
    long epoch =
        list().stream()
            .filter(broker -> broker.nodeId() == nodeId)
            .map(broker -> broker.registration().epoch())
            .findFirst()
            .orElse(0L);
    UnregisterBrokerRequest request =
        UnregisterBrokerRequest.newBuilder()
            .setNodeId(nodeId)
            .setBrokerEpoch(epoch)
            .setRequestId(UUID.randomUUID().toString())
            .build();
    call(stub -> stub.unregisterBroker(request));
  }

  List<BrokerLogDirs> logDirs(Collection<Integer> nodeIds) {
    List<BrokerLogDirs> all = new ArrayList<>();
    String token = "";
    do {
      ListLogDirsRequest request =
          ListLogDirsRequest.newBuilder().addAllNodeIds(nodeIds).setPageToken(token).build();
      ListLogDirsResponse page = call(stub -> stub.listLogDirs(request));
      page.getBrokersList().forEach(each -> all.add(description(each)));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return all;
  }

  private static BrokerLogDirs description(io.millrace.proto.v1.BrokerLogDirs broker) {
    return new BrokerLogDirs(
        broker.getNodeId(),
        broker.getLogDirsList().stream().map(BrokerCalls::description).toList(),
        broker.hasError()
            ? Optional.of(GrpcErrors.fromProto(broker.getError()))
            : Optional.empty());
  }

  private static BrokerLogDirs.LogDir description(LogDir dir) {
    return new BrokerLogDirs.LogDir(
        dir.getLogDirId().isEmpty()
            ? Optional.empty()
            : Optional.of(Uuids.fromBytes(dir.getLogDirId())),
        dir.getPath(),
        dir.getState() == LogDirState.LOG_DIR_STATE_ONLINE,
        dir.getWhyOffline(),
        new BrokerLogDirs.Volume(dir.getTotalBytes(), dir.getUsableBytes()),
        dir.getReplicaCount(),
        dir.getReplicaBytes());
  }

  List<ReplicaDescription> replicas(int nodeId, Optional<String> topic) {
    List<ReplicaDescription> all = new ArrayList<>();
    String token = "";
    do {
      ListReplicasRequest request =
          ListReplicasRequest.newBuilder()
              .setNodeId(nodeId)
              .setTopic(topic.orElse(""))
              .setPageSize(PAGE_SIZE)
              .setPageToken(token)
              .build();
      ListReplicasResponse page = call(stub -> stub.listReplicas(request));
      page.getReplicasList().forEach(each -> all.add(description(each)));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return all;
  }

  private static ReplicaDescription description(Replica replica) {
    return new ReplicaDescription(
        new TopicPartition(replica.getTopic(), replica.getPartition()),
        Uuids.fromBytes(replica.getLogDirId()),
        replica.getSizeBytes(),
        replica.getLogStartOffset(),
        replica.getLogEndOffset(),
        replica.getLeads());
  }

  private <T> T call(Function<BrokerServiceBlockingStub, T> call) {
    return cluster.callAny(
        (channel, left) ->
            call.apply(
                BrokerServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(left.toMillis(), TimeUnit.MILLISECONDS)));
  }
}
