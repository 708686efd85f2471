package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Keeps what a stream brings, to be taken by the test. */
final class Recorder<Q, A> implements ClientResponseObserver<Q, A> {
  private static final long PATIENCE_SECONDS = 20;

  final BlockingQueue<A> messages = new LinkedBlockingQueue<>();
  final CountDownLatch ended = new CountDownLatch(1);
  volatile @Nullable Throwable error;

  @Override
  public void beforeStart(ClientCallStreamObserver<Q> request) {}

  @Override
  public void onNext(A message) {
    messages.add(message);
  }

  @Override
  public void onError(Throwable thrown) {
    error = thrown;
    ended.countDown();
  }

  @Override
  public void onCompleted() {
    ended.countDown();
  }

  /** The next message; fails if none comes. */
  A next() throws InterruptedException {
    A message = messages.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(message).as("a message, before the stream ended with %s", error).isNotNull();
    return message;
  }

  /** Whether nothing comes for some time. */
  boolean silentFor(long ms) throws InterruptedException {
    return messages.poll(ms, TimeUnit.MILLISECONDS) == null;
  }

  void awaitEnd() throws InterruptedException {
    assertThat(ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("the stream ended").isTrue();
  }
}
