package io.millrace.broker.rpc;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;

/**
 * Turns what a handler throws into the status of its call, so that a handler may throw and no input
 * reaches the transport's thread as an exception. Thread-safe.
 */
final class FaultBarrier implements ServerInterceptor {
  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    try {
      return new Barrier<>(next.startCall(call, headers), call);
    } catch (RuntimeException thrown) {
      RpcErrors.close(call, RpcErrors.toStatus(thrown));
      return new ServerCall.Listener<>() {};
    }
  }

  private static final class Barrier<Q> extends SimpleForwardingServerCallListener<Q> {
    private final ServerCall<Q, ?> call;
    private boolean failed;

    Barrier(ServerCall.Listener<Q> delegate, ServerCall<Q, ?> call) {
      super(delegate);
      this.call = call;
    }

    @Override
    public void onMessage(Q message) {
      guard(() -> super.onMessage(message));
    }

    @Override
    public void onHalfClose() {
      guard(super::onHalfClose);
    }

    @Override
    public void onReady() {
      guard(super::onReady);
    }

    private void guard(Runnable callback) {
      if (failed) {
        return;
      }
      try {
        callback.run();
      } catch (StatusRuntimeException transports) {
        fail(transports);
      } catch (RuntimeException thrown) {
        fail(RpcErrors.toStatus(thrown));
      }
    }

    private void fail(StatusRuntimeException error) {
      failed = true;
      RpcErrors.close(call, error);
      super.onCancel();
    }
  }
}
