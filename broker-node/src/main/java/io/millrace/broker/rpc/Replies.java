package io.millrace.broker.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;

/** Ends unary calls. */
final class Replies {
  private Replies() {}

  /** Answers at once. */
  static <A> void now(StreamObserver<A> call, A answer) {
    call.onNext(answer);
    call.onCompleted();
  }

  /**
   * Answers when the future is done, with its value or its error as a status. To be called by the
   * handler itself, before it returns. Without effect if the client has gone by then.
   */
  static <A> void when(StreamObserver<A> call, CompletableFuture<A> future) {
    // With a handler set, answers to a call that the client gave up are dropped, not thrown back.
    ((ServerCallStreamObserver<A>) call).setOnCancelHandler(() -> {});
    CompletableFuture<A> unused =
        future.whenComplete(
            (answer, thrown) -> {
              if (thrown != null) {
                call.onError(RpcErrors.toStatus(thrown));
              } else {
                now(call, answer);
              }
            });
  }
}
