package io.millrace.broker.rpc;

import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.proto.internal.v1.AppendRecordsRequest;
import io.millrace.proto.internal.v1.AppendRecordsResponse;
import io.millrace.proto.internal.v1.FindTailStartRequest;
import io.millrace.proto.internal.v1.FindTailStartResponse;
import io.millrace.proto.internal.v1.ForwardingServiceGrpc.ForwardingServiceImplBase;
import io.millrace.proto.internal.v1.RequestContext;
import io.millrace.proto.internal.v1.TailRecordsRequest;
import io.millrace.proto.internal.v1.TailRecordsResponse;
import io.millrace.proto.v1.PartitionBatch;
import io.millrace.proto.v1.ProduceRequest;
import io.millrace.proto.v1.ProduceResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Does for other brokers' clients what the leader must do; refuses while the node has not begun.
 * Thread-safe.
 */
public final class ForwardingEndpoint extends ForwardingServiceImplBase {
  /** Whoever was asked by a client passes on; nobody passes on further. */
  private static final int HOPS = 1;

  private final int brokerId;
  private volatile Optional<Begun> begun = Optional.empty();

  private record Begun(String clusterId, ProduceDeps produce, FetchDeps fetch) {}

  /** Makes the service of a broker. */
  public ForwardingEndpoint(int brokerId) {
    this.brokerId = brokerId;
  }

  /** From now on the node belongs to a cluster, and has partitions. */
  void begin(String clusterId, ProduceDeps produce, FetchDeps fetch) {
    begun = Optional.of(new Begun(clusterId, produce, fetch));
  }

  @Override
  public void appendRecords(
      AppendRecordsRequest request, StreamObserver<AppendRecordsResponse> call) {
    Begun node = check(request.getContext(), request.getBrokerId());
    ProduceRequest produce = request.getRequest();
    long bytes =
        produce.getBatchesList().stream()
            .map(PartitionBatch::getRecords)
            .mapToLong(r -> r.size())
            .sum();
    CompletableFuture<ProduceResponse> answer =
        ByteBudgets.KEY
            .get()
            .whileUnanswered(bytes, () -> forClient(request.getContext(), node.produce(), produce));
    Replies.when(
        call,
        answer.thenApply(
            response -> AppendRecordsResponse.newBuilder().setResponse(response).build()));
  }

  @Override
  public void findTailStart(
      FindTailStartRequest request, StreamObserver<FindTailStartResponse> call) {
    FetchDeps deps = check(request.getContext(), request.getBrokerId()).fetch();
    List<TopicIdPartition> ids =
        request.getPartitionsList().stream()
            .map(partition -> Partitions.named(request.getTopicId(), partition))
            .toList();
    checkReader(deps, request.getContext(), ids);
    Replies.when(
        call,
        CompletableFuture.supplyAsync(
            () ->
                FindTailStartResponse.newBuilder()
                    .addAllBounds(TailStarts.find(deps, ids, request.getStart()))
                    .build(),
            deps.threads()));
  }

  @Override
  public void tailRecords(TailRecordsRequest request, StreamObserver<TailRecordsResponse> call) {
    FetchDeps deps = check(request.getContext(), request.getBrokerId()).fetch();
    List<TailPart> parts =
        request.getPlacesList().stream()
            .map(
                place ->
                    TailPart.rest(
                        Partitions.named(request.getTopicId(), place.getPartition()),
                        Requests.notNegative("offset", place.getOffset()),
                        Requests.notNegative("end_offset", place.getEndOffset())))
            .toList();
    checkReader(deps, request.getContext(), parts.stream().map(TailPart::id).toList());
    new TailSession(
            deps,
            ByteBudgets.KEY.get().fetch(),
            new TailScope(parts, Long.MAX_VALUE, true),
            new MappedCall<>(
                (ServerCallStreamObserver<TailRecordsResponse>) call,
                message -> TailRecordsResponse.newBuilder().setResponse(message).build()))
        .start();
  }

  private static void checkReader(
      FetchDeps deps, RequestContext context, List<TopicIdPartition> ids) {
    for (TopicIdPartition id : ids) {
      deps.partitions()
          .topicName(id.topicId())
          .ifPresent(
              topic -> deps.authorizer().check(client(context), Authorizer.Operation.READ, topic));
    }
  }

  private static CompletableFuture<ProduceResponse> forClient(
      RequestContext context, ProduceDeps deps, ProduceRequest request) {
    Context client =
        Context.current().withValue(io.millrace.broker.rpc.RequestContext.KEY, client(context));
    Context node = client.attach();
    try {
      return new ProduceCall(deps, request).start(request);
    } finally {
      client.detach(node);
    }
  }

  private static io.millrace.broker.rpc.RequestContext client(RequestContext context) {
    return new io.millrace.broker.rpc.RequestContext(
        context.getPrincipal(),
        context.getClientId(),
        context.getClientAddress(),
        context.getListener(),
        context.getTenant(),
        context.getHops(),
        context.getTrace());
  }

  private Begun check(RequestContext context, int asked) {
    Begun node =
        begun.orElseThrow(
            () -> new MillraceException(ErrorCode.UNAVAILABLE, "the broker has not begun"));
    if (!context.getClusterId().equals(node.clusterId())) {
      throw misdirected("cluster_id", context.getClusterId(), node.clusterId());
    }
    if (asked != brokerId) {
      throw misdirected("broker_id", "" + asked, "" + brokerId);
    }
    if (context.getHops() != HOPS) {
      throw refused(ErrorCode.INVALID_REQUEST, "hops", "" + context.getHops(), "" + HOPS);
    }
    return node;
  }

  /**
   * The broker that is meant was at this address before: what its caller's client asked is fine.
   */
  private static MillraceException misdirected(String field, String value, String expected) {
    return refused(ErrorCode.BROKER_NOT_AVAILABLE, field, value, expected);
  }

  private static MillraceException refused(
      ErrorCode code, String field, String value, String expected) {
    return new MillraceError(
            code,
            field + ": " + value + " (expected: " + expected + ")",
            Map.of(field, value, "expected", expected))
        .exception();
  }
}
