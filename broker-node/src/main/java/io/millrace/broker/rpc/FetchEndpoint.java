package io.millrace.broker.rpc;

import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.rpc.wire.FetchFrame;
import io.millrace.broker.rpc.wire.FetchFrameMarshaller;
import io.millrace.broker.rpc.wire.ServiceBinding;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.proto.v1.FetchRequest;
import io.millrace.proto.v1.FetchResponse;
import io.millrace.proto.v1.FetchServiceGrpc;
import io.millrace.proto.v1.FetchStreamRequest;
import io.millrace.proto.v1.ListOffsetsPartition;
import io.millrace.proto.v1.ListOffsetsRequest;
import io.millrace.proto.v1.ListOffsetsResponse;
import java.util.concurrent.CompletableFuture;

/** Gives record batches out. Thread-safe. */
final class FetchEndpoint implements BindableService, FetchServiceGrpc.AsyncService {
  private final FetchDeps deps;
  private final OffsetLookup lookup;

  FetchEndpoint(FetchDeps deps) {
    this.deps = deps;
    this.lookup = new OffsetLookup(deps.partitions(), deps.reader());
  }

  @Override
  public ServerServiceDefinition bindService() {
    MethodDescriptor<FetchStreamRequest, ?> generated = FetchServiceGrpc.getFetchStreamMethod();
    return ServiceBinding.replace(
        FetchServiceGrpc.bindService(this),
        ServiceBinding.bidirectional(
            generated,
            generated.getRequestMarshaller(),
            new FetchFrameMarshaller(),
            this::openStream));
  }

  @Override
  public void fetch(FetchRequest request, StreamObserver<FetchResponse> call) {
    ByteLease memory = new ByteLease(ByteBudgets.KEY.get().fetch());
    new FetchCall(deps, memory, request, (ServerCallStreamObserver<FetchResponse>) call).start();
  }

  private StreamObserver<FetchStreamRequest> openStream(StreamObserver<FetchFrame> call) {
    InFlightBytes budget = ByteBudgets.KEY.get().fetch();
    return new FetchStreamSession(deps, budget, (ServerCallStreamObserver<FetchFrame>) call)
        .start();
  }

  @Override
  public void listOffsets(ListOffsetsRequest request, StreamObserver<ListOffsetsResponse> call) {
    int count = request.getPartitionsCount();
    int most = deps.limits().maxPartitions();
    if (count < 1 || count > most) {
      throw new MillraceException(
          ErrorCode.INVALID_REQUEST, "partitions: " + count + " (expected: [1, " + most + "])");
    }
    Access access = deps.access();
    Replies.when(call, CompletableFuture.supplyAsync(() -> find(request, access), deps.threads()));
  }

  private ListOffsetsResponse find(ListOffsetsRequest request, Access access) {
    boolean committedOnly = FetchCall.committedOnly(request.getIsolationLevel());
    ListOffsetsResponse.Builder answer = ListOffsetsResponse.newBuilder();
    for (ListOffsetsPartition asked : request.getPartitionsList()) {
      answer.addResults(lookup.find(asked, committedOnly, access));
    }
    return answer.build();
  }
}
