package io.millrace.broker.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.group.MemberStream;
import io.millrace.broker.group.core.GroupAnswer;
import io.millrace.broker.group.core.GroupAnswer.MemberState;
import io.millrace.common.MillraceError;
import io.millrace.proto.v1.HeartbeatRequest;
import io.millrace.proto.v1.JoinGroupRequest;
import io.millrace.proto.v1.JoinGroupResponse;
import io.millrace.proto.v1.LeaveGroupRequest;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A member's stream. One frame of the member is under way at a time, and one state for it waits to
 * be sent: a newer one takes its place, so that a member that does not read costs no more. Messages
 * go out in runs of {@link #pump}, one at a time; frames come on the transport's thread, states on
 * the coordinator's.
 */
final class JoinGroupSession implements MemberStream, StreamObserver<JoinGroupRequest> {
  private final Deps deps;
  private final String clientHost;
  private final ServerCallStreamObserver<JoinGroupResponse> client;
  private final SerialTask pump;
  private final StreamEnds ends;

  /** What the next message says; guarded by this, as all below. */
  private @Nullable MemberState unsent;

  /** Whether the answer to the frame under way is in {@link #unsent}. */
  private boolean answered;

  /** How many heartbeats {@link #unsent}, or what was sent before, has answered. */
  private long answeredHeartbeats;

  /** Whether a frame is under way. */
  private boolean busy;

  /** Why the stream is to end, and that the member has said all. */
  private @Nullable Throwable failure;

  private boolean done;

  /** Whose stream it is, from the first frame on. */
  private Optional<Member> member = Optional.empty();

  private record Member(String groupId, String memberId) {}

  /**
   * What all of them have in common.
   *
   * @param threads where messages are made
   * @param places bounds the streams
   */
  record Deps(GroupCalls calls, Executor threads, StreamPlaces places, OpenStreams streams) {}

  JoinGroupSession(
      Deps deps, String clientHost, ServerCallStreamObserver<JoinGroupResponse> client) {
    this.deps = deps;
    this.clientHost = clientHost;
    this.client = client;
    this.pump = new SerialTask(deps.threads(), this::pump);
    this.ends = new StreamEnds(client, deps.places(), deps.streams(), pump::call, this::ended);
  }

  /**
   * Begins. Called once, by the handler itself.
   *
   * @throws io.millrace.common.MillraceException with THROTTLED if there are too many streams
   */
  StreamObserver<JoinGroupRequest> start() {
    client.disableAutoRequest();
    ends.begin();
    client.request(1);
    return this;
  }

  // ---- the member

  @Override
  public void onNext(JoinGroupRequest frame) {
    synchronized (this) {
      busy = true;
    }
    try {
      switch (frame.getFrameCase()) {
        case HEARTBEAT -> heartbeat(frame.getHeartbeat());
        case LEAVE -> leave(frame.getLeave());
        case FRAME_NOT_SET -> throw Requests.invalid("frame: none (expected: heartbeat or leave)");
      }
    } catch (RuntimeException refused) {
      failed(refused);
    }
  }

  private void heartbeat(HeartbeatRequest request) {
    requireSame(request.getGroupId(), request.getMemberId());
    var command = GroupRequests.heartbeat(request, clientHost, Optional.of(this));
    CompletableFuture<MemberState> unused =
        ByteBudgets.KEY
            .get()
            .whileUnanswered(
                request.getSerializedSize(),
                () -> deps.calls().carryOut(command, MemberState.class, orFailed(this::answered)));
  }

  private void leave(LeaveGroupRequest request) {
    requireSame(request.getGroupId(), request.getMemberId());
    CompletableFuture<GroupAnswer.Done> unused =
        deps.calls()
            .carryOut(
                GroupRequests.leave(request),
                GroupAnswer.Done.class,
                orFailed(left -> onCompleted()));
  }

  private <A> BiConsumer<A, Throwable> orFailed(Consumer<A> next) {
    return (answer, thrown) -> {
      if (thrown != null) {
        failed(thrown);
      } else {
        next.accept(answer);
      }
    };
  }

  private synchronized void requireSame(String groupId, String memberId) {
    Member named = new Member(GroupIds.require(groupId), memberId);
    if (member.isPresent() && !member.get().equals(named)) {
      throw Requests.invalid(
          "group and member: "
              + named
              + " (expected: those of the stream's first frame, "
              + member.get()
              + ")");
    }
    member = Optional.of(named);
  }

  @Override
  public void onError(Throwable cancelled) {
    ends.gone();
  }

  /** The member says nothing more on this stream; its membership goes on. */
  @Override
  public void onCompleted() {
    synchronized (this) {
      done = true;
      busy = false;
    }
    pump.call();
  }

  // ---- the coordinator

  private void answered(MemberState state) {
    synchronized (this) {
      merge(state);
      answered = true;
      answeredHeartbeats++;
    }
    pump.call();
  }

  @Override
  public void push(MemberState state) {
    synchronized (this) {
      merge(state);
    }
    pump.call();
  }

  /**
   * What the member may own is said until it is sent, though the newer state need not repeat it.
   */
  private void merge(MemberState state) {
    MemberState before = unsent;
    unsent =
        before == null
            ? state
            : new MemberState(
                state.memberEpoch(),
                state.heartbeatIntervalMs(),
                state.sessionTimeoutMs(),
                state.assigned().or(before::assigned));
  }

  /** Who has left is told that it has, not that it is a member no more. */
  @Override
  public void end(MillraceError error) {
    boolean left;
    synchronized (this) {
      left = done;
    }
    if (!left) {
      failed(error.exception());
    }
  }

  private void failed(Throwable thrown) {
    synchronized (this) {
      if (failure == null) {
        failure = thrown;
      }
    }
    pump.call();
  }

  // ---- runs

  private void pump() {
    ends.run(this::goOn);
  }

  private void goOn() {
    Step step = next();
    if (step.failure().isPresent()) {
      ends.fail(step.failure().get());
      return;
    }
    step.message().ifPresent(client::onNext);
    if (step.readNext()) {
      client.request(1);
    }
    if (step.complete()) {
      ends.complete();
    }
  }

  private record Step(
      Optional<Throwable> failure,
      Optional<JoinGroupResponse> message,
      boolean readNext,
      boolean complete) {}

  private synchronized Step next() {
    MemberState state = unsent;
    if (failure != null || state == null || !client.isReady()) {
      boolean complete = done && !busy && (state == null || !client.isReady());
      return new Step(Optional.ofNullable(failure), Optional.empty(), false, complete);
    }
    unsent = null;
    boolean readNext = answered;
    if (answered) {
      answered = false;
      busy = false;
    }
    return new Step(
        Optional.empty(), Optional.of(message(state)), readNext && !done, done && !busy);
  }

  private synchronized JoinGroupResponse message(MemberState state) {
    return JoinGroupResponse.newBuilder()
        .setState(GroupViews.state(state))
        .setAnsweredHeartbeats(answeredHeartbeats)
        .build();
  }

  private void ended() {
    Optional<Member> known;
    synchronized (this) {
      known = member;
    }
    known.ifPresent(each -> deps.calls().coordinators().streamClosed(each.groupId(), this));
  }
}
