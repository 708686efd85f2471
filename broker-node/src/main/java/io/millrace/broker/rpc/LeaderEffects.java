package io.millrace.broker.rpc;

import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.core.LeadingEvent;
import io.millrace.broker.replica.core.SubscribeAnswer;
import io.millrace.broker.replica.link.LeaderEffect;
import io.millrace.broker.replica.link.LeaderLink;
import io.millrace.broker.replica.link.LeaderLogs;
import io.millrace.broker.rpc.wire.OutgoingBatches;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out what the link of one Replicate stream wants done. Confined to the stream's runs, but
 * for the lanes' threads, which only ask for a run.
 */
final class LeaderEffects {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderEffects.class);

  private final ReplicationEndpoint.Deps node;
  private final LeaderLink link;
  private final LeaderLogs logs;
  private final ReplicaLane.Stream stream;
  private final Consumer<MillraceError> endStream;

  /** Not carried out yet; carrying one out may add more at the end. */
  private final List<LeaderEffect> effects = new ArrayList<>();

  /** The next one's place in the list; carrying one out may come back here. */
  private int next;

  private final Map<Long, ReplicaWatch> watches = new HashMap<>();
  private final Map<UUID, ReplicaLane> lanes = new HashMap<>();
  private int countedSubscriptions;

  /**
   * Nothing is wanted yet.
   *
   * @param stream what the lanes tell
   * @param endStream ends the stream; the link has ended
   */
  LeaderEffects(
      ReplicationEndpoint.Deps node,
      LeaderLink link,
      LeaderLogs logs,
      ReplicaLane.Stream stream,
      Consumer<MillraceError> endStream) {
    this.node = node;
    this.link = link;
    this.logs = logs;
    this.stream = stream;
    this.endStream = endStream;
  }

  /** Takes what the link wants. */
  List<LeaderEffect> wanted() {
    return effects;
  }

  void carryOutAll() {
    while (next < effects.size()) {
      carryOut(effects.get(next++));
    }
    effects.clear();
    next = 0;
    int subscriptions = link.subscriptions();
    node.metrics().followersChanged(subscriptions - countedSubscriptions);
    countedSubscriptions = subscriptions;
  }

  /**
   * The same when the stream has ended: nobody comes back for what is left, so one that throws
   * keeps none of the others from being carried out.
   */
  void carryOutLast() {
    while (next < effects.size()) {
      LeaderEffect effect = effects.get(next++);
      try {
        carryOut(effect);
      } catch (RuntimeException thrown) {
        LOG.error("a stream has ended, and this could not be done: {}", effect, thrown);
      }
    }
    carryOutAll();
  }

  private void carryOut(LeaderEffect effect) {
    if (effect instanceof LeaderEffect.Tell tell) {
      tell(tell);
    } else if (effect instanceof LeaderEffect.Watch watch) {
      watch(watch.subscription(), watch.partition());
    } else if (effect instanceof LeaderEffect.Unwatch unwatch) {
      Optional.ofNullable(watches.remove(unwatch.subscription())).ifPresent(ReplicaWatch::end);
    } else if (effect instanceof LeaderEffect.Read wanted) {
      lane(wanted.read().directory()).read(wanted.read());
    } else if (effect instanceof LeaderEffect.Drop drop) {
      ((OutgoingBatches) drop.records()).release();
    } else if (effect instanceof LeaderEffect.EndStream end) {
      endStream.accept(end.why());
    }
  }

  private void tell(LeaderEffect.Tell tell) {
    Optional<PartitionHost> partition = node.partitions().find(tell.partition());
    if (partition.isPresent()) {
      partition.get().post(tell.event());
    } else if (tell.event() instanceof LeadingEvent.FollowerSubscribes) {
      MillraceError why = node.partitions().whyAbsent(tell.partition());
      link.answered(tell.subscription(), new SubscribeAnswer.Refused(why), effects);
    }
  }

  private void watch(long subscription, TopicIdPartition id) {
    Optional<PartitionHost> partition = node.partitions().find(id);
    if (partition.isPresent()) {
      ReplicaWatch watch = new ReplicaWatch(subscription, lane(partition.get().directoryId()));
      watches.put(subscription, watch);
      watch.begin(partition.get());
    }
  }

  private ReplicaLane lane(UUID directory) {
    Function<UUID, Executor> threads = link.catchesUp() ? node.catchingUp() : node.reading();
    return lanes.computeIfAbsent(directory, id -> new ReplicaLane(threads.apply(id), logs, stream));
  }
}
