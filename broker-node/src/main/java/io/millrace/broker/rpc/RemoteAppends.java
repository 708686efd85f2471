package io.millrace.broker.rpc;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.internal.v1.AppendRecordsRequest;
import io.millrace.proto.internal.v1.AppendRecordsResponse;
import io.millrace.proto.internal.v1.ForwardingServiceGrpc;
import io.millrace.proto.v1.PartitionBatch;
import io.millrace.proto.v1.PartitionProduceResult;
import io.millrace.proto.v1.ProduceRequest;
import io.millrace.proto.v1.ProduceResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Appends at the leader: here if this broker leads, else over the internal listener. */
final class RemoteAppends implements LeaderAppends {
  /** For the way there and back, after the leader has given up waiting. */
  private static final long WAY_MS = 500;

  private static final int UNCHECKED_EPOCH = -1;

  private final ForwardingLink link;
  private final PartitionLeaders leaders;
  private final ProduceDeps deps;

  RemoteAppends(ForwardingLink link, PartitionLeaders leaders, ProduceDeps deps) {
    this.link = link;
    this.leaders = leaders;
    this.deps = deps;
  }

  @Override
  public CompletableFuture<PartitionProduceResult> append(Append append, long timeoutMs) {
    CompletableFuture<ProduceResponse> answer;
    try {
      BrokerImage leader = leaders.require(append.id());
      answer =
          leader.id() == link.nodeId() ? here(append, timeoutMs) : there(leader, append, timeoutMs);
    } catch (RuntimeException thrown) {
      answer = CompletableFuture.failedFuture(thrown);
    }
    return answer
        .thenApply(response -> result(append, response))
        .exceptionally(
            thrown -> ProduceResults.failed(append.id(), RpcErrors.toError(thrown), List.of()));
  }

  /**
   * The call that brought the records may end before they are appended: it is left alone. The
   * partition writes offsets and times into the bytes it gets, and a repeat needs them as they
   * were.
   */
  private CompletableFuture<ProduceResponse> here(Append append, long timeoutMs) {
    ProduceRequest request =
        request(append, ByteString.copyFrom(append.batch().duplicate()), timeoutMs);
    Context mine = Context.ROOT.withValue(RequestContext.KEY, append.caller());
    Context outer = mine.attach();
    try {
      return new ProduceCall(deps, request).start(request);
    } finally {
      mine.detach(outer);
    }
  }

  private CompletableFuture<ProduceResponse> there(
      BrokerImage leader, Append append, long timeoutMs) {
    Endpoint endpoint = link.endpointOf(leader);
    AppendRecordsRequest request =
        AppendRecordsRequest.newBuilder()
            .setContext(link.context(append.caller(), timeoutMs))
            .setBrokerId(leader.id())
            .setRequest(request(append, Payloads.shared(append.batch()), timeoutMs))
            .build();
    ForwardedAnswer<AppendRecordsResponse> answer = new ForwardedAnswer<>(leader);
    Context outer = Context.ROOT.attach();
    try {
      ForwardingServiceGrpc.newStub(link.channels().to(endpoint))
          .withDeadlineAfter(timeoutMs + WAY_MS, TimeUnit.MILLISECONDS)
          .appendRecords(request, answer);
    } finally {
      Context.ROOT.detach(outer);
    }
    return answer.future().thenApply(AppendRecordsResponse::getResponse);
  }

  private static ProduceRequest request(Append append, ByteString records, long timeoutMs) {
    return ProduceRequest.newBuilder()
        .setAcks(
            switch (append.acks()) {
              case NONE -> io.millrace.proto.v1.Acks.ACKS_NONE;
              case LEADER -> io.millrace.proto.v1.Acks.ACKS_LEADER;
              case ALL -> io.millrace.proto.v1.Acks.ACKS_ALL;
            })
        .setTimeoutMs((int) Math.min(timeoutMs, Integer.MAX_VALUE))
        .addBatches(
            PartitionBatch.newBuilder()
                .setTopicId(Uuids.toBytes(append.id().topicId()))
                .setPartition(append.id().partition())
                .setLeaderEpoch(UNCHECKED_EPOCH)
                .setRecords(records))
        .build();
  }

  private static PartitionProduceResult result(Append append, ProduceResponse response) {
    if (response.getResultsCount() > 0) {
      return response.getResults(0);
    }
    if (append.acks() != Acks.NONE) {
      throw new MillraceException(
          ErrorCode.INTERNAL, "results: none (expected: one for " + append.id() + ")");
    }
    return PartitionProduceResult.newBuilder().setBaseOffset(-1).setLastOffset(-1).build();
  }
}
