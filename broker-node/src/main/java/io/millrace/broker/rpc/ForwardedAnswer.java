package io.millrace.broker.rpc;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.rpc.Failures;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The answer of another broker to what was passed on to it. A refusal keeps its code; a call that
 * was cut off or is not answered in time fails with BROKER_NOT_AVAILABLE. Thread-safe.
 */
final class ForwardedAnswer<A> implements StreamObserver<A> {
  private final BrokerImage broker;
  private final CompletableFuture<A> future = new CompletableFuture<>();

  ForwardedAnswer(BrokerImage broker) {
    this.broker = broker;
  }

  CompletableFuture<A> future() {
    return future;
  }

  @Override
  public void onNext(A answer) {
    future.complete(answer);
  }

  @Override
  public void onError(Throwable thrown) {
    future.completeExceptionally(
        refusal(thrown).orElseGet(() -> silent(Failures.text(thrown))).exception());
  }

  @Override
  public void onCompleted() {
    future.completeExceptionally(silent("nothing").exception());
  }

  private MillraceError silent(String why) {
    return new MillraceError(
        ErrorCode.BROKER_NOT_AVAILABLE,
        "broker " + broker.id() + " gives no answer (" + why + ")",
        Map.of("broker", Integer.toString(broker.id())));
  }

  /** Why a call ended: what the other side said, or BROKER_NOT_AVAILABLE. */
  static MillraceError error(Throwable thrown) {
    if (thrown instanceof MillraceException known) {
      return known.error();
    }
    return refusal(thrown)
        .orElseGet(
            () ->
                new MillraceError(
                    ErrorCode.BROKER_NOT_AVAILABLE,
                    "the leader is gone: " + Failures.text(thrown)));
  }

  /** What the other broker itself said, rather than the transport. */
  private static Optional<MillraceError> refusal(Throwable thrown) {
    com.google.rpc.Status status = StatusProto.fromThrowable(thrown);
    if (status == null) {
      return Optional.empty();
    }
    for (Any detail : status.getDetailsList()) {
      if (detail.is(ErrorInfo.class)) {
        try {
          ErrorInfo info = detail.unpack(ErrorInfo.class);
          return Optional.of(
              new MillraceError(
                  ErrorCode.valueOf(info.getReason()), status.getMessage(), info.getMetadataMap()));
        } catch (InvalidProtocolBufferException | IllegalArgumentException unknown) {
          return Optional.empty();
        }
      }
    }
    return Optional.empty();
  }
}
