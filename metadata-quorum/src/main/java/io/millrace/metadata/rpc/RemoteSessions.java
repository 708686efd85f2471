package io.millrace.metadata.rpc;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.metadata.ControllerSessions;
import io.millrace.metadata.SessionLink;
import io.millrace.metadata.SessionLinks;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.metadata.image.Endpoint;
import io.millrace.proto.internal.v1.BrokerSessionRequest;
import io.millrace.proto.internal.v1.BrokerSessionResponse;
import io.millrace.proto.internal.v1.ControllerServiceGrpc;
import io.millrace.proto.internal.v1.RequestContext;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;

/** Links to other nodes' controllers over gRPC, and to this node's own. Thread-safe. */
public final class RemoteSessions implements SessionLinks {
  private final String clusterId;
  private final int nodeId;
  private final NodeChannels channels;
  private final IntFunction<Optional<Endpoint>> endpoints;
  private final Optional<ControllerSessions> own;

  /**
   * Makes the way to the controllers.
   *
   * @param nodeId this node
   * @param endpoints where a node's internal listener is, if it is known
   * @param own the sessions with this node's controller, if it is a voter
   */
  public RemoteSessions(
      String clusterId,
      int nodeId,
      NodeChannels channels,
      IntFunction<Optional<Endpoint>> endpoints,
      Optional<ControllerSessions> own) {
    this.clusterId = clusterId;
    this.nodeId = nodeId;
    this.channels = channels;
    this.endpoints = endpoints;
    this.own = own;
  }

  @Override
  public SessionLink open(int controller) {
    if (controller == nodeId) {
      return own.<SessionLink>map(ControllerSessions::open)
          .orElseGet(() -> new RefusingLink("this node is no voter"));
    }
    RemoteLink link = new RemoteLink("node " + controller);
    endpoints
        .apply(controller)
        .ifPresentOrElse(
            endpoint ->
                link.begin(
                    (ClientCallStreamObserver<BrokerSessionRequest>)
                        ControllerServiceGrpc.newStub(channels.to(endpoint)).brokerSession(link)),
            () -> link.lose("its address is not known"));
    return link;
  }

  private RequestContext context(Duration timeout) {
    return RequestContext.newBuilder()
        .setClusterId(clusterId)
        .setNodeId(nodeId)
        .setRemainingMs(timeout.toMillis())
        .setHops(1)
        .build();
  }

  /** A stream. One lock, under which nobody is told of anything. */
  private final class RemoteLink implements SessionLink, StreamObserver<BrokerSessionResponse> {
    private final String where;

    /** The answer that is waited for, if one is. */
    private Optional<CompletableFuture<CommandResult>> awaited = Optional.empty();

    private Optional<ClientCallStreamObserver<BrokerSessionRequest>> requests = Optional.empty();

    /** Why nothing more can be asked, once that is so. */
    private Optional<String> lost = Optional.empty();

    RemoteLink(String where) {
      this.where = where;
    }

    synchronized void begin(ClientCallStreamObserver<BrokerSessionRequest> stream) {
      if (lost.isEmpty()) {
        requests = Optional.of(stream);
      }
    }

    @Override
    public CompletableFuture<CommandResult> ask(Command command, Duration timeout) {
      BrokerSessionRequest request =
          BrokerSessionRequest.newBuilder()
              .setContext(context(timeout))
              .setCommand(StructureCodec.write((Record) command))
              .build();
      CompletableFuture<CommandResult> answer = new CompletableFuture<>();
      synchronized (this) {
        if (lost.isEmpty() && requests.isPresent()) {
          awaited = Optional.of(answer);
          requests.get().onNext(request);
          return answer;
        }
        answer.complete(unavailable(lost.orElse("not connected")));
      }
      return answer;
    }

    private CommandResult unavailable(String why) {
      return new Refused(new MillraceError(ErrorCode.UNAVAILABLE, where + ": " + why));
    }

    @Override
    public void onNext(BrokerSessionResponse response) {
      CommandResult result;
      try {
        result = StructureCodec.read(response.getResult(), CommandResult.class);
      } catch (IllegalArgumentException e) {
        result = unavailable("it answered what this version does not know: " + e.getMessage());
      }
      answer(result);
    }

    @Override
    public void onError(Throwable thrown) {
      Status status = Status.fromThrowable(thrown);
      lose(status.getCode() + " " + status.getDescription());
    }

    @Override
    public void onCompleted() {
      lose("it has ended the session");
    }

    void lose(String why) {
      synchronized (this) {
        lost = Optional.of(why);
        requests = Optional.empty();
      }
      answer(unavailable(why));
    }

    private void answer(CommandResult result) {
      Optional<CompletableFuture<CommandResult>> answered;
      synchronized (this) {
        answered = awaited;
        awaited = Optional.empty();
      }
      answered.ifPresent(each -> each.complete(result));
    }

    @Override
    public void close() {
      Optional<ClientCallStreamObserver<BrokerSessionRequest>> open;
      synchronized (this) {
        open = requests;
        requests = Optional.empty();
        lost = Optional.of("closed");
      }
      open.ifPresent(stream -> stream.cancel("the session is over", null));
    }
  }
}
