package io.millrace.broker.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.time.Clock;
import io.millrace.proto.v1.SubscriptionServiceGrpc;
import io.millrace.proto.v1.TailRequest;
import io.millrace.proto.v1.TailResponse;
import io.millrace.proto.v1.TailStart;

/** Gives structured records out. Thread-safe. */
final class SubscriptionEndpoint extends SubscriptionServiceGrpc.SubscriptionServiceImplBase {
  private final FetchDeps deps;
  private final TailLegs legs;
  private final PartitionLeaders leaders;
  private final Clock clock;

  SubscriptionEndpoint(FetchDeps deps, TailLegs legs, PartitionLeaders leaders, Clock clock) {
    this.deps = deps;
    this.legs = legs;
    this.leaders = leaders;
    this.clock = clock;
  }

  @Override
  public void tail(TailRequest request, StreamObserver<TailResponse> call) {
    deps.authorizer().check(RequestContext.current(), Operation.READ, request.getTopic());
    checkStart(request.getStart());
    new TailFront(
            deps,
            legs,
            leaders,
            clock,
            TailScope.of(deps.partitions(), request),
            ByteBudgets.KEY.get().fetch(),
            (ServerCallStreamObserver<TailResponse>) call)
        .start();
  }

  private static void checkStart(TailStart start) {
    switch (start.getPositionCase()) {
      case EARLIEST -> requireTrue("start.earliest", start.getEarliest());
      case LATEST -> requireTrue("start.latest", start.getLatest());
      case OFFSET -> Requests.notNegative("start.offset", start.getOffset());
      case TIMESTAMP_MS -> Requests.notNegative("start.timestamp_ms", start.getTimestampMs());
      case POSITION_NOT_SET -> {}
    }
  }

  private static void requireTrue(String field, boolean value) {
    if (!value) {
      throw new MillraceException(
          ErrorCode.INVALID_REQUEST, field + ": false (expected: true, or another position)");
    }
  }
}
