package io.millrace.broker.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A call whose client reads when the test says so: ready while fewer than so many are unread. */
final class FakeCall<A> extends ServerCallStreamObserver<A> {
  /** What was sent and the client has not read yet. */
  final List<A> unread = new ArrayList<>();

  @Nullable Throwable error;
  boolean completed;

  /** How many messages the server asked for and did not get yet. */
  int asked;

  /** What sending a message throws. */
  @Nullable Error fault;

  /** What a transport throws that has closed the call itself. */
  @Nullable IllegalStateException closed;

  private int window;
  private Runnable onReady = () -> {};
  private Runnable onCancel = () -> {};
  private Runnable onClose = () -> {};

  FakeCall(int window) {
    this.window = window;
  }

  /** The client reads everything; returns what it read. */
  List<A> read() {
    List<A> all = List.copyOf(unread);
    boolean wasFull = !isReady();
    unread.clear();
    if (wasFull) {
      onReady.run();
    }
    return all;
  }

  /** The client reads more at a time from now on. */
  void widen(int messages) {
    window = messages;
    onReady.run();
  }

  /** The transport has sent everything. */
  void close() {
    onClose.run();
  }

  void cancel() {
    onCancel.run();
  }

  boolean ended() {
    return completed || error != null;
  }

  @Override
  public boolean isReady() {
    return unread.size() < window;
  }

  @Override
  public void onNext(A message) {
    if (ended()) {
      throw new IllegalStateException("a message after the end: " + message);
    }
    if (fault != null) {
      throw fault;
    }
    if (closed != null) {
      throw closed;
    }
    unread.add(message);
  }

  @Override
  public void onError(Throwable thrown) {
    error = thrown;
  }

  @Override
  public void onCompleted() {
    completed = true;
  }

  @Override
  public void request(int count) {
    asked += count;
  }

  @Override
  public void setOnReadyHandler(Runnable handler) {
    onReady = handler;
  }

  @Override
  public void setOnCancelHandler(Runnable handler) {
    onCancel = handler;
  }

  @Override
  public void setOnCloseHandler(Runnable handler) {
    onClose = handler;
  }

  @Override
  public boolean isCancelled() {
    return false;
  }

  @Override
  public void disableAutoRequest() {}

  @Override
  public void disableAutoInboundFlowControl() {}

  @Override
  public void setMessageCompression(boolean enable) {}

  @Override
  public void setCompression(String compression) {}
}
