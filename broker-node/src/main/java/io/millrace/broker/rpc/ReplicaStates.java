package io.millrace.broker.rpc;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicPartition;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.v1.Error;
import io.millrace.proto.v1.ListPartitionsRequest;
import io.millrace.proto.v1.ListPartitionsResponse;
import io.millrace.proto.v1.ListReplicasRequest;
import io.millrace.proto.v1.ListReplicasResponse;
import io.millrace.proto.v1.PartitionState;
import io.millrace.proto.v1.Replica;
import io.millrace.proto.v1.ReplicaState;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Tells how far the replicas of partitions are, by asking the brokers that have them: so it can be
 * told also while nobody leads. Thread-safe.
 */
final class ReplicaStates {
  private static final long UNKNOWN = -1;

  private final int nodeId;
  private final LocalLogDirs own;
  private final RemoteBrokers others;

  /**
   * Makes it.
   *
   * @param nodeId this node
   * @param own this broker's replicas
   */
  ReplicaStates(int nodeId, LocalLogDirs own, RemoteBrokers others) {
    this.nodeId = nodeId;
    this.own = own;
    this.others = others;
  }

  /** What a broker told of its replicas of a topic, by partition, or why it did not. */
  record Told(Map<Integer, Replica> replicas, Optional<MillraceError> failure) {
    static Told of(@Nullable ListReplicasResponse answer, @Nullable Throwable failure) {
      Map<Integer, Replica> replicas = new HashMap<>();
      if (answer != null) {
        answer.getReplicasList().forEach(each -> replicas.put(each.getPartition(), each));
      }
      return new Told(replicas, Optional.ofNullable(failure).map(RpcErrors::toError));
    }
  }

  /**
   * A page of a topic's partitions. The token is the last partition of the page before.
   *
   * @param timeout how long a broker is waited for at most
   */
  CompletableFuture<ListPartitionsResponse> page(
      MetadataImage image, TopicImage topic, ListPartitionsRequest request, Duration timeout) {
    int size = Pages.size(request.getPageSize());
    PartitionPlace after = PartitionPlace.of(request.getPageToken());
    if (after.partition() >= 0 && !after.topic().equals(topic.name())) {
      throw Pages.noToken(request.getPageToken());
    }
    int first = after.partition() + 1;
    int end = Math.min(topic.partitions().size(), first + size);
    // Of this many partitions a broker has no more replicas than that.
    ListReplicasRequest.Builder question =
        ListReplicasRequest.newBuilder()
            .setTopic(topic.name())
            .setPageSize(size)
            .setPageToken(request.getPageToken());
    Map<Integer, CompletableFuture<Told>> asked = new TreeMap<>();
    for (int number = first; number < end; number++) {
      for (int id : topic.partitions().get(number).replicas()) {
        asked.computeIfAbsent(
            id, broker -> ask(image.broker(broker), question.setNodeId(broker).build(), timeout));
      }
    }
    return CompletableFuture.allOf(asked.values().toArray(new CompletableFuture<?>[0]))
        .thenApply(
            done -> {
              Map<Integer, Told> told = new HashMap<>();
              asked.forEach((id, answer) -> told.put(id, answer.join()));
              ListPartitionsResponse.Builder page = ListPartitionsResponse.newBuilder();
              IntStream.range(first, end)
                  .forEach(number -> page.addPartitions(state(image, topic, number, told)));
              if (end < topic.partitions().size()) {
                page.setNextPageToken(
                    PartitionPlace.token(new TopicPartition(topic.name(), end - 1)));
              }
              return page.build();
            });
  }

  /** Never fails. */
  private CompletableFuture<Told> ask(
      Optional<BrokerImage> broker, ListReplicasRequest question, Duration timeout) {
    if (broker.isEmpty()) {
      return CompletableFuture.completedFuture(
          new Told(
              Map.of(),
              Optional.of(
                  new MillraceError(
                      ErrorCode.BROKER_NOT_AVAILABLE,
                      "broker " + question.getNodeId() + " is not registered"))));
    }
    CompletableFuture<ListReplicasResponse> answer =
        broker.get().id() == nodeId
            ? own.replicas(question)
            : others.replicas(broker.get(), question, timeout);
    return answer.handle(Told::of);
  }

  /** What is told of a partition, with what its replicas' brokers told of theirs. */
  static PartitionState state(
      MetadataImage image, TopicImage topic, int number, Map<Integer, Told> told) {
    PartitionImage partition = topic.partitions().get(number);
    Optional<Replica> leader =
        find(told, partition.leader(), number)
            .filter(replica -> replica.getLeads() && !replica.hasError());
    PartitionState.Builder state =
        PartitionState.newBuilder()
            .setMetadata(TopicViews.partition(image, topic, number, partition))
            .setHighWatermark(leader.map(ReplicaStates::highWatermark).orElse(UNKNOWN));
    for (int id : partition.replicas()) {
      if (!partition.isr().contains(id)) {
        state.addOutOfSyncReplicas(id);
      }
      ReplicaState.Builder replica =
          ReplicaState.newBuilder().setNodeId(id).setInSync(partition.isr().contains(id));
      Optional<Replica> found = find(told, id, number).filter(each -> !each.hasError());
      state.addReplicas(
          found
              .map(known -> known(replica, known, leader))
              .orElseGet(() -> unknown(replica, why(image, topic, number, id, told)))
              .build());
    }
    return state.build();
  }

  private static Optional<Replica> find(Map<Integer, Told> told, int broker, int number) {
    return Optional.ofNullable(told.get(broker))
        .flatMap(all -> Optional.ofNullable(all.replicas().get(number)));
  }

  private static ReplicaState.Builder known(
      ReplicaState.Builder state, Replica replica, Optional<Replica> leader) {
    if (replica.hasCorruptOffset()) {
      state.setCorruptOffset(replica.getCorruptOffset());
    }
    Optional<Long> behind = leader.map(each -> each.getLogEndOffset() - replica.getLogEndOffset());
    return state
        .setLogStartOffset(replica.getLogStartOffset())
        .setLogEndOffset(replica.getLogEndOffset())
        .setHighWatermark(highWatermark(replica))
        .setOffsetsBehind(behind.map(offsets -> Math.max(0, offsets)).orElse(UNKNOWN))
        .setOffsetsAhead(behind.map(offsets -> Math.max(0, -offsets)).orElse(0L));
  }

  /** An older broker does not tell. */
  private static long highWatermark(Replica replica) {
    return replica.hasHighWatermark() ? replica.getHighWatermark() : UNKNOWN;
  }

  private static ReplicaState.Builder unknown(ReplicaState.Builder state, Error why) {
    return state
        .setLogStartOffset(UNKNOWN)
        .setLogEndOffset(UNKNOWN)
        .setHighWatermark(UNKNOWN)
        .setOffsetsBehind(UNKNOWN)
        .setError(why);
  }

  private static Error why(
      MetadataImage image, TopicImage topic, int number, int broker, Map<Integer, Told> told) {
    Told answer = told.get(broker);
    Optional<Replica> replica = find(told, broker, number);
    if (replica.isPresent()) {
      return replica.get().getError();
    }
    return RpcErrors.toProto(
        Optional.ofNullable(answer)
            .flatMap(Told::failure)
            .orElseGet(() -> NoLeader.whyNotOpen(image, topic, number, broker)));
  }
}
