package io.millrace.broker.rpc;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.rpc.Failures;
import io.millrace.metadata.rpc.NodeChannels;
import io.millrace.proto.internal.v1.BrokerQueryServiceGrpc;
import io.millrace.proto.internal.v1.BrokerQueryServiceGrpc.BrokerQueryServiceStub;
import io.millrace.proto.internal.v1.GetBrokerConfigsRequest;
import io.millrace.proto.internal.v1.GetBrokerConfigsResponse;
import io.millrace.proto.internal.v1.GetBrokerLogDirsRequest;
import io.millrace.proto.internal.v1.GetBrokerLogDirsResponse;
import io.millrace.proto.internal.v1.GetBrokerReplicasRequest;
import io.millrace.proto.internal.v1.GetBrokerReplicasResponse;
import io.millrace.proto.internal.v1.RequestContext;
import io.millrace.proto.v1.Config;
import io.millrace.proto.v1.ListReplicasRequest;
import io.millrace.proto.v1.ListReplicasResponse;
import io.millrace.proto.v1.LogDir;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Asks other brokers what only they know. Thread-safe. */
public final class RemoteBrokers {
  /** A broker that is silent is not waited for longer: the client has a time of its own. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final String clusterId;
  private final int nodeId;
  private final NodeChannels channels;

  /**
   * The way to the others.
   *
   * @param nodeId this node
   */
  public RemoteBrokers(String clusterId, int nodeId, NodeChannels channels) {
    this.clusterId = clusterId;
    this.nodeId = nodeId;
    this.channels = channels;
  }

  /**
   * What a broker's file, environment and flags say; fails with BROKER_NOT_AVAILABLE if it is away.
   */
  CompletableFuture<List<Config>> configs(BrokerImage broker, Duration timeout) {
    return ask(
            broker,
            timeout,
            context ->
                GetBrokerConfigsRequest.newBuilder()
                    .setContext(context)
                    .setBrokerId(broker.id())
                    .build(),
            BrokerQueryServiceStub::getBrokerConfigs)
        .thenApply(GetBrokerConfigsResponse::getConfigsList);
  }

  /** A broker's log directories; fails with BROKER_NOT_AVAILABLE if it is away. */
  CompletableFuture<List<LogDir>> logDirs(BrokerImage broker, Duration timeout) {
    return ask(
            broker,
            timeout,
            context ->
                GetBrokerLogDirsRequest.newBuilder()
                    .setContext(context)
                    .setBrokerId(broker.id())
                    .build(),
            BrokerQueryServiceStub::getBrokerLogDirs)
        .thenApply(GetBrokerLogDirsResponse::getLogDirsList);
  }

  /** The replicas on a broker; fails with BROKER_NOT_AVAILABLE if it is away. */
  CompletableFuture<ListReplicasResponse> replicas(
      BrokerImage broker, ListReplicasRequest asked, Duration timeout) {
    return ask(
            broker,
            timeout,
            context ->
                GetBrokerReplicasRequest.newBuilder().setContext(context).setRequest(asked).build(),
            BrokerQueryServiceStub::getBrokerReplicas)
        .thenApply(GetBrokerReplicasResponse::getResponse);
  }

  /** One of the service's calls. */
  private interface Call<Q, A> {
    void on(BrokerQueryServiceStub stub, Q request, StreamObserver<A> answer);
  }

  private <Q, A> CompletableFuture<A> ask(
      BrokerImage broker, Duration timeout, Function<RequestContext, Q> request, Call<Q, A> call) {
    if (broker.internalEndpoint().isEmpty()) {
      return CompletableFuture.failedFuture(
          unavailable(where(broker), "has no listener for other nodes").exception());
    }
    Endpoint endpoint = broker.internalEndpoint().get();
    Duration patience = timeout.compareTo(PATIENCE) < 0 ? timeout : PATIENCE;
    Answer<A> answer = new Answer<>(where(broker));
    call.on(
        BrokerQueryServiceGrpc.newStub(channels.to(endpoint))
            .withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS),
        request.apply(context(patience)),
        answer);
    return answer.future;
  }

  private static String where(BrokerImage broker) {
    return "broker "
        + broker.id()
        + broker.internalEndpoint().map(endpoint -> " at " + endpoint).orElse("");
  }

  private RequestContext context(Duration patience) {
    io.millrace.broker.rpc.RequestContext on = io.millrace.broker.rpc.RequestContext.current();
    return RequestContext.newBuilder()
        .setClusterId(clusterId)
        .setNodeId(nodeId)
        .setPrincipal(on.principal())
        .setClientId(on.clientId())
        .setClientAddress(on.clientAddress())
        .setListener(on.listener())
        .setTrace(on.trace())
        .setRemainingMs(patience.toMillis())
        .setHops(1)
        .build();
  }

  private static MillraceError unavailable(String where, String why) {
    return new MillraceError(
        ErrorCode.BROKER_NOT_AVAILABLE, where + " " + why, Map.of("broker", where, "why", why));
  }

  private static final class Answer<A> implements StreamObserver<A> {
    private final String where;
    private final CompletableFuture<A> future = new CompletableFuture<>();

    Answer(String where) {
      this.where = where;
    }

    @Override
    public void onNext(A answer) {
      future.complete(answer);
    }

    @Override
    public void onError(Throwable thrown) {
      future.completeExceptionally(unavailable(where, why(thrown)).exception());
    }

    private static String why(Throwable thrown) {
      String text = Failures.text(thrown);
      if (text.contains("Connection refused")) {
        return "refuses the connection: its process does not run";
      }
      return Status.fromThrowable(thrown).getCode() == Status.Code.DEADLINE_EXCEEDED
          ? "gives no answer in time"
          : "gives no answer (" + text + ")";
    }

    @Override
    public void onCompleted() {
      future.completeExceptionally(unavailable(where, "gives no answer").exception());
    }
  }
}
