package io.millrace.broker.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.proto.v1.FetchRequest;
import io.millrace.proto.v1.FetchResponse;
import io.millrace.proto.v1.FetchServiceGrpc;
import io.millrace.proto.v1.FetchStreamRequest;
import io.millrace.proto.v1.FetchStreamResponse;
import io.millrace.proto.v1.ListOffsetsPartition;
import io.millrace.proto.v1.ListOffsetsRequest;
import io.millrace.proto.v1.ListOffsetsResponse;
import java.util.concurrent.CompletableFuture;

/** Gives record batches out. Thread-safe. */
final class FetchEndpoint extends FetchServiceGrpc.FetchServiceImplBase {
  private final FetchDeps deps;
  private final OffsetLookup lookup;
  private final Authorizer authorizer;

  FetchEndpoint(FetchDeps deps, Authorizer authorizer) {
    this.deps = deps;
    this.lookup = new OffsetLookup(deps.partitions(), deps.reader());
    this.authorizer = authorizer;
  }

  @Override
  public void fetch(FetchRequest request, StreamObserver<FetchResponse> call) {
    authorizer.check(RequestContext.current(), Operation.READ, "");
    new FetchCall(deps, request, (ServerCallStreamObserver<FetchResponse>) call).start();
  }

  @Override
  public StreamObserver<FetchStreamRequest> fetchStream(StreamObserver<FetchStreamResponse> call) {
    authorizer.check(RequestContext.current(), Operation.READ, "");
    return new FetchStreamSession(deps, (ServerCallStreamObserver<FetchStreamResponse>) call)
        .inbound();
  }

  @Override
  public void listOffsets(ListOffsetsRequest request, StreamObserver<ListOffsetsResponse> call) {
    authorizer.check(RequestContext.current(), Operation.DESCRIBE, "");
    int count = request.getPartitionsCount();
    int most = deps.limits().maxPartitions();
    if (count < 1 || count > most) {
      throw new MillraceException(
          ErrorCode.INVALID_REQUEST, "partitions: " + count + " (expected: [1, " + most + "])");
    }
    Replies.when(call, CompletableFuture.supplyAsync(() -> find(request), deps.threads()));
  }

  private ListOffsetsResponse find(ListOffsetsRequest request) {
    boolean committedOnly = FetchCall.committedOnly(request.getIsolationLevel());
    ListOffsetsResponse.Builder answer = ListOffsetsResponse.newBuilder();
    for (ListOffsetsPartition asked : request.getPartitionsList()) {
      answer.addResults(lookup.find(asked, committedOnly));
    }
    return answer.build();
  }
}
