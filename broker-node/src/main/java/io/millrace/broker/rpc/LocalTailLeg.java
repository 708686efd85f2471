package io.millrace.broker.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.millrace.proto.v1.TailResponse;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A leg on this broker: what the tail of a leader takes for its client. It is ready for as many
 * messages as were asked for. Thread-safe.
 */
final class LocalTailLeg extends ServerCallStreamObserver<TailResponse> implements TailLegs.Leg {
  private final TailLegs.Events events;
  private final AtomicInteger wanted = new AtomicInteger();
  private volatile Runnable onReady = () -> {};
  private volatile Runnable onCancel = () -> {};
  private volatile boolean cancelled;

  LocalTailLeg(TailLegs.Events events) {
    this.events = events;
  }

  @Override
  public void request() {
    wanted.incrementAndGet();
    onReady.run();
  }

  @Override
  public void cancel() {
    cancelled = true;
    onCancel.run();
  }

  @Override
  public boolean isReady() {
    return wanted.get() > 0;
  }

  @Override
  public void onNext(TailResponse message) {
    wanted.decrementAndGet();
    events.received(message);
  }

  @Override
  public void onError(Throwable thrown) {
    events.ended(Optional.of(ForwardedAnswer.error(thrown)));
  }

  @Override
  public void onCompleted() {
    events.ended(Optional.empty());
  }

  @Override
  public boolean isCancelled() {
    return cancelled;
  }

  @Override
  public void setOnReadyHandler(Runnable handler) {
    onReady = handler;
  }

  @Override
  public void setOnCancelHandler(Runnable handler) {
    onCancel = handler;
  }

  /** There is no transport that has to write anything. */
  @Override
  public void setOnCloseHandler(Runnable handler) {}

  @Override
  public void request(int count) {}

  @Override
  public void disableAutoRequest() {}

  @Override
  @Deprecated
  public void disableAutoInboundFlowControl() {}

  @Override
  public void setMessageCompression(boolean enable) {}

  @Override
  public void setCompression(String compression) {}
}
