package io.millrace.client.internal;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.proto.v1.FetchCredits;
import io.millrace.proto.v1.FetchServiceGrpc;
import io.millrace.proto.v1.FetchStreamOpen;
import io.millrace.proto.v1.FetchStreamRequest;
import io.millrace.proto.v1.FetchStreamResponse;
import io.millrace.proto.v1.IsolationLevel;
import io.millrace.proto.v1.SubscribePartition;
import io.millrace.proto.v1.UnsubscribePartition;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * A consumer's fetch stream to one broker. Confined to the consumer's thread; the network thread
 * only hands messages to the sink. No more than {@value #MESSAGES_AHEAD} of them are waiting there:
 * the next is asked for when one is done with.
 */
final class FetchConnection {
  private static final int MESSAGES_AHEAD = 256;

  private final BrokerAddress broker;
  private final ClientCallStreamObserver<FetchStreamRequest> requests;
  private final int creditStepBytes;

  /** Bytes that were taken from the credits and not given back yet. */
  private long owedBytes;

  private boolean ended;

  private FetchConnection(
      BrokerAddress broker,
      ConsumerConfig config,
      ClusterClient cluster,
      Consumer<FetchEvent> sink) {
    this.broker = broker;
    this.creditStepBytes = Math.max(1, config.creditBytes() / 4);
    Receiver receiver = new Receiver(sink);
    FetchServiceGrpc.newStub(cluster.channels().channel(broker)).fetchStream(receiver);
    this.requests = receiver.stream();
    FetchStreamOpen open =
        FetchStreamOpen.newBuilder()
            .setCreditBytes(config.creditBytes())
            .setMaxMessageBytes(config.maxFetchBytes())
            .setIsolationLevel(IsolationLevel.ISOLATION_LEVEL_READ_UNCOMMITTED)
            .build();
    requests.onNext(FetchStreamRequest.newBuilder().setOpen(open).build());
  }

  static FetchConnection open(
      BrokerAddress broker,
      ConsumerConfig config,
      ClusterClient cluster,
      Consumer<FetchEvent> sink) {
    return new FetchConnection(broker, config, cluster, sink);
  }

  BrokerAddress broker() {
    return broker;
  }

  boolean ended() {
    return ended;
  }

  void markEnded() {
    ended = true;
  }

  void subscribe(SubscribePartition subscription) {
    send(FetchStreamRequest.newBuilder().setSubscribe(subscription).build());
  }

  void unsubscribe(long subscriptionId) {
    UnsubscribePartition message =
        UnsubscribePartition.newBuilder().setSubscriptionId(subscriptionId).build();
    send(FetchStreamRequest.newBuilder().setUnsubscribe(message).build());
  }

  /** A message is done with: its bytes go back to the broker as credits, some at a time. */
  void done(FetchStreamResponse message) {
    if (ended) {
      return;
    }
    requests.request(1);
    owedBytes += message.getData().getRecords().size();
    if (owedBytes >= creditStepBytes) {
      FetchCredits credits = FetchCredits.newBuilder().setBytes(owedBytes).build();
      owedBytes = 0;
      send(FetchStreamRequest.newBuilder().setCredits(credits).build());
    }
  }

  void close() {
    if (!ended) {
      ended = true;
      requests.cancel("the consumer no longer needs this stream", null);
    }
  }

  private void send(FetchStreamRequest message) {
    if (!ended) {
      requests.onNext(message);
    }
  }

  /** Runs on the network thread. */
  private final class Receiver
      implements ClientResponseObserver<FetchStreamRequest, FetchStreamResponse> {
    private final Consumer<FetchEvent> sink;
    private final AtomicReference<ClientCallStreamObserver<FetchStreamRequest>> stream =
        new AtomicReference<>();

    Receiver(Consumer<FetchEvent> sink) {
      this.sink = sink;
    }

    ClientCallStreamObserver<FetchStreamRequest> stream() {
      return Objects.requireNonNull(stream.get());
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<FetchStreamRequest> requestStream) {
      requestStream.disableAutoRequestWithInitial(MESSAGES_AHEAD);
      stream.set(requestStream);
    }

    @Override
    public void onNext(FetchStreamResponse value) {
      sink.accept(new FetchEvent.Data(FetchConnection.this, value));
    }

    @Override
    public void onError(Throwable t) {
      sink.accept(new FetchEvent.Ended(FetchConnection.this, GrpcErrors.translate(t, broker)));
    }

    @Override
    public void onCompleted() {
      onError(
          Status.UNAVAILABLE.withDescription("the broker ended the fetch stream").asException());
    }
  }
}
