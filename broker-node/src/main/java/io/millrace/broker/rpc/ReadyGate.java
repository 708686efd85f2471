package io.millrace.broker.rpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import java.util.function.BooleanSupplier;

/**
 * Refuses calls of Millrace's own services while the node is not ready, but for those that tell
 * why. Thread-safe.
 */
final class ReadyGate implements ServerInterceptor {
  private static final String OWN_SERVICES = "millrace.";

  private final BooleanSupplier ready;

  ReadyGate(BooleanSupplier ready) {
    this.ready = ready;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    boolean own = call.getMethodDescriptor().getFullMethodName().startsWith(OWN_SERVICES);
    boolean always =
        ClusterInspection.ALWAYS.contains(call.getMethodDescriptor().getFullMethodName());
    if (ready.getAsBoolean() || !own || always) {
      return next.startCall(call, headers);
    }
    StatusRuntimeException refusal =
        RpcErrors.toStatus(
            new MillraceError(ErrorCode.UNAVAILABLE, "the server is not ready; try again soon"));
    RpcErrors.close(call, refusal);
    return new ServerCall.Listener<>() {};
  }
}
