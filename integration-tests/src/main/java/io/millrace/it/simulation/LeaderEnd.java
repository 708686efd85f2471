package io.millrace.it.simulation;

import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.LogRead;
import io.millrace.broker.log.StaleSnapshotException;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.PartitionView;
import io.millrace.broker.replica.ReceivedRecords;
import io.millrace.broker.replica.Registration;
import io.millrace.broker.replica.SubscribedFollower;
import io.millrace.broker.replica.core.LeadingEvent;
import io.millrace.broker.replica.core.SubscribeAnswer;
import io.millrace.broker.replica.link.FollowerFrame;
import io.millrace.broker.replica.link.LeaderEffect;
import io.millrace.broker.replica.link.LeaderFrame;
import io.millrace.broker.replica.link.LeaderLink;
import io.millrace.broker.replica.link.LeaderLogs;
import io.millrace.broker.replica.link.LeaderRead;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.it.simulation.SimulatedNetwork.Connection;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * One Replicate stream at the leader's end: what the replication service is in production. Confined
 * to the simulation's thread.
 */
final class LeaderEnd {
  private static final int MOST_SUBSCRIPTIONS = 100;
  private static final int FRAMES_PER_RUN = 4;
  private static final int MOST_WAIT_MICROS = 200;

  private final ClusterProcess process;
  private final Connection connection;
  private final LeaderLink link;
  private final List<LeaderEffect> effects = new ArrayList<>();
  private final Deque<Runnable> inbox = new ArrayDeque<>();
  private final Map<Long, Registration> watches = new HashMap<>();
  private boolean planned;
  private boolean ended;

  LeaderEnd(ClusterProcess process, Connection connection) {
    this.process = process;
    this.connection = connection;
    this.link = new LeaderLink(process.id(), MOST_SUBSCRIPTIONS, Ref::new, now());
    tickLater();
  }

  /** Of records on the heap nothing is to be released; looks alike in every trace. */
  private enum Heap implements Runnable {
    NOTHING_TO_RELEASE;

    @Override
    public void run() {}
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

    @Override
    public String toString() {
      return connection + "/" + number;
    }
  }

  private long now() {
    return process.clock().monotonicMs();
  }

  /** The follower has sent a frame. */
  void received(FollowerFrame frame) {
    process.world().trace().add("%s hears on %s: %s", process, connection, frame);
    link.received(frame, now(), effects);
    carryOutAll();
    plan();
  }

  /** The stream is gone. */
  void closed() {
    if (!ended) {
      link.close(effects);
      carryOutAll();
      end();
    }
  }

  private void end() {
    ended = true;
    watches.values().forEach(Registration::close);
    watches.clear();
  }

  private void bring(Runnable event) {
    inbox.add(event);
    plan();
  }

  private void plan() {
    if (!planned && !ended) {
      planned = true;
      process.later(1 + process.random().nextInt(MOST_WAIT_MICROS), this::pump);
    }
  }

  private void pump() {
    planned = false;
    for (Runnable event = inbox.poll(); event != null && !ended; event = inbox.poll()) {
      event.run();
      carryOutAll();
    }
    for (int sent = 0; !ended; sent++) {
      if (sent == FRAMES_PER_RUN) {
        plan();
        return;
      }
      Optional<LeaderFrame> frame = link.next(this::logOf, now(), effects);
      frame.ifPresent(connection::sendToClient);
      carryOutAll();
      if (frame.isEmpty()) {
        return;
      }
    }
  }

  private void tickLater() {
    process
        .time()
        .schedule(
            Math.max(1, link.dueMs() - now()),
            () -> {
              if (!ended) {
                link.tick(now(), effects);
                carryOutAll();
                plan();
                tickLater();
              }
            });
  }

  private void carryOutAll() {
    for (int i = 0; i < effects.size(); i++) {
      carryOut(effects.get(i));
    }
    effects.clear();
  }

  private void carryOut(LeaderEffect effect) {
    if (effect instanceof LeaderEffect.Tell tell) {
      tell(tell);
    } else if (effect instanceof LeaderEffect.Watch watch) {
      process
          .find(watch.partition())
          .ifPresent(
              host ->
                  watches.put(
                      watch.subscription(), host.onAppend(() -> advanced(watch.subscription()))));
      advanced(watch.subscription());
    } else if (effect instanceof LeaderEffect.Unwatch unwatch) {
      Registration gone = watches.remove(unwatch.subscription());
      if (gone != null) {
        gone.close();
      }
    } else if (effect instanceof LeaderEffect.Read read) {
      // On a thread of its own, for a disk may hang.
      process.later(1 + process.random().nextInt(MOST_WAIT_MICROS), () -> read(read.read()));
    } else if (effect instanceof LeaderEffect.EndStream end) {
      process.world().trace().add("%s ends %s: %s", process, connection, end.why());
      end();
      connection.closeByNode();
    }
  }

  private void read(LeaderRead read) {
    read.carryOut(this::logOf);
    bring(() -> link.read(read, effects));
  }

  private void advanced(long subscription) {
    bring(() -> link.advanced(subscription));
  }

  private void tell(LeaderEffect.Tell tell) {
    Optional<PartitionHost> partition = process.find(tell.partition());
    if (partition.isPresent()) {
      partition.get().post(tell.event());
    } else if (tell.event() instanceof LeadingEvent.FollowerSubscribes) {
      link.answered(
          tell.subscription(),
          new SubscribeAnswer.Refused(process.whyAbsent(tell.partition())),
          effects);
    }
  }

  private Optional<LeaderLogs.LeaderLog> logOf(TopicIdPartition partition, int leaderEpoch) {
    return process
        .replica(partition)
        .map(
            replica ->
                new Log(
                    replica,
                    replica.view(),
                    process.world().bugs().highWatermarkForFollowers(replica.view())))
        .filter(log -> log.view.leads() && log.view.leaderEpoch() == leaderEpoch)
        .map(log -> log);
  }

  /** A partition's log at one moment. */
  private record Log(ReplicaHost host, PartitionView view, long highWatermark)
      implements LeaderLogs.LeaderLog {
    @Override
    public long sizeInBytes() {
      return view.log().sizeInBytes();
    }

    @Override
    public boolean inSync(int followerId) {
      return host.partition().filter(partition -> partition.isr().contains(followerId)).isPresent();
    }

    @Override
    public UUID directory() {
      return host.directoryId();
    }

    @Override
    public long logStart() {
      return view.logStartOffset();
    }

    @Override
    public long logEnd() {
      return view.logEndOffset();
    }

    @Override
    public LeaderLogs.ReadOutcome read(long offset, int maxBytes, boolean atLeastOne) {
      try {
        LogRead found = view.log().read(offset, maxBytes, logEnd(), atLeastOne);
        if (found.isEmpty()) {
          return atLeastOne
              ? failed(ErrorCode.UNAVAILABLE, "no batch is found at offset " + offset)
              : new LeaderLogs.ReadOutcome.TooLarge();
        }
        return new LeaderLogs.ReadOutcome.Batches(
            new ReceivedRecords(found.records(), Heap.NOTHING_TO_RELEASE), found.nextOffset());
      } catch (StaleSnapshotException e) {
        return new LeaderLogs.ReadOutcome.Stale();
      } catch (LogDirException e) {
        host.diskFailed(e);
        return failed(ErrorCode.LOG_DIR_OFFLINE, "the disk failed under " + host.name());
      }
    }

    private static LeaderLogs.ReadOutcome failed(ErrorCode code, String why) {
      return new LeaderLogs.ReadOutcome.Failed(new MillraceError(code, why));
    }
  }
}
