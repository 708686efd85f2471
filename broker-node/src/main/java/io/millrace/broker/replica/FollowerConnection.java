package io.millrace.broker.replica;

import io.millrace.broker.replica.core.FollowingEffect;
import io.millrace.broker.replica.core.FollowingEvent;
import io.millrace.broker.replica.link.FollowerEffect;
import io.millrace.broker.replica.link.FollowerLink;
import io.millrace.broker.replica.link.FollowerLinks;
import io.millrace.broker.replica.link.LeaderFrame;
import io.millrace.broker.replica.link.Throttle;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.fault.FaultHandler;
import io.millrace.common.time.Clock;
import io.millrace.common.time.Scheduler;
import io.millrace.metadata.image.Endpoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * What this broker follows of one other: drives the link, in {@link EventRuns}, so that a frame of
 * the leader needs no thread between the transport's and the shard's. Thread-safe; nothing here
 * blocks.
 */
final class FollowerConnection {
  private static final Logger LOG = LoggerFactory.getLogger(FollowerConnection.class);

  private final Deps deps;
  private final int leaderId;
  private final EventRuns runs;

  /** How far partitions are that was not told the link yet; those of a shard's run go together. */
  private final Queue<Position> positions = new ConcurrentLinkedQueue<>();

  /** Whether somebody will take them. */
  private final AtomicBoolean positionsAwaited = new AtomicBoolean();

  private record Position(TopicIdPartition partition, FollowingEffect.Acknowledge at) {}

  // Confined to the runs.
  private final FollowerLinks link;

  /** What the streams are opened under. */
  private Registrations registrations;

  private final List<FollowerEffect> effects = new ArrayList<>();
  private final Map<Long, LeaderStreams.LeaderStream> streams = new HashMap<>();
  private int countedSubscriptions;

  /** When the timer goes off; {@link Long#MAX_VALUE} if none is set. */
  private long timerMs = Long.MAX_VALUE;

  private Scheduler.Cancellable timer = () -> {};

  /**
   * What a stream is opened under; with another one it is not the right one any more.
   *
   * @param ownEpoch this process's registration; -1 while there is none, or another process's
   * @param leaderEpoch the registration of the leader's broker; -1 if there is none
   * @param endpoint where the internal listener of that broker is, if it is known
   */
  record Registrations(long ownEpoch, long leaderEpoch, Optional<Endpoint> endpoint) {}

  /**
   * What all connections have in common.
   *
   * @param partitions finds a partition of this broker
   * @param registrations this broker's and that of a leader's broker, as the metadata have them now
   * @param throttle holds up what catches up
   * @param scheduler its tasks only look at the clock
   * @param relief does what a thread that brought something is not to be kept for
   */
  record Deps(
      int brokerId,
      Function<TopicIdPartition, Optional<PartitionHost>> partitions,
      IntFunction<Registrations> registrations,
      LeaderStreams streams,
      Throttle throttle,
      Scheduler scheduler,
      Executor relief,
      Clock clock,
      ReplicationMetrics metrics,
      FaultHandler faults) {}

  /** A connection without a stream. */
  FollowerConnection(Deps deps, FollowerLink.Settings settings) {
    this.deps = deps;
    this.leaderId = settings.leaderId();
    this.runs =
        new EventRuns(this::handle, this::settle, rest -> deps.relief().execute(() -> guard(rest)));
    this.registrations = deps.registrations().apply(leaderId);
    this.link =
        new FollowerLinks(
            settings, registrations.ownEpoch(), deps.throttle(), deps.clock().monotonicMs());
  }

  void subscribe(TopicIdPartition id, FollowingEffect.Subscribe wanted) {
    run(
        () -> {
          // The news of another registration may have come before this connection could be told.
          lookAtRegistrations();
          link.subscribe(id, wanted, now(), effects);
        });
  }

  void unsubscribe(TopicIdPartition id, long attempt) {
    run(() -> link.unsubscribe(id, attempt, now(), effects));
  }

  /**
   * A partition tells how far it is.
   *
   * @param atEnd runs a task on this thread when the other partitions at hand have told it too
   */
  void acknowledge(TopicIdPartition id, FollowingEffect.Acknowledge at, Executor atEnd) {
    positions.add(new Position(id, at));
    if (positionsAwaited.compareAndSet(false, true)) {
      atEnd.execute(this::takePositions);
    }
  }

  private void takePositions() {
    positionsAwaited.set(false);
    run(
        () -> {
          for (Position each = positions.poll(); each != null; each = positions.poll()) {
            link.acknowledge(each.partition(), each.at());
          }
        });
  }

  /** The leader's broker or this one has changed, perhaps its registration. */
  void brokersChanged() {
    run(this::lookAtRegistrations);
  }

  private void lookAtRegistrations() {
    Registrations now = deps.registrations().apply(leaderId);
    if (!now.equals(registrations)) {
      registrations = now;
      link.reset(now.ownEpoch(), now(), effects);
    }
  }

  void close() {
    run(
        () -> {
          timer.cancel();
          link.close(now(), effects);
        });
  }

  private long now() {
    return deps.clock().monotonicMs();
  }

  private void run(Runnable event) {
    guard(() -> runs.bring(event));
  }

  private void guard(Runnable part) {
    try {
      part.run();
    } catch (RuntimeException | Error e) {
      throw deps.faults().fatal("the link to broker " + leaderId + " failed", e);
    }
  }

  private void handle(Runnable event) {
    event.run();
    carryOutAll();
  }

  private void settle() {
    link.settle(now(), effects);
    carryOutAll();
    count();
    setTimer();
  }

  private void count() {
    int subscriptions = link.subscriptions();
    if (subscriptions != countedSubscriptions) {
      deps.metrics().followedChanged(subscriptions - countedSubscriptions);
      countedSubscriptions = subscriptions;
    }
  }

  private void setTimer() {
    long dueMs = link.dueMs();
    if (dueMs < timerMs) {
      timer.cancel();
      timerMs = dueMs;
      timer = deps.scheduler().schedule(dueMs - now(), () -> run(this::tick));
    }
  }

  private void tick() {
    timerMs = Long.MAX_VALUE;
    link.tick(now(), effects);
  }

  private void carryOutAll() {
    for (int i = 0; i < effects.size(); i++) {
      carryOut(effects.get(i));
    }
    effects.clear();
  }

  private void carryOut(FollowerEffect effect) {
    if (effect instanceof FollowerEffect.Tell tell) {
      tell(tell);
    } else if (effect instanceof FollowerEffect.Send send) {
      Optional.ofNullable(streams.get(send.stream())).ifPresent(open -> open.send(send.frame()));
    } else if (effect instanceof FollowerEffect.Drop drop) {
      ((ReplicatedRecords) drop.records()).release();
    } else if (effect instanceof FollowerEffect.Connect connect) {
      connect(connect.stream());
    } else if (effect instanceof FollowerEffect.Disconnect disconnect) {
      Optional.ofNullable(streams.remove(disconnect.stream()))
          .ifPresent(open -> open.cancel(disconnect.why()));
      LOG.info(
          "[broker {}] ends its stream to broker {}: {}",
          deps.brokerId(),
          leaderId,
          disconnect.why());
    }
  }

  private void tell(FollowerEffect.Tell tell) {
    Optional<PartitionHost> partition = deps.partitions().apply(tell.partition());
    if (partition.isPresent()) {
      partition.get().post(tell.event());
    } else if (tell.event() instanceof FollowingEvent.ReplicatedBatches batches) {
      ((ReplicatedRecords) batches.batches()).release();
    }
  }

  private void connect(long number) {
    Optional<Endpoint> leader = registrations.endpoint();
    if (leader.isEmpty()) {
      run(() -> link.lost(number, now(), effects));
      return;
    }
    streams.put(number, deps.streams().open(leader.get(), new Inbound(number)));
  }

  /** What comes of one stream. */
  private final class Inbound implements LeaderStreams.Listener {
    private final long number;

    /** Whether anything came; confined to the transport's calls. */
    private boolean heard;

    Inbound(long number) {
      this.number = number;
    }

    @Override
    public void received(LeaderFrame frame) {
      if (!heard) {
        heard = true;
        LOG.info("[broker {}] follows broker {}", deps.brokerId(), leaderId);
      }
      LeaderFrame taken = frame instanceof LeaderFrame.Data data ? checked(data) : frame;
      run(() -> link.received(number, taken, now(), effects));
    }

    /** The CRC is checked here, so that the shard need not. */
    private LeaderFrame checked(LeaderFrame.Data data) {
      List<LeaderFrame.DataPart> parts = new ArrayList<>(data.parts().size());
      for (LeaderFrame.DataPart part : data.parts()) {
        ReceivedRecords received = (ReceivedRecords) part.records();
        int bytes = received.bytes();
        deps.metrics().received(bytes);
        Runnable release =
            () -> {
              received.release().run();
              run(() -> link.used(number, bytes));
            };
        parts.add(
            new LeaderFrame.DataPart(
                part.subscription(),
                part.prevEndOffset(),
                part.highWatermark(),
                part.logStart(),
                ReplicatedRecords.of(received.batches(), release)));
      }
      return new LeaderFrame.Data(parts);
    }

    /** Attempts in vain come every second while a broker is away. */
    private void say(boolean established, String why) {
      String what = established ? "lost its stream" : "can't open a stream";
      LOG.atLevel(established ? Level.INFO : Level.DEBUG)
          .log("[broker {}] {} to broker {}: {}", deps.brokerId(), what, leaderId, why);
    }

    @Override
    public void lost(String why) {
      boolean established = heard;
      run(
          () -> {
            if (link.isOpen(number)) {
              streams.remove(number);
              say(established, why);
            }
            link.lost(number, now(), effects);
          });
    }
  }
}
