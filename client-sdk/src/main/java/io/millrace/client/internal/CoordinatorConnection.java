package io.millrace.client.internal;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.millrace.client.api.BrokerAddress;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.proto.v1.GroupServiceGrpc;
import io.millrace.proto.v1.HeartbeatRequest;
import io.millrace.proto.v1.HeartbeatResponse;
import io.millrace.proto.v1.JoinGroupRequest;
import io.millrace.proto.v1.JoinGroupResponse;
import io.millrace.proto.v1.LeaveGroupRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A member's stream to its coordinator, one after the other. Confined to the groups' thread; what
 * the network and the look-up have to tell is handed over to it.
 */
final class CoordinatorConnection {
  /** What the owner is told, on the groups' thread. */
  interface Listener {
    void told(long stream, long answeredHeartbeats, HeartbeatResponse state);

    void ended(long stream, MillraceException why);
  }

  private final GroupCoordinator coordinator;
  private final Duration lookUpTimeout;
  private final Executor thread;
  private final Executor helper;
  private final Listener listener;

  /** The stream that counts; 0 for none. */
  private long current;

  /** Empty while the coordinator is looked up. */
  private Optional<Stream> stream = Optional.empty();

  /** Frames for a stream that is not open yet, in order. */
  private final List<JoinGroupRequest> waiting = new ArrayList<>();

  /** Told how the stream ended by which the member leaves. */
  private Optional<Consumer<Boolean>> onLeft = Optional.empty();

  /**
   * No stream.
   *
   * @param thread the groups' thread
   * @param helper runs what blocks
   */
  CoordinatorConnection(
      GroupCoordinator coordinator,
      Duration lookUpTimeout,
      Executor thread,
      Executor helper,
      Listener listener) {
    this.coordinator = coordinator;
    this.lookUpTimeout = lookUpTimeout;
    this.thread = thread;
    this.helper = helper;
    this.listener = listener;
  }

  /** Opens a stream in place of the one before. */
  void open(long number, HeartbeatRequest first) {
    abandon();
    current = number;
    waiting.add(JoinGroupRequest.newBuilder().setHeartbeat(first).build());
    try {
      helper.execute(() -> lookUp(number));
    } catch (RejectedExecutionException e) {
      lost(number, new MillraceException(ErrorCode.UNAVAILABLE, "the client is closed"));
    }
  }

  void send(HeartbeatRequest heartbeat) {
    send(JoinGroupRequest.newBuilder().setHeartbeat(heartbeat).build());
  }

  /**
   * Leaves.
   *
   * @param then told true once the coordinator has ended the stream, false if the stream was lost
   * @return false if there is no stream; then nobody is told
   */
  boolean leave(LeaveGroupRequest leave, Consumer<Boolean> then) {
    if (stream.isEmpty()) {
      abandon();
      return false;
    }
    onLeft = Optional.of(then);
    send(JoinGroupRequest.newBuilder().setLeave(leave).build());
    stream.get().requests().onCompleted();
    return true;
  }

  /** Gives the stream up, as nothing is heard on it: it is asked again who coordinates. */
  void abandonSilent() {
    stream.ifPresent(
        open ->
            coordinator.failed(
                open.broker,
                new MillraceException(ErrorCode.REQUEST_TIMED_OUT, open.broker + " is silent")));
    abandon();
  }

  /** Gives the stream up. */
  void abandon() {
    current = 0;
    waiting.clear();
    stream.ifPresent(open -> open.requests().cancel("given up", null));
    stream = Optional.empty();
    left(false);
  }

  private void send(JoinGroupRequest frame) {
    if (stream.isPresent()) {
      stream.get().requests().onNext(frame);
    } else if (current != 0) {
      waiting.add(frame);
    }
  }

  /** On a helper thread. */
  private void lookUp(long number) {
    try {
      BrokerAddress broker = coordinator.find(lookUpTimeout);
      execute(() -> start(number, broker));
    } catch (RuntimeException e) {
      MillraceException why =
          e instanceof MillraceException known
              ? known
              : new MillraceException(ErrorCode.INTERNAL, "the client failed: " + e);
      execute(() -> lost(number, why));
    }
  }

  private void start(long number, BrokerAddress broker) {
    if (number != current) {
      return;
    }
    Stream opened = new Stream(number, broker);
    GroupServiceGrpc.newStub(coordinator.channel(broker)).joinGroup(opened);
    stream = Optional.of(opened);
    waiting.forEach(opened.requests()::onNext);
    waiting.clear();
  }

  private void lost(long number, MillraceException why) {
    if (number != current) {
      return;
    }
    current = 0;
    stream.ifPresent(open -> coordinator.failed(open.broker, why));
    stream = Optional.empty();
    waiting.clear();
    left(false);
    listener.ended(number, why);
  }

  private void completed(long number, MillraceException why) {
    if (number == current) {
      left(true);
    }
    lost(number, why);
  }

  private void left(boolean orderly) {
    Optional<Consumer<Boolean>> then = onLeft;
    onLeft = Optional.empty();
    then.ifPresent(told -> told.accept(orderly));
  }

  private void execute(Runnable task) {
    try {
      thread.execute(task);
    } catch (RejectedExecutionException e) {
      // The client is closed, and nobody waits for this.
    }
  }

  /** Runs on the network's thread. */
  private final class Stream
      implements ClientResponseObserver<JoinGroupRequest, JoinGroupResponse> {
    private final long number;
    private final BrokerAddress broker;
    private final AtomicBoolean answered = new AtomicBoolean();
    private Optional<ClientCallStreamObserver<JoinGroupRequest>> requests = Optional.empty();

    Stream(long number, BrokerAddress broker) {
      this.number = number;
      this.broker = broker;
    }

    ClientCallStreamObserver<JoinGroupRequest> requests() {
      return Objects.requireNonNull(requests.orElse(null));
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<JoinGroupRequest> requestStream) {
      requests = Optional.of(requestStream);
    }

    @Override
    public void onNext(JoinGroupResponse frame) {
      answered.set(true);
      if (frame.hasState()) {
        execute(() -> listener.told(number, frame.getAnsweredHeartbeats(), frame.getState()));
      }
    }

    @Override
    public void onError(Throwable t) {
      MillraceException why = GrpcErrors.ended(t, broker, answered.get());
      execute(() -> lost(number, why));
    }

    @Override
    public void onCompleted() {
      MillraceException why =
          new MillraceException(ErrorCode.UNAVAILABLE, broker + " ended the group's stream");
      execute(() -> completed(number, why));
    }
  }
}
