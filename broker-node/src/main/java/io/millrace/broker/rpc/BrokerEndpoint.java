package io.millrace.broker.rpc;

import io.grpc.stub.StreamObserver;
import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.metadata.controller.ClusterCommand;
import io.millrace.metadata.controller.RequestOptions;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.proto.v1.BrokerLogDirs;
import io.millrace.proto.v1.BrokerServiceGrpc;
import io.millrace.proto.v1.DrainBrokerRequest;
import io.millrace.proto.v1.DrainBrokerResponse;
import io.millrace.proto.v1.ListBrokersRequest;
import io.millrace.proto.v1.ListBrokersResponse;
import io.millrace.proto.v1.ListLogDirsRequest;
import io.millrace.proto.v1.ListLogDirsResponse;
import io.millrace.proto.v1.ListReplicasRequest;
import io.millrace.proto.v1.ListReplicasResponse;
import io.millrace.proto.v1.LogDir;
import io.millrace.proto.v1.UnregisterBrokerRequest;
import io.millrace.proto.v1.UnregisterBrokerResponse;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Tells of brokers and drains them: the cluster's knowledge from the node's image, directories from
 * the broker that has them, changes through the controller. Thread-safe.
 */
final class BrokerEndpoint extends BrokerServiceGrpc.BrokerServiceImplBase {
  private static final int MAX_BROKERS = 100;

  private final int nodeId;
  private final AdminCommands commands;
  private final LocalLogDirs own;
  private final RemoteBrokers others;
  private final Executor threads;
  private final Authorizer authorizer;

  /**
   * Makes the service.
   *
   * @param nodeId this node
   * @param own this broker's directories
   * @param threads for looking through many partitions
   */
  BrokerEndpoint(
      int nodeId,
      AdminCommands commands,
      LocalLogDirs own,
      RemoteBrokers others,
      Executor threads,
      Authorizer authorizer) {
    this.nodeId = nodeId;
    this.commands = commands;
    this.own = own;
    this.others = others;
    this.threads = threads;
    this.authorizer = authorizer;
  }

  @Override
  public void listBrokers(ListBrokersRequest request, StreamObserver<ListBrokersResponse> call) {
    authorize(Operation.DESCRIBE);
    int controller = commands.quorum().health().controllerId();
    Replies.now(call, BrokerViews.page(image(), controller, request));
  }

  @Override
  public void drainBroker(DrainBrokerRequest request, StreamObserver<DrainBrokerResponse> call) {
    authorize(Operation.ALTER);
    RequestOptions options =
        TopicRequests.options(request.getRequestId(), request.getValidateOnly());
    Replies.when(
        call,
        commands
            .carryOut(
                new ClusterCommand.DrainBroker(request.getNodeId(), !request.getUndo(), options))
            .thenApplyAsync(done -> drained(request.getNodeId()), threads));
  }

  private DrainBrokerResponse drained(int broker) {
    MetadataImage image = image();
    return DrainBrokerResponse.newBuilder()
        .setBroker(BrokerViews.view(image, Requests.broker(image, broker)))
        .setLeaderCount(leaders(image, broker))
        .build();
  }

  private static int leaders(MetadataImage image, int broker) {
    int count = 0;
    for (UUID id : image.topics().withReplicasOn(broker)) {
      for (PartitionImage partition : image.topic(id).orElseThrow().partitions()) {
        count += partition.leader() == broker ? 1 : 0;
      }
    }
    return count;
  }

  @Override
  public void unregisterBroker(
      UnregisterBrokerRequest request, StreamObserver<UnregisterBrokerResponse> call) {
    authorize(Operation.ALTER);
    RequestOptions options =
        TopicRequests.options(request.getRequestId(), request.getValidateOnly());
    Replies.when(
        call,
        commands
            .carryOut(
                new ClusterCommand.UnregisterBroker(
                    request.getNodeId(), request.getBrokerEpoch(), options))
            .thenApply(
                done ->
                    UnregisterBrokerResponse.newBuilder().setRevision(done.revision()).build()));
  }

  @Override
  public void listLogDirs(ListLogDirsRequest request, StreamObserver<ListLogDirsResponse> call) {
    authorize(Operation.DESCRIBE);
    int size = Math.min(MAX_BROKERS, Pages.size(request.getPageSize()));
    MetadataImage image = image();
    SortedSet<Integer> asked = new TreeSet<>();
    request.getNodeIdsList().forEach(id -> asked.add(Requests.broker(image, id).id()));
    if (asked.isEmpty()) {
      asked.addAll(image.brokers().keySet());
    }
    int after = Pages.lastNumber(request.getPageToken());
    List<Integer> left = asked.stream().filter(id -> id > after).limit(size + 1L).toList();
    List<CompletableFuture<BrokerLogDirs>> rows =
        left.stream().limit(size).map(id -> row(Requests.broker(image, id))).toList();
    Replies.when(
        call,
        CompletableFuture.allOf(rows.toArray(new CompletableFuture<?>[0]))
            .thenApply(
                done -> {
                  ListLogDirsResponse.Builder page = ListLogDirsResponse.newBuilder();
                  rows.forEach(row -> page.addBrokers(row.join()));
                  if (left.size() > size) {
                    page.setNextPageToken(Pages.token("" + left.get(size - 1)));
                  }
                  return page.build();
                }));
  }

  /** A broker's directories, or why they are not told; never fails. */
  private CompletableFuture<BrokerLogDirs> row(BrokerImage broker) {
    CompletableFuture<List<LogDir>> dirs =
        broker.id() == nodeId ? own.list() : others.logDirs(broker, commands.timeout());
    return dirs.handle(
        (found, failure) -> {
          BrokerLogDirs.Builder row = BrokerLogDirs.newBuilder().setNodeId(broker.id());
          return failure == null
              ? row.addAllLogDirs(found).build()
              : row.setError(RpcErrors.toProto(RpcErrors.toError(failure))).build();
        });
  }

  @Override
  public void listReplicas(ListReplicasRequest request, StreamObserver<ListReplicasResponse> call) {
    authorize(Operation.DESCRIBE);
    BrokerImage broker = Requests.broker(image(), request.getNodeId());
    Pages.size(request.getPageSize());
    PartitionPlace.of(request.getPageToken());
    Replies.when(
        call,
        broker.id() == nodeId
            ? own.replicas(request)
            : others.replicas(broker, request, commands.timeout()));
  }

  private MetadataImage image() {
    return commands.quorum().image();
  }

  private void authorize(Operation operation) {
    authorizer.check(RequestContext.current(), operation, "");
  }
}
