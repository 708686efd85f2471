package io.millrace.client.internal;

import io.millrace.client.api.ElectionReport;
import io.millrace.client.api.ElectionType;
import io.millrace.client.api.PartitionStatus;
import io.millrace.client.api.ReassignmentDescription;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.AlterReassignmentsRequest;
import io.millrace.proto.v1.ElectLeadersRequest;
import io.millrace.proto.v1.ElectLeadersResponse;
import io.millrace.proto.v1.ElectionResult;
import io.millrace.proto.v1.ListPartitionsRequest;
import io.millrace.proto.v1.ListPartitionsResponse;
import io.millrace.proto.v1.ListReassignmentsRequest;
import io.millrace.proto.v1.ListReassignmentsResponse;
import io.millrace.proto.v1.PartitionReassignment;
import io.millrace.proto.v1.PartitionServiceGrpc;
import io.millrace.proto.v1.PartitionServiceGrpc.PartitionServiceBlockingStub;
import io.millrace.proto.v1.Reassignment;
import io.millrace.proto.v1.TopicPartitions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** The calls about partitions. Thread-safe. */
final class PartitionCalls {
  private static final int PAGE_SIZE = 1_000;

  private final ClusterClient cluster;

  PartitionCalls(ClusterClient cluster) {
    this.cluster = cluster;
  }

  ElectionReport elect(ElectionType type, Map<String, Set<Integer>> partitions) {
    ElectLeadersRequest.Builder request = election(type);
    partitions.forEach(
        (topic, numbers) ->
            request.addTopics(
                TopicPartitions.newBuilder().setTopic(topic).addAllPartitions(numbers)));
    return report(call(stub -> stub.electLeaders(request.build())));
  }

  ElectionReport electAll(ElectionType type) {
    ElectLeadersRequest request = election(type).setAllTopics(true).build();
    return report(call(stub -> stub.electLeaders(request)));
  }

  private static ElectLeadersRequest.Builder election(ElectionType type) {
    return ElectLeadersRequest.newBuilder()
        .setType(
            switch (type) {
              case PREFERRED -> io.millrace.proto.v1.ElectionType.ELECTION_TYPE_PREFERRED;
              case UNCLEAN -> io.millrace.proto.v1.ElectionType.ELECTION_TYPE_UNCLEAN;
            })
        .setRequestId(UUID.randomUUID().toString());
  }

  private static ElectionReport report(ElectLeadersResponse answer) {
    return new ElectionReport(
        answer.getResultsList().stream().map(PartitionCalls::outcome).toList(),
        answer.getElectedCount(),
        answer.getFailedCount());
  }

  private static ElectionReport.Outcome outcome(ElectionResult result) {
    return new ElectionReport.Outcome(
        new TopicPartition(result.getTopic(), result.getPartition()),
        result.getLeaderId(),
        result.getLeaderEpoch(),
        result.hasError()
            ? Optional.of(GrpcErrors.fromProto(result.getError()))
            : Optional.empty());
  }

  List<ReassignmentDescription> alter(
      Map<TopicPartition, Optional<List<Integer>>> wanted, boolean validateOnly) {
    AlterReassignmentsRequest.Builder request =
        AlterReassignmentsRequest.newBuilder()
            .setValidateOnly(validateOnly)
            .setRequestId(UUID.randomUUID().toString());
    wanted.forEach(
        (partition, replicas) ->
            request.addReassignments(
                PartitionReassignment.newBuilder()
                    .setTopic(partition.topic())
                    .setPartition(partition.partition())
                    .addAllReplicas(replicas.orElse(List.of()))
                    .setCancel(replicas.isEmpty())));
    return call(stub -> stub.alterReassignments(request.build())).getReassignmentsList().stream()
        .map(PartitionCalls::description)
        .toList();
  }

  List<PartitionStatus> states(String topic) {
    List<PartitionStatus> all = new ArrayList<>();
    String token = "";
    do {
      ListPartitionsRequest request =
          ListPartitionsRequest.newBuilder()
              .setTopic(topic)
              .setPageSize(PAGE_SIZE)
              .setPageToken(token)
              .build();
      ListPartitionsResponse page = call(stub -> stub.listPartitions(request));
      page.getPartitionsList().forEach(each -> all.add(Descriptions.status(each)));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return all;
  }

  List<ReassignmentDescription> list(Optional<String> topic) {
    List<ReassignmentDescription> all = new ArrayList<>();
    String token = "";
    do {
      ListReassignmentsRequest request =
          ListReassignmentsRequest.newBuilder()
              .setTopic(topic.orElse(""))
              .setPageSize(PAGE_SIZE)
              .setPageToken(token)
              .build();
      ListReassignmentsResponse page = call(stub -> stub.listReassignments(request));
      page.getReassignmentsList().forEach(each -> all.add(description(each)));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return all;
  }

  private static ReassignmentDescription description(Reassignment each) {
    return new ReassignmentDescription(
        new TopicPartition(each.getTopic(), each.getPartition()),
        each.getReplicasList(),
        each.getAddingReplicasList(),
        each.getRemovingReplicasList());
  }

  private <T> T call(Function<PartitionServiceBlockingStub, T> call) {
    return cluster.callAny(
        (channel, left) ->
            call.apply(
                PartitionServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(left.toMillis(), TimeUnit.MILLISECONDS)));
  }
}
