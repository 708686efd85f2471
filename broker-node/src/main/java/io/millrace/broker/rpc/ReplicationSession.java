package io.millrace.broker.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.replica.EventRuns;
import io.millrace.broker.replica.SubscribedFollower;
import io.millrace.broker.replica.core.SubscribeAnswer;
import io.millrace.broker.replica.link.LeaderFrame;
import io.millrace.broker.replica.link.LeaderLink;
import io.millrace.broker.replica.link.LeaderRead;
import io.millrace.broker.rpc.ReplicationEndpoint.SessionDeps;
import io.millrace.broker.rpc.wire.OutgoingBatches;
import io.millrace.common.MillraceError;
import io.millrace.common.time.Scheduler;
import io.millrace.proto.internal.v1.ReplicateRequest;
import java.util.Optional;
import java.util.Queue;

/**
 * One Replicate stream at the leader's end: drives the link. Everything happens in {@link
 * EventRuns}, on the thread of whoever brings something, and all fields are confined to them.
 * Nothing there blocks: records are read in a {@link ReplicaLane} for each log directory, so that
 * positions and heartbeats never wait for a disk.
 */
final class ReplicationSession implements ReplicaLane.Stream {
  /** Messages of the follower that may lie in the inbox: they are small. */
  private static final int INBOX_MESSAGES = 64;

  private final SessionDeps deps;
  private final ServerCallStreamObserver<LeaderFrame> follower;
  private final EventRuns runs;
  private final StreamEnds ends;
  private final LeaderLink link;
  private final PartitionLogs logs;
  private final LeaderEffects effects;

  /** When the timer goes off; {@link Long#MAX_VALUE} if none is set. */
  private long timerMs = Long.MAX_VALUE;

  private Scheduler.Cancellable timer = () -> {};
  private boolean opened;

  ReplicationSession(SessionDeps deps, ServerCallStreamObserver<LeaderFrame> follower) {
    this.deps = deps;
    this.follower = follower;
    this.ends =
        new StreamEnds(follower, deps.places(), deps.streams(), () -> bring(() -> {}), this::ended);
    ReplicationEndpoint.Deps node = deps.node();
    this.runs = new EventRuns(this::handle, this::sendAll, node.relief());
    this.link =
        new LeaderLink(
            deps.brokerId(), node.limits().subscriptions(), Ref::new, node.throttle(), now());
    this.logs =
        new PartitionLogs(node.partitions(), node.corruptReads(), deps.memory(), node.inSync());
    this.effects = new LeaderEffects(node, link, logs, this, this::refuse);
  }

  /**
   * Begins. Called once, by the handler itself.
   *
   * @return what the transport calls
   * @throws io.millrace.common.MillraceException with THROTTLED if there are too many streams
   */
  StreamObserver<ReplicateRequest> start() {
    follower.disableAutoRequest();
    ends.begin();
    follower.request(INBOX_MESSAGES);
    bring(this::tick);
    return inbound();
  }

  /** A subscription as its partition knows it: equal only to itself. */
  private final class Ref implements SubscribedFollower {
    private final long number;

    Ref(long number) {
      this.number = number;
    }

    @Override
    public void answered(SubscribeAnswer answer) {
      bring(() -> link.answered(number, answer, effects.wanted()));
    }

    @Override
    public void ended(MillraceError why) {
      bring(() -> link.ended(number, why, effects.wanted()));
    }
  }

  private long now() {
    return deps.node().clock().monotonicMs();
  }

  // ---- what comes, on any thread

  private void bring(Runnable event) {
    runs.bring(event);
  }

  @Override
  public void signalled(Queue<ReplicaWatch> signals) {
    bring(
        () -> {
          for (ReplicaWatch each = signals.poll(); each != null; each = signals.poll()) {
            each.taken();
            link.advanced(each.subscription());
          }
        });
  }

  @Override
  public void done(LeaderRead read) {
    bring(() -> link.read(read, effects.wanted()));
  }

  @Override
  public void failed(LeaderRead read, Throwable thrown) {
    bring(() -> ends.fail(thrown));
    done(read);
  }

  private StreamObserver<ReplicateRequest> inbound() {
    return new StreamObserver<>() {
      @Override
      public void onNext(ReplicateRequest message) {
        bring(() -> received(message));
      }

      @Override
      public void onError(Throwable thrown) {
        ends.gone();
      }

      @Override
      public void onCompleted() {
        ends.gone();
      }
    };
  }

  // ---- the runs

  /** What comes after the end is handled too: the link drops what was read. */
  private void handle(Runnable event) {
    ends.look();
    ends.guard(
        () -> {
          event.run();
          effects.carryOutAll();
        });
  }

  private void received(ReplicateRequest message) {
    if (ends.isOver()) {
      return;
    }
    if (message.hasOpen() && !opened) {
      opened = true;
      String cluster = message.getOpen().getContext().getClusterId();
      if (!cluster.equals(deps.node().clusterId())) {
        throw Requests.invalid(
            "cluster_id: " + cluster + " (expected: " + deps.node().clusterId() + ")");
      }
    }
    link.received(ReplicateCodec.read(message), now(), effects.wanted());
    follower.request(1);
  }

  private void tick() {
    timerMs = Long.MAX_VALUE;
    link.tick(now(), effects.wanted());
  }

  private void setTimer() {
    long dueMs = link.dueMs();
    if (dueMs < timerMs) {
      timer.cancel();
      timerMs = dueMs;
      timer = deps.node().scheduler().schedule(dueMs - now(), () -> bring(this::tick));
    }
  }

  private void sendAll() {
    ends.run(
        () -> {
          boolean more = true;
          while (more && !ends.isOver() && follower.isReady()) {
            Optional<LeaderFrame> frame = link.next(logs, now(), effects.wanted());
            frame.ifPresent(this::send);
            effects.carryOutAll();
            more = frame.isPresent();
          }
          if (!ends.isOver()) {
            setTimer();
          }
        });
  }

  /** When this returns, the transport has copied the records, or taken their memory over. */
  private void send(LeaderFrame frame) {
    if (!(frame instanceof LeaderFrame.Data data)) {
      follower.onNext(frame);
      return;
    }
    data.parts().forEach(part -> deps.node().metrics().sent(part.records().bytes()));
    try {
      follower.onNext(frame);
    } finally {
      data.parts().forEach(part -> ((OutgoingBatches) part.records()).release());
    }
  }

  // ---- the end

  /** The link has ended the stream. */
  private void refuse(MillraceError why) {
    ends.fail(why.exception());
  }

  private void ended() {
    timer.cancel();
    link.close(effects.wanted());
    effects.carryOutLast();
  }
}
