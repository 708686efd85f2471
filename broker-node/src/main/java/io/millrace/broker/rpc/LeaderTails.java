package io.millrace.broker.rpc;

import io.grpc.Context;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.internal.v1.FindTailStartRequest;
import io.millrace.proto.internal.v1.FindTailStartResponse;
import io.millrace.proto.internal.v1.ForwardingServiceGrpc;
import io.millrace.proto.internal.v1.ForwardingServiceGrpc.ForwardingServiceStub;
import io.millrace.proto.internal.v1.TailBounds;
import io.millrace.proto.internal.v1.TailPlace;
import io.millrace.proto.internal.v1.TailRecordsRequest;
import io.millrace.proto.internal.v1.TailRecordsResponse;
import io.millrace.proto.v1.TailStart;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Tails at the leaders: here in the process if this broker leads, else over the internal listener.
 */
final class LeaderTails implements TailLegs {
  private static final long FIND_MS = 5_000;

  /** A stream has no end of its own. */
  private static final long NO_DEADLINE_MS = 0;

  private final ForwardingLink link;

  /** With places of their own: a tail takes one for its client already. */
  private final FetchDeps deps;

  LeaderTails(ForwardingLink link, FetchDeps deps) {
    this.link = link;
    this.deps =
        new FetchDeps(
            deps.authorizer(),
            deps.partitions(),
            deps.reader(),
            deps.memory(),
            deps.threads(),
            deps.scheduler(),
            deps.limits(),
            new StreamPlaces("max.fetch.streams", Integer.MAX_VALUE),
            deps.streams());
  }

  @Override
  public CompletableFuture<List<TailBounds>> find(
      BrokerImage leader, List<TopicIdPartition> parts, TailStart start, Client client) {
    if (leader.id() == link.nodeId()) {
      return CompletableFuture.supplyAsync(
          () -> TailStarts.find(deps, parts, start), deps.threads());
    }
    FindTailStartRequest request =
        FindTailStartRequest.newBuilder()
            .setContext(link.context(client.caller(), FIND_MS))
            .setBrokerId(leader.id())
            .setTopicId(Uuids.toBytes(parts.get(0).topicId()))
            .addAllPartitions(parts.stream().map(TopicIdPartition::partition).toList())
            .setStart(start)
            .build();
    ForwardedAnswer<FindTailStartResponse> answer = new ForwardedAnswer<>(leader);
    apart(
        () ->
            stub(leader)
                .withDeadlineAfter(FIND_MS, TimeUnit.MILLISECONDS)
                .findTailStart(request, answer));
    return answer.future().thenApply(FindTailStartResponse::getBoundsList);
  }

  @Override
  public Leg open(BrokerImage leader, List<TailPart> parts, Client client, Events events) {
    return leader.id() == link.nodeId()
        ? here(parts, client, events)
        : there(leader, parts, client.caller(), events);
  }

  private Leg here(List<TailPart> parts, Client client, Events events) {
    LocalTailLeg leg = new LocalTailLeg(events);
    try {
      new TailSession(deps, client.budget(), new TailScope(parts, Long.MAX_VALUE, true), leg)
          .start();
    } catch (MillraceException refused) {
      leg.onError(refused);
    }
    return leg;
  }

  private Leg there(
      BrokerImage leader, List<TailPart> parts, RequestContext caller, Events events) {
    TailRecordsRequest.Builder request =
        TailRecordsRequest.newBuilder()
            .setContext(link.context(caller, NO_DEADLINE_MS))
            .setBrokerId(leader.id())
            .setTopicId(Uuids.toBytes(parts.get(0).id().topicId()));
    for (TailPart part : parts) {
      request.addPlaces(
          TailPlace.newBuilder()
              .setPartition(part.id().partition())
              .setOffset(part.start().getOffset())
              .setEndOffset(part.endOffset()));
    }
    RemoteLeg leg = new RemoteLeg(events);
    apart(() -> stub(leader).tailRecords(request.build(), leg));
    return leg;
  }

  private ForwardingServiceStub stub(BrokerImage leader) {
    return ForwardingServiceGrpc.newStub(link.tailChannels().to(link.endpointOf(leader)));
  }

  /** The call that asks may end before this one, which is ended by itself. */
  private static void apart(Runnable call) {
    Context outer = Context.ROOT.attach();
    try {
      call.run();
    } finally {
      Context.ROOT.detach(outer);
    }
  }

  /** The messages of another broker, which come as they are asked for. */
  private static final class RemoteLeg
      implements Leg, ClientResponseObserver<TailRecordsRequest, TailRecordsResponse> {
    private final Events events;
    private final CompletableFuture<ClientCallStreamObserver<TailRecordsRequest>> call =
        new CompletableFuture<>();

    RemoteLeg(Events events) {
      this.events = events;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<TailRecordsRequest> stream) {
      stream.disableAutoRequestWithInitial(0);
      call.complete(stream);
    }

    @Override
    public void request() {
      call.join().request(1);
    }

    @Override
    public void cancel() {
      call.join().cancel("nobody reads any more", null);
    }

    @Override
    public void onNext(TailRecordsResponse message) {
      events.received(message.getResponse());
    }

    @Override
    public void onError(Throwable thrown) {
      events.ended(Optional.of(ForwardedAnswer.error(thrown)));
    }

    @Override
    public void onCompleted() {
      events.ended(Optional.<MillraceError>empty());
    }
  }
}
