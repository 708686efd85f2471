package io.millrace.metadata.rpc;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.ClientStreamTracer.StreamInfo;
import io.grpc.Metadata;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.metadata.Controllers;
import io.millrace.metadata.ForwardingQuorumAdmin;
import io.millrace.metadata.QuorumAnswer;
import io.millrace.metadata.QuorumRequest;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.image.Endpoint;
import io.millrace.proto.internal.v1.AdministerQuorumRequest;
import io.millrace.proto.internal.v1.AdministerQuorumResponse;
import io.millrace.proto.internal.v1.ControllerServiceGrpc;
import io.millrace.proto.internal.v1.RequestContext;
import io.millrace.proto.internal.v1.SubmitCommandRequest;
import io.millrace.proto.internal.v1.SubmitCommandResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/** The controllers of other nodes, over gRPC. Thread-safe. */
public final class RemoteControllers implements Controllers, ForwardingQuorumAdmin.Remote {
  private final String clusterId;
  private final int nodeId;
  private final NodeChannels channels;
  private final IntFunction<Optional<Endpoint>> endpoints;
  private final Supplier<CallerContext> caller;

  /**
   * Makes the way to the others.
   *
   * @param nodeId this node
   * @param endpoints where a node's internal listener is, if it is known
   * @param caller on whose behalf the current thread asks
   */
  public RemoteControllers(
      String clusterId,
      int nodeId,
      NodeChannels channels,
      IntFunction<Optional<Endpoint>> endpoints,
      Supplier<CallerContext> caller) {
    this.clusterId = clusterId;
    this.nodeId = nodeId;
    this.channels = channels;
    this.endpoints = endpoints;
    this.caller = caller;
  }

  @Override
  public CompletableFuture<Answer> submit(
      int controller, Command command, Duration timeout, int hops) {
    Optional<Endpoint> endpoint = endpoints.apply(controller);
    if (endpoint.isEmpty()) {
      return CompletableFuture.completedFuture(
          new Answer.NotReached("the address of node " + controller + " is not known"));
    }
    SubmitCommandRequest request =
        SubmitCommandRequest.newBuilder()
            .setContext(context(timeout, hops))
            .setCommand(StructureCodec.write((Record) command))
            .build();
    Sent sent = new Sent();
    CallOptions options =
        CallOptions.DEFAULT
            .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS)
            .withStreamTracerFactory(sent);
    Channel channel = channels.to(endpoint.get());
    ClientCall<SubmitCommandRequest, SubmitCommandResponse> call =
        channel.newCall(ControllerServiceGrpc.getSubmitCommandMethod(), options);
    String where = "node " + controller + " at " + endpoint.get();
    AnswerObserver observer = new AnswerObserver(where, sent);
    ClientCalls.asyncUnaryCall(call, request, observer);
    return observer.answer;
  }

  @Override
  public CompletableFuture<QuorumAnswer> administer(
      int controller, QuorumRequest request, Duration timeout) {
    Optional<Endpoint> endpoint = endpoints.apply(controller);
    if (endpoint.isEmpty()) {
      return CompletableFuture.completedFuture(
          refused(ErrorCode.UNAVAILABLE, "the address of node " + controller + " is not known"));
    }
    CompletableFuture<QuorumAnswer> answer = new CompletableFuture<>();
    String where = "node " + controller + " at " + endpoint.get();
    ControllerServiceGrpc.newStub(channels.to(endpoint.get()))
        .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS)
        .administerQuorum(
            AdministerQuorumRequest.newBuilder()
                .setContext(context(timeout, 1))
                .setRequest(StructureCodec.write((Record) request))
                .build(),
            new QuorumObserver(where, request instanceof QuorumRequest.Describe, answer));
    return answer;
  }

  private static QuorumAnswer refused(ErrorCode code, String message) {
    return new QuorumAnswer.Refused(new MillraceError(code, message));
  }

  private record QuorumObserver(
      String where, boolean changesNothing, CompletableFuture<QuorumAnswer> answer)
      implements StreamObserver<AdministerQuorumResponse> {
    private void lost(String why) {
      answer.complete(
          changesNothing
              ? refused(ErrorCode.UNAVAILABLE, why)
              : refused(ErrorCode.OUTCOME_UNKNOWN, why + "; look before trying again"));
    }

    @Override
    public void onNext(AdministerQuorumResponse response) {
      try {
        answer.complete(StructureCodec.read(response.getAnswer(), QuorumAnswer.class));
      } catch (IllegalArgumentException e) {
        lost(where + ": " + e.getMessage());
      }
    }

    @Override
    public void onError(Throwable thrown) {
      lost(where + " gave no answer (" + Failures.text(thrown) + ")");
    }

    @Override
    public void onCompleted() {
      lost(where + " gave no answer");
    }
  }

  private RequestContext context(Duration timeout, int hops) {
    CallerContext on = caller.get();
    return RequestContext.newBuilder()
        .setClusterId(clusterId)
        .setNodeId(nodeId)
        .setPrincipal(on.principal())
        .setClientId(on.clientId())
        .setClientAddress(on.clientAddress())
        .setListener(on.listener())
        .setTrace(on.trace())
        .setRemainingMs(timeout.toMillis())
        .setHops(hops)
        .build();
  }

  /** Remembers whether anything of the call may have been sent. */
  private static final class Sent extends ClientStreamTracer.Factory {
    private volatile boolean begun;

    @Override
    public ClientStreamTracer newClientStreamTracer(StreamInfo info, Metadata headers) {
      return new ClientStreamTracer() {
        @Override
        public void streamCreated(Attributes transport, Metadata sentHeaders) {
          begun = true;
        }
      };
    }
  }

  private static final class AnswerObserver implements StreamObserver<SubmitCommandResponse> {
    private final String where;
    private final Sent sent;
    private final CompletableFuture<Answer> answer = new CompletableFuture<>();

    AnswerObserver(String where, Sent sent) {
      this.where = where;
      this.sent = sent;
    }

    @Override
    public void onNext(SubmitCommandResponse response) {
      try {
        answer.complete(
            new Answer.Answered(StructureCodec.read(response.getResult(), CommandResult.class)));
      } catch (IllegalArgumentException e) {
        answer.complete(
            new Answer.Lost(
                where + " answered what this version does not know: " + e.getMessage()));
      }
    }

    @Override
    public void onError(Throwable thrown) {
      String why = where + ": " + Failures.text(thrown);
      answer.complete(sent.begun ? new Answer.Lost(why) : new Answer.NotReached(why));
    }

    @Override
    public void onCompleted() {
      answer.complete(new Answer.Lost(where + " gave no answer"));
    }
  }
}
