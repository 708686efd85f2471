package io.millrace.metadata.rpc;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.metadata.ForwardingQuorum;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.proto.internal.v1.ControllerServiceGrpc.ControllerServiceImplBase;
import io.millrace.proto.internal.v1.RequestContext;
import io.millrace.proto.internal.v1.SubmitCommandRequest;
import io.millrace.proto.internal.v1.SubmitCommandResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** This node's controller for other nodes; refuses while the node has not begun. Thread-safe. */
public final class ControllerEndpoint extends ControllerServiceImplBase {
  private volatile @Nullable Begun begun;

  private record Begun(String clusterId, ForwardingQuorum quorum) {}

  /** From now on there is a quorum to ask. */
  public void begin(String clusterId, ForwardingQuorum quorum) {
    begun = new Begun(clusterId, quorum);
  }

  @Override
  public void submitCommand(
      SubmitCommandRequest request, StreamObserver<SubmitCommandResponse> call) {
    // With a handler set, answers to a call that was given up are dropped, not thrown back.
    ((ServerCallStreamObserver<SubmitCommandResponse>) call).setOnCancelHandler(() -> {});
    CompletableFuture<Void> unused =
        carryOut(request)
            .handle(
                (result, failure) -> {
                  if (failure != null) {
                    call.onError(Status.INTERNAL.withCause(failure).asRuntimeException());
                  } else {
                    call.onNext(
                        SubmitCommandResponse.newBuilder()
                            .setResult(StructureCodec.write((Record) result))
                            .build());
                    call.onCompleted();
                  }
                  return null;
                });
  }

  private CompletableFuture<CommandResult> carryOut(SubmitCommandRequest request) {
    RequestContext context = request.getContext();
    Begun node = begun;
    if (node == null) {
      return refused(ErrorCode.NOT_CONTROLLER, "the node that was asked has not begun", Map.of());
    }
    if (!context.getClusterId().equals(node.clusterId())) {
      return refused(
          ErrorCode.INVALID_REQUEST,
          "node "
              + context.getNodeId()
              + " belongs to the cluster "
              + context.getClusterId()
              + " (expected: "
              + node.clusterId()
              + ")",
          Map.of("cluster_id", context.getClusterId(), "expected", node.clusterId()));
    }
    if (context.getHops() < 1 || context.getHops() > ForwardingQuorum.MAX_HOPS) {
      return refused(
          ErrorCode.INVALID_REQUEST,
          "hops: " + context.getHops() + " (expected: [1, " + ForwardingQuorum.MAX_HOPS + "])",
          Map.of("hops", "" + context.getHops()));
    }
    try {
      Command command = StructureCodec.read(request.getCommand(), Command.class);
      Duration timeout = Duration.ofMillis(Math.max(1, context.getRemainingMs()));
      return node.quorum().passedOn(command, timeout, context.getHops());
    } catch (IllegalArgumentException e) {
      return refused(
          ErrorCode.UNSUPPORTED,
          "the controller's version does not know the command: " + e.getMessage(),
          Map.of());
    }
  }

  private static CompletableFuture<CommandResult> refused(
      ErrorCode code, String message, Map<String, String> details) {
    return CompletableFuture.completedFuture(
        new Refused(new MillraceError(code, message, details)));
  }
}
