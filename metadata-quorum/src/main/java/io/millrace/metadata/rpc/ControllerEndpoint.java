package io.millrace.metadata.rpc;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.time.Scheduler;
import io.millrace.metadata.ControllerSessions;
import io.millrace.metadata.EntryFeed;
import io.millrace.metadata.ForwardingQuorum;
import io.millrace.metadata.ForwardingQuorumAdmin;
import io.millrace.metadata.QuorumAnswer;
import io.millrace.metadata.QuorumRequest;
import io.millrace.metadata.SessionLink;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.proto.internal.v1.AdministerQuorumRequest;
import io.millrace.proto.internal.v1.AdministerQuorumResponse;
import io.millrace.proto.internal.v1.BrokerSessionRequest;
import io.millrace.proto.internal.v1.BrokerSessionResponse;
import io.millrace.proto.internal.v1.ControllerServiceGrpc.ControllerServiceImplBase;
import io.millrace.proto.internal.v1.QuorumStatus;
import io.millrace.proto.internal.v1.RequestContext;
import io.millrace.proto.internal.v1.SubmitCommandRequest;
import io.millrace.proto.internal.v1.SubmitCommandResponse;
import io.millrace.proto.internal.v1.WatchMetadataLogRequest;
import io.millrace.proto.internal.v1.WatchMetadataLogResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** This node's controller for other nodes; refuses while the node has not begun. Thread-safe. */
public final class ControllerEndpoint extends ControllerServiceImplBase {
  private static final String NO_VOTER = "the node that was asked is no voter";

  private volatile @Nullable Begun begun;

  private record Begun(
      String clusterId,
      ForwardingQuorum quorum,
      ForwardingQuorumAdmin admin,
      Optional<Voter> voter) {}

  /**
   * What a voter has for other nodes besides.
   *
   * @param watched what nodes that are not voters follow
   * @param sessions the brokers' sessions with this node's controller
   */
  public record Voter(Watched watched, ControllerSessions sessions) {}

  /**
   * What nodes that are not voters follow.
   *
   * @param status how the quorum is
   * @param scheduler sends, on one thread
   */
  public record Watched(EntryFeed feed, Supplier<QuorumStatus> status, Scheduler scheduler) {}

  /**
   * From now on there is a quorum to ask.
   *
   * @param voter empty for a node that is none
   */
  public void begin(
      String clusterId,
      ForwardingQuorum quorum,
      ForwardingQuorumAdmin admin,
      Optional<Voter> voter) {
    begun = new Begun(clusterId, quorum, admin, voter);
  }

  @Override
  public void watchMetadataLog(
      WatchMetadataLogRequest request, StreamObserver<WatchMetadataLogResponse> call) {
    Begun node = begun;
    Optional<MillraceError> refusal = refusal(node, request.getContext());
    if (refusal.isPresent() || node == null || node.voter().isEmpty()) {
      String why = refusal.map(MillraceError::message).orElse(NO_VOTER);
      call.onError(Status.FAILED_PRECONDITION.withDescription(why).asRuntimeException());
      return;
    }
    Watched watched = node.voter().get().watched();
    new WatchSession(
            (ServerCallStreamObserver<WatchMetadataLogResponse>) call,
            watched.feed(),
            node.clusterId(),
            watched.status(),
            watched.scheduler(),
            request.getRevision())
        .begin();
  }

  @Override
  public StreamObserver<BrokerSessionRequest> brokerSession(
      StreamObserver<BrokerSessionResponse> call) {
    Begun node = begun;
    SessionLink link =
        node == null
            ? new RefusingLink("the node that was asked has not begun")
            : node.voter()
                .<SessionLink>map(voter -> voter.sessions().open())
                .orElseGet(() -> new RefusingLink(NO_VOTER));
    return new SessionStream(
            context -> refusal(node, context),
            link,
            (ServerCallStreamObserver<BrokerSessionResponse>) call)
        .begin();
  }

  @Override
  public void submitCommand(
      SubmitCommandRequest request, StreamObserver<SubmitCommandResponse> call) {
    // With a handler set, answers to a call that was given up are dropped, not thrown back.
    ((ServerCallStreamObserver<SubmitCommandResponse>) call).setOnCancelHandler(() -> {});
    answer(
        call,
        carryOut(request)
            .thenApply(
                result ->
                    SubmitCommandResponse.newBuilder()
                        .setResult(StructureCodec.write((Record) result))
                        .build()));
  }

  @Override
  public void administerQuorum(
      AdministerQuorumRequest request, StreamObserver<AdministerQuorumResponse> call) {
    ((ServerCallStreamObserver<AdministerQuorumResponse>) call).setOnCancelHandler(() -> {});
    answer(
        call,
        administer(request)
            .thenApply(
                result ->
                    AdministerQuorumResponse.newBuilder()
                        .setAnswer(StructureCodec.write((Record) result))
                        .build()));
  }

  private static <A> void answer(StreamObserver<A> call, CompletableFuture<A> future) {
    CompletableFuture<A> unused =
        future.whenComplete(
            (answer, failure) -> {
              if (failure != null) {
                call.onError(Status.INTERNAL.withCause(failure).asRuntimeException());
              } else {
                call.onNext(answer);
                call.onCompleted();
              }
            });
  }

  private CompletableFuture<QuorumAnswer> administer(AdministerQuorumRequest request) {
    RequestContext context = request.getContext();
    Begun node = begun;
    Optional<MillraceError> refusal = refusal(node, context);
    if (refusal.isPresent() || node == null) {
      return CompletableFuture.completedFuture(
          new QuorumAnswer.Refused(refusal.orElseGet(ControllerEndpoint::notBegun)));
    }
    try {
      return node.admin()
          .passedOn(
              StructureCodec.read(request.getRequest(), QuorumRequest.class),
              Duration.ofMillis(Math.max(1, context.getRemainingMs())));
    } catch (IllegalArgumentException e) {
      return CompletableFuture.completedFuture(new QuorumAnswer.Refused(unsupported(e)));
    }
  }

  private CompletableFuture<CommandResult> carryOut(SubmitCommandRequest request) {
    RequestContext context = request.getContext();
    Begun node = begun;
    Optional<MillraceError> refusal = refusal(node, context);
    if (refusal.isPresent() || node == null) {
      return refused(refusal.orElseGet(ControllerEndpoint::notBegun));
    }
    try {
      Command command = StructureCodec.read(request.getCommand(), Command.class);
      Duration timeout = Duration.ofMillis(Math.max(1, context.getRemainingMs()));
      return node.quorum().passedOn(command, timeout, context.getHops());
    } catch (IllegalArgumentException e) {
      return refused(unsupported(e));
    }
  }

  private static Optional<MillraceError> refusal(@Nullable Begun node, RequestContext context) {
    if (node == null) {
      return Optional.of(notBegun());
    }
    if (!context.getClusterId().equals(node.clusterId())) {
      return Optional.of(
          new MillraceError(
              ErrorCode.INVALID_REQUEST,
              "node "
                  + context.getNodeId()
                  + " belongs to the cluster "
                  + context.getClusterId()
                  + " (expected: "
                  + node.clusterId()
                  + ")",
              Map.of("cluster_id", context.getClusterId(), "expected", node.clusterId())));
    }
    if (context.getHops() < 1 || context.getHops() > ForwardingQuorum.MAX_HOPS) {
      return Optional.of(
          new MillraceError(
              ErrorCode.INVALID_REQUEST,
              "hops: " + context.getHops() + " (expected: [1, " + ForwardingQuorum.MAX_HOPS + "])",
              Map.of("hops", "" + context.getHops())));
    }
    return Optional.empty();
  }

  private static MillraceError notBegun() {
    return new MillraceError(ErrorCode.NOT_CONTROLLER, "the node that was asked has not begun");
  }

  private static MillraceError unsupported(IllegalArgumentException e) {
    return new MillraceError(
        ErrorCode.UNSUPPORTED,
        "the controller's version does not know what it is asked: " + e.getMessage());
  }

  private static CompletableFuture<CommandResult> refused(MillraceError error) {
    return CompletableFuture.completedFuture(new Refused(error));
  }
}
