package io.millrace.broker.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.Registration;
import io.millrace.broker.replica.SubscribedFollower;
import io.millrace.broker.replica.core.LeadingEvent;
import io.millrace.broker.replica.core.SubscribeAnswer;
import io.millrace.broker.replica.link.LeaderEffect;
import io.millrace.broker.replica.link.LeaderFrame;
import io.millrace.broker.replica.link.LeaderLink;
import io.millrace.broker.rpc.ReplicationEndpoint.SessionDeps;
import io.millrace.broker.rpc.wire.OutgoingBatches;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.time.Scheduler;
import io.millrace.proto.internal.v1.ReplicateRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One Replicate stream at the leader's end: drives the link. Everything happens in runs of {@link
 * #pump} on the threads that read, one at a time, and all fields but the queues and flags are
 * confined to them; the transport and the shards only put something into a queue and ask for a run.
 */
final class ReplicationSession {
  /** Messages in one run: a busy stream lets others onto the thread in between. */
  private static final int MESSAGES_PER_RUN = 16;

  /** Messages of the follower that may lie in the inbox: they are small. */
  private static final int INBOX_MESSAGES = 64;

  private final SessionDeps deps;
  private final ServerCallStreamObserver<LeaderFrame> follower;
  private final SerialTask pump;
  private final Queue<Runnable> inbox = new ConcurrentLinkedQueue<>();

  /** Partitions that may have something to send; each at most once. */
  private final Queue<Watch> signals = new ConcurrentLinkedQueue<>();

  private volatile boolean gone;
  private volatile boolean serverEnds;
  private final Runnable endOfServer = this::serverEnds;

  private final LeaderLink link;
  private final PartitionLogs logs;
  private final List<LeaderEffect> effects = new ArrayList<>();
  private final Map<Long, Watch> watches = new HashMap<>();
  private int countedSubscriptions;
  private volatile boolean timeIsUp;
  private Scheduler.Cancellable timer = () -> {};
  private boolean opened;
  private boolean ended;

  ReplicationSession(SessionDeps deps, ServerCallStreamObserver<LeaderFrame> follower) {
    deps.places().enter();
    this.deps = deps;
    this.follower = follower;
    this.pump = new SerialTask(deps.node().reading(), this::pump);
    this.link =
        new LeaderLink(deps.brokerId(), deps.node().limits().subscriptions(), Ref::new, now());
    this.logs =
        new PartitionLogs(deps.node().partitions(), deps.node().corruptReads(), deps.memory());
    follower.disableAutoRequest();
    follower.setOnReadyHandler(pump::call);
    follower.setOnCancelHandler(this::gone);
    follower.setOnCloseHandler(this::gone);
    follower.request(INBOX_MESSAGES);
    deps.streams().add(endOfServer);
    timeIsUp = true;
    pump.call();
  }

  /** A subscription as its partition knows it: equal only to itself. */
  private final class Ref implements SubscribedFollower {
    private final long number;

    Ref(long number) {
      this.number = number;
    }

    @Override
    public void answered(SubscribeAnswer answer) {
      bring(() -> link.answered(number, answer, effects));
    }

    @Override
    public void ended(MillraceError why) {
      bring(() -> link.ended(number, why, effects));
    }
  }

  /** A partition whose advances are followed. */
  private final class Watch {
    private final long number;
    private final AtomicBoolean signalled = new AtomicBoolean();
    private Registration registration = () -> {};

    Watch(long number) {
      this.number = number;
    }

    void begin(PartitionHost partition) {
      registration = partition.onAppend(this::signal);
      signal();
    }

    /** On any thread; cheap. */
    private void signal() {
      if (signalled.compareAndSet(false, true)) {
        signals.add(this);
        pump.call();
      }
    }

    void taken() {
      signalled.set(false);
    }
  }

  private long now() {
    return deps.node().clock().monotonicMs();
  }

  private void bring(Runnable event) {
    inbox.add(event);
    pump.call();
  }

  private void gone() {
    gone = true;
    pump.call();
  }

  private void serverEnds() {
    serverEnds = true;
    pump.call();
  }

  /** What the transport calls. */
  StreamObserver<ReplicateRequest> inbound() {
    return new StreamObserver<>() {
      @Override
      public void onNext(ReplicateRequest message) {
        bring(
            () -> {
              received(message);
              follower.request(1);
            });
      }

      @Override
      public void onError(Throwable thrown) {
        gone();
      }

      @Override
      public void onCompleted() {
        gone();
      }
    };
  }

  private void received(ReplicateRequest message) {
    if (message.hasOpen() && !opened) {
      opened = true;
      String cluster = message.getOpen().getContext().getClusterId();
      if (!cluster.equals(deps.node().clusterId())) {
        throw Requests.invalid(
            "cluster_id: " + cluster + " (expected: " + deps.node().clusterId() + ")");
      }
    }
    link.received(ReplicateCodec.read(message), now(), effects);
  }

  private void pump() {
    if (gone) {
      end();
    }
    if (ended) {
      return;
    }
    try {
      if (serverEnds) {
        throw OpenStreams.shuttingDown().exception();
      }
      takeInbox();
      takeSignals();
      takeTime();
      send();
    } catch (RuntimeException thrown) {
      end();
      follower.onError(RpcErrors.toStatus(thrown));
    } catch (Error thrown) {
      end();
      TransportErrors.endCall(follower, thrown);
    }
  }

  private void takeInbox() {
    Runnable event = inbox.poll();
    while (event != null && !ended) {
      event.run();
      carryOutAll();
      event = inbox.poll();
    }
  }

  private void takeSignals() {
    Watch watch = signals.poll();
    while (watch != null) {
      watch.taken();
      link.advanced(watch.number);
      watch = signals.poll();
    }
  }

  private void takeTime() {
    if (timeIsUp) {
      timeIsUp = false;
      link.tick(now(), effects);
      carryOutAll();
      if (!ended) {
        timer =
            deps.node()
                .scheduler()
                .schedule(
                    link.dueMs() - now(),
                    () -> {
                      timeIsUp = true;
                      pump.call();
                    });
      }
    }
  }

  private void send() {
    for (int sent = 0; !ended && follower.isReady(); sent++) {
      if (sent == MESSAGES_PER_RUN) {
        pump.call();
        return;
      }
      Optional<LeaderFrame> frame = link.next(logs, now(), effects);
      frame.ifPresent(this::send);
      carryOutAll();
      if (frame.isEmpty()) {
        return;
      }
    }
  }

  /** When this returns, the transport has copied the records, or taken their memory over. */
  private void send(LeaderFrame frame) {
    if (!(frame instanceof LeaderFrame.Data data)) {
      follower.onNext(frame);
      return;
    }
    try {
      follower.onNext(frame);
    } finally {
      for (LeaderFrame.DataPart part : data.parts()) {
        deps.node().metrics().sent(part.records().bytes());
        ((OutgoingBatches) part.records()).release();
      }
    }
  }

  private void carryOutAll() {
    for (int i = 0; i < effects.size(); i++) {
      carryOut(effects.get(i));
    }
    effects.clear();
    int subscriptions = link.subscriptions();
    deps.node().metrics().followersChanged(subscriptions - countedSubscriptions);
    countedSubscriptions = subscriptions;
  }

  private void carryOut(LeaderEffect effect) {
    if (effect instanceof LeaderEffect.Tell tell) {
      tell(tell);
    } else if (effect instanceof LeaderEffect.Watch watch) {
      watch(watch.subscription(), watch.partition());
    } else if (effect instanceof LeaderEffect.Unwatch unwatch) {
      Watch gone = watches.remove(unwatch.subscription());
      if (gone != null) {
        gone.registration.close();
      }
    } else if (effect instanceof LeaderEffect.EndStream end) {
      ended();
      follower.onError(RpcErrors.toStatus(end.why()));
    }
  }

  private void tell(LeaderEffect.Tell tell) {
    Optional<PartitionHost> partition = deps.node().partitions().find(tell.partition());
    if (partition.isPresent()) {
      partition.get().post(tell.event());
    } else if (tell.event() instanceof LeadingEvent.FollowerSubscribes) {
      MillraceError why = deps.node().partitions().whyAbsent(tell.partition());
      link.answered(tell.subscription(), new SubscribeAnswer.Refused(why), effects);
    }
  }

  private void watch(long number, TopicIdPartition id) {
    Watch watch = new Watch(number);
    watches.put(number, watch);
    deps.node().partitions().find(id).ifPresent(watch::begin);
  }

  private void end() {
    if (!ended) {
      link.close(effects);
      carryOutAll();
      ended();
    }
  }

  /** The link has ended, and what it wanted done is done. */
  private void ended() {
    ended = true;
    gone = true;
    timer.cancel();
    deps.places().leave();
    deps.streams().remove(endOfServer);
    inbox.clear();
    signals.clear();
  }
}
