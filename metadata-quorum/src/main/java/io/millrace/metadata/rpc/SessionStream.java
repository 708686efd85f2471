package io.millrace.metadata.rpc;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.metadata.SessionLink;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.proto.internal.v1.BrokerSessionRequest;
import io.millrace.proto.internal.v1.BrokerSessionResponse;
import io.millrace.proto.internal.v1.RequestContext;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A broker's session as it comes in. Requests come one at a time, on the transport's thread, and
 * the next one is read after the answer; answers come on any thread. One lock.
 */
final class SessionStream implements StreamObserver<BrokerSessionRequest> {
  private static final Logger LOG = LoggerFactory.getLogger(SessionStream.class);

  private final Function<RequestContext, Optional<MillraceError>> refusal;
  private final SessionLink link;
  private final ServerCallStreamObserver<BrokerSessionResponse> call;
  private boolean ended;

  /** Why requests of this stream were refused, as far as it was logged; of its thread alone. */
  private final Set<ErrorCode> logged = EnumSet.noneOf(ErrorCode.class);

  /**
   * Takes the call over; to be made within its handler.
   *
   * @param refusal why a request is not listened to at all, if so
   */
  SessionStream(
      Function<RequestContext, Optional<MillraceError>> refusal,
      SessionLink link,
      ServerCallStreamObserver<BrokerSessionResponse> call) {
    this.refusal = refusal;
    this.link = link;
    this.call = call;
  }

  /** Reads the first request. */
  SessionStream begin() {
    call.disableAutoRequest();
    call.setOnCancelHandler(this::end);
    call.request(1);
    return this;
  }

  @Override
  public void onNext(BrokerSessionRequest request) {
    CompletableFuture<Void> unused =
        asked(request)
            .handle(
                (result, failure) -> {
                  answer(result, failure);
                  return null;
                });
  }

  private CompletableFuture<CommandResult> asked(BrokerSessionRequest request) {
    RequestContext context = request.getContext();
    Optional<MillraceError> refused = refusal.apply(context);
    if (refused.isPresent()) {
      if (logged.add(refused.get().code())) {
        LOG.warn("[controller] a broker's session is refused: {}", refused.get());
      }
      return CompletableFuture.completedFuture(new Refused(refused.get()));
    }
    try {
      Command command = StructureCodec.read(request.getCommand(), Command.class);
      return link.ask(command, Duration.ofMillis(Math.max(1, context.getRemainingMs())));
    } catch (IllegalArgumentException e) {
      return CompletableFuture.completedFuture(
          new Refused(
              new MillraceError(
                  ErrorCode.UNAVAILABLE, // A controller of a later version may follow.
                  "the controller's version does not know the command: " + e.getMessage())));
    }
  }

  private synchronized void answer(CommandResult result, @Nullable Throwable failure) {
    if (ended) {
      return;
    }
    if (failure != null) {
      ended = true;
      link.close();
      call.onError(Status.INTERNAL.withCause(failure).asRuntimeException());
      return;
    }
    call.onNext(
        BrokerSessionResponse.newBuilder()
            .setResult(StructureCodec.write((Record) result))
            .build());
    call.request(1);
  }

  @Override
  public void onError(Throwable thrown) {
    end();
  }

  @Override
  public synchronized void onCompleted() {
    if (!ended) {
      end();
      call.onCompleted();
    }
  }

  private synchronized void end() {
    ended = true;
    link.close();
  }
}
