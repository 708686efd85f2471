package io.millrace.broker.rpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/**
 * Turns what a handler throws into the status of its call, so that a handler may throw and no input
 * reaches the transport's thread as an exception. Thread-safe.
 */
final class FaultBarrier implements ServerInterceptor {
  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    GuardedCall<Q, A> guarded = new GuardedCall<>(call);
    try {
      return new Barrier<>(next.startCall(guarded, headers), guarded);
    } catch (RuntimeException thrown) {
      guarded.fail(RpcErrors.toStatus(thrown));
      return new ServerCall.Listener<>() {};
    }
  }

  /** Takes nothing more from its handler once the barrier has ended it. */
  private static final class GuardedCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
    /** Handlers answer on any thread. */
    private volatile boolean failed;

    GuardedCall(ServerCall<Q, A> call) {
      super(call);
    }

    void fail(StatusRuntimeException error) {
      failed = true;
      RpcErrors.close(delegate(), error);
    }

    @Override
    public void sendMessage(A message) {
      if (!failed) {
        super.sendMessage(message);
      }
    }

    @Override
    public void close(Status status, Metadata trailers) {
      if (!failed) {
        super.close(status, trailers);
      }
    }
  }

  private static final class Barrier<Q> extends SimpleForwardingServerCallListener<Q> {
    private final GuardedCall<Q, ?> call;

    Barrier(ServerCall.Listener<Q> delegate, GuardedCall<Q, ?> call) {
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
      if (call.failed) {
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
      call.fail(error);
      super.onCancel();
    }
  }
}
