package io.millrace.broker.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import java.util.function.Function;

/** A call whose messages are made of others. As thread-safe as the call. */
final class MappedCall<A, B> extends ServerCallStreamObserver<A> {
  private final ServerCallStreamObserver<B> call;
  private final Function<A, B> map;

  MappedCall(ServerCallStreamObserver<B> call, Function<A, B> map) {
    this.call = call;
    this.map = map;
  }

  @Override
  public void onNext(A message) {
    call.onNext(map.apply(message));
  }

  @Override
  public void onError(Throwable thrown) {
    call.onError(thrown);
  }

  @Override
  public void onCompleted() {
    call.onCompleted();
  }

  @Override
  public boolean isCancelled() {
    return call.isCancelled();
  }

  @Override
  public boolean isReady() {
    return call.isReady();
  }

  @Override
  public void setOnReadyHandler(Runnable handler) {
    call.setOnReadyHandler(handler);
  }

  @Override
  public void setOnCancelHandler(Runnable handler) {
    call.setOnCancelHandler(handler);
  }

  @Override
  public void setOnCloseHandler(Runnable handler) {
    call.setOnCloseHandler(handler);
  }

  @Override
  public void request(int count) {
    call.request(count);
  }

  @Override
  public void disableAutoRequest() {
    call.disableAutoRequest();
  }

  @Override
  @Deprecated
  public void disableAutoInboundFlowControl() {
    call.disableAutoRequest();
  }

  @Override
  public void setMessageCompression(boolean enable) {
    call.setMessageCompression(enable);
  }

  @Override
  public void setCompression(String compression) {
    call.setCompression(compression);
  }
}
