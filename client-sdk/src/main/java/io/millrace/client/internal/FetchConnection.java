package io.millrace.client.internal;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.proto.v1.FetchCredits;
import io.millrace.proto.v1.FetchServiceGrpc;
import io.millrace.proto.v1.FetchStreamOpen;
import io.millrace.proto.v1.FetchStreamRequest;
import io.millrace.proto.v1.FetchStreamResponse;
import io.millrace.proto.v1.IsolationLevel;
import io.millrace.proto.v1.PausePartition;
import io.millrace.proto.v1.SubscribePartition;
import io.millrace.proto.v1.UnsubscribePartition;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * A consumer's fetch stream to one broker. Confined to the consumer's thread; the network thread
 * only hands messages to the sink. No more than {@value #MESSAGES_AHEAD} of them are waiting there:
 * the next is asked for when one is done with.
 */
final class FetchConnection {
  static final int MESSAGES_AHEAD = 256;

  private final BrokerAddress broker;
  private final ClientCallStreamObserver<FetchStreamRequest> requests;
  private final int creditStepBytes;

  /** All bytes of records that came in. */
  private final AtomicLong receivedBytes = new AtomicLong();

  /** Those of them that are done with; at most {@link #receivedBytes}. */
  private final AtomicLong doneBytes = new AtomicLong();

  /** All credits that were given; what of them is not received yet, the broker may send. */
  private final AtomicLong givenBytes;

  /** Bytes that were taken from the credits and not given back yet. */
  private long owedBytes;

  private boolean ended;

  /** When something came last, or when this was opened, on the monotonic clock. */
  private volatile long heardMs;

  /** From then on what comes in is dropped. */
  private volatile boolean closed;

  private FetchConnection(BrokerAddress broker, ConsumerConfig config, Channel channel, Wire wire) {
    this.broker = broker;
    this.creditStepBytes = Math.max(1, config.creditBytes() / 4);
    this.givenBytes = new AtomicLong(config.creditBytes());
    this.heardMs = wire.nowMs().getAsLong();
    Receiver receiver = new Receiver(wire);
    ClientCalls.asyncBidiStreamingCall(
        channel.newCall(wire.method(), CallOptions.DEFAULT), receiver);
    this.requests = receiver.stream();
    FetchStreamOpen open =
        FetchStreamOpen.newBuilder()
            .setCreditBytes(config.creditBytes())
            .setMaxMessageBytes(config.maxFetchBytes())
            .setIsolationLevel(IsolationLevel.ISOLATION_LEVEL_READ_UNCOMMITTED)
            .setRack(config.rack())
            .build();
    requests.onNext(FetchStreamRequest.newBuilder().setOpen(open).build());
  }

  /**
   * What a consumer's streams share.
   *
   * @param method the call, on the consumer's memory for messages
   * @param sink takes what the network tells, on any thread
   * @param nowMs tells the monotonic time
   */
  record Wire(
      MethodDescriptor<FetchStreamRequest, FetchMessage> method,
      Consumer<FetchEvent> sink,
      LongSupplier nowMs) {
    static Wire of(ArrayPool memory, Consumer<FetchEvent> sink, LongSupplier nowMs) {
      MethodDescriptor<FetchStreamRequest, FetchStreamResponse> generated =
          FetchServiceGrpc.getFetchStreamMethod();
      return new Wire(
          generated.toBuilder(generated.getRequestMarshaller(), new FetchMessageMarshaller(memory))
              .build(),
          sink,
          nowMs);
    }
  }

  static FetchConnection open(
      BrokerAddress broker, ConsumerConfig config, Channel channel, Wire wire) {
    return new FetchConnection(broker, config, channel, wire);
  }

  BrokerAddress broker() {
    return broker;
  }

  boolean ended() {
    return ended;
  }

  /** When something came last, or when this was opened, on the monotonic clock. Any thread. */
  long heardMs() {
    return heardMs;
  }

  void markEnded() {
    ended = true;
  }

  void subscribe(SubscribePartition subscription) {
    send(FetchStreamRequest.newBuilder().setSubscribe(subscription).build());
  }

  void pause(long subscriptionId, boolean paused) {
    PausePartition message =
        PausePartition.newBuilder().setSubscriptionId(subscriptionId).setPaused(paused).build();
    send(FetchStreamRequest.newBuilder().setPause(message).build());
  }

  void unsubscribe(long subscriptionId) {
    UnsubscribePartition message =
        UnsubscribePartition.newBuilder().setSubscriptionId(subscriptionId).build();
    send(FetchStreamRequest.newBuilder().setUnsubscribe(message).build());
  }

  /** A message is done with: its bytes go back to the broker as credits, some at a time. */
  void done(FetchMessage message) {
    int bytes = message.recordBytes();
    message.release().run();
    doneBytes.addAndGet(bytes);
    if (ended) {
      return;
    }
    requests.request(1);
    owedBytes += bytes;
    if (owedBytes >= creditStepBytes) {
      givenBytes.addAndGet(owedBytes);
      FetchCredits credits = FetchCredits.newBuilder().setBytes(owedBytes).build();
      owedBytes = 0;
      send(FetchStreamRequest.newBuilder().setCredits(credits).build());
    }
  }

  /** The bytes of records that came in and are not done with. Any thread. */
  long bufferedBytes() {
    // In this order: what is done was received before.
    long done = doneBytes.get();
    return receivedBytes.get() - done;
  }

  /**
   * The bytes of records that the broker may still send; below 0 after a larger batch. Any thread.
   */
  long creditBytes() {
    return givenBytes.get() - receivedBytes.get();
  }

  void close() {
    if (!ended) {
      ended = true;
      closed = true;
      requests.cancel("the consumer no longer needs this stream", null);
      // A call whose connection is gone does not learn of that: it keeps what came in, in the
      // transport's memory, until it is asked for.
      requests.request(Integer.MAX_VALUE);
    }
  }

  private void send(FetchStreamRequest message) {
    if (!ended) {
      requests.onNext(message);
    }
  }

  /** Runs on the network thread. */
  private final class Receiver implements ClientResponseObserver<FetchStreamRequest, FetchMessage> {
    private final Wire wire;
    private final AtomicReference<ClientCallStreamObserver<FetchStreamRequest>> stream =
        new AtomicReference<>();

    /** gRPC calls one after the other, with what the one wrote visible to the next. */
    private boolean answered;

    Receiver(Wire wire) {
      this.wire = wire;
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
    public void onNext(FetchMessage value) {
      answered = true;
      if (closed) {
        value.release().run();
        return;
      }
      long nowMs = wire.nowMs().getAsLong();
      heardMs = nowMs;
      receivedBytes.addAndGet(value.recordBytes());
      wire.sink().accept(new FetchEvent.Data(FetchConnection.this, value, nowMs));
    }

    @Override
    public void onError(Throwable t) {
      wire.sink()
          .accept(
              new FetchEvent.Ended(FetchConnection.this, GrpcErrors.ended(t, broker, answered)));
    }

    @Override
    public void onCompleted() {
      onError(
          Status.UNAVAILABLE.withDescription("the broker ended the fetch stream").asException());
    }
  }
}
