package io.millrace.broker.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.proto.v1.SubscriptionServiceGrpc;
import io.millrace.proto.v1.TailRequest;
import io.millrace.proto.v1.TailResponse;

/** Gives structured records out. Thread-safe. */
final class SubscriptionEndpoint extends SubscriptionServiceGrpc.SubscriptionServiceImplBase {
  private final FetchDeps deps;

  SubscriptionEndpoint(FetchDeps deps) {
    this.deps = deps;
  }

  @Override
  public void tail(TailRequest request, StreamObserver<TailResponse> call) {
    deps.authorizer().check(RequestContext.current(), Operation.READ, request.getTopic());
    InFlightBytes budget = ByteBudgets.KEY.get().fetch();
    new TailSession(deps, budget, request, (ServerCallStreamObserver<TailResponse>) call).start();
  }
}
