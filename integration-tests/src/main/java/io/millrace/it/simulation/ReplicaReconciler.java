package io.millrace.it.simulation;

import io.millrace.broker.log.LogDirException;
import io.millrace.broker.replica.core.LeaderState;
import io.millrace.broker.replica.core.LeadingEvent;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.metadata.MetadataListener;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicDelta;
import io.millrace.metadata.image.TopicImage;
import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Makes a {@link ClusterProcess}'s replicas what the metadata says, from the first image on that
 * shows its own registration: what the replica manager does in production. Confined to the
 * simulation's thread.
 */
final class ReplicaReconciler implements MetadataListener {
  private static final long ASSIGN_AGAIN_MS = 300;

  private final ClusterProcess process;
  private final ClusterWorld world;
  private final Map<TopicIdPartition, UUID> unassigned = new HashMap<>();
  private Map<Integer, Long> eligible = Map.of();
  private boolean registered;
  private boolean assigning;

  ReplicaReconciler(ClusterProcess process) {
    this.process = process;
    this.world = process.world();
  }

  @Override
  public void onImage(MetadataImage image, MetadataDelta delta) {
    boolean shown =
        image
            .broker(process.id())
            .filter(me -> me.registration().incarnationId().equals(process.incarnation()))
            .isPresent();
    if (shown) {
      eligible =
          image.brokers().values().stream()
              .filter(BrokerImage::active)
              .collect(Collectors.toUnmodifiableMap(BrokerImage::id, BrokerImage::epoch));
      apply(image, registered ? delta : MetadataDelta.between(MetadataImage.EMPTY, image));
    } else if (registered) {
      MillraceError why = new MillraceError(ErrorCode.NOT_LEADER, "another process is registered");
      process.partitions().forEach(host -> host.post(new PartitionEvent.Resign(why)));
    }
    registered = shown;
  }

  private void apply(MetadataImage image, MetadataDelta delta) {
    for (ReplicaHost host : process.partitions()) {
      if (!registered && image.topic(host.id().topicId()).isEmpty()) {
        delete(host, "its topic is gone");
      } else if (!delta.changedConfigs().isEmpty() || !registered) {
        host.reconfigure(world.configs().of(image, host.id()));
      }
    }
    if (!delta.changedBrokers().isEmpty()) {
      tellLeaders(image, delta.changedBrokers());
    }
    for (TopicDelta change : delta.topics().values()) {
      if (change.after().isEmpty()) {
        process.partitions().stream()
            .filter(host -> host.id().topicId().equals(change.id()))
            .forEach(host -> delete(host, "its topic was deleted"));
      } else {
        applyTopic(image, change, change.after().get());
      }
    }
    assign();
  }

  private void tellLeaders(MetadataImage image, Set<Integer> brokers) {
    for (ReplicaHost host : process.partitions()) {
      known(image, host.id())
          .filter(partition -> partition.leader() == process.id())
          .filter(partition -> partition.replicas().stream().anyMatch(brokers::contains))
          .ifPresent(partition -> host.post(new LeadingEvent.BrokersChanged(eligible)));
    }
  }

  static Optional<PartitionImage> known(MetadataImage image, TopicIdPartition id) {
    return image.topic(id.topicId()).flatMap(topic -> topic.partition(id.partition()));
  }

  private void applyTopic(MetadataImage image, TopicDelta change, TopicImage topic) {
    TopicIdPartition id = new TopicIdPartition(topic.id(), 0);
    if (change.configChanged()) {
      process.replica(id).ifPresent(host -> host.reconfigure(world.configs().of(image, id)));
    }
    if (change.changedPartitions().isEmpty()) {
      return;
    }
    PartitionImage partition = topic.partitions().get(0);
    Optional<ReplicaHost> found = process.replica(id);
    if (!partition.replicas().contains(process.id())) {
      found.ifPresent(host -> delete(host, "it is no replica any more"));
      return;
    }
    if (found.isEmpty()) {
      found = create(image, topic, id, partition);
    }
    found.ifPresent(host -> take(host, partition));
  }

  private Optional<ReplicaHost> create(
      MetadataImage image, TopicImage topic, TopicIdPartition id, PartitionImage partition) {
    UUID named = partition.directoryOf(process.id());
    boolean assigned = !named.equals(PartitionImage.UNASSIGNED);
    if (assigned && !partition.isExpendable(process.id())) {
      return Optional.empty();
    }
    Optional<ReplicaDirectory> directory =
        process.directories().stream()
            .filter(each -> !each.failed() && (!assigned || each.id().equals(named)))
            .min(Comparator.comparingInt(ReplicaDirectory::size));
    if (directory.isEmpty()) {
      return Optional.empty();
    }
    try {
      ReplicaHost host =
          directory
              .get()
              .create(new TopicPartition(topic.name(), 0), id, world.configs().of(image, id));
      process.add(host);
      world.ledger(host.number()).created(process);
      return Optional.of(host);
    } catch (LogDirException e) {
      directory.get().diskFailed(e);
    } catch (IOException e) {
      directory.get().takeOffline(e.toString());
    }
    return Optional.empty();
  }

  private void take(ReplicaHost host, PartitionImage partition) {
    UUID directory = host.directory().id();
    if (!partition.directoryOf(process.id()).equals(directory)) {
      unassigned.put(host.id(), directory);
      return;
    }
    unassigned.remove(host.id());
    if (partition.leader() == PartitionImage.NO_BROKER) {
      host.post(
          new PartitionEvent.Resign(
              new MillraceError(ErrorCode.NOT_LEADER, "nobody leads the partition")));
    } else if (partition.leader() != process.id()) {
      host.post(
          new PartitionEvent.BecomeFollower(
              partition.leader(),
              partition.leaderEpoch(),
              partition.partitionEpoch(),
              partition.isr().contains(process.id()) || partition.elr().contains(process.id()),
              partition.isr().contains(process.id())));
    } else {
      LeaderState state =
          new LeaderState(
              partition.leaderEpoch(),
              partition.partitionEpoch(),
              partition.replicas(),
              Set.copyOf(partition.isr()),
              partition.effectiveMinIsr());
      host.post(new LeadingEvent.BrokersChanged(eligible));
      host.post(new PartitionEvent.BecomeLeader(state));
      host.post(new PartitionEvent.StateCommitted(state));
    }
  }

  private void assign() {
    if (unassigned.isEmpty() || assigning) {
      return;
    }
    assigning = true;
    var unused = process.session().assign(Map.copyOf(unassigned));
    process
        .time()
        .schedule(
            ASSIGN_AGAIN_MS,
            () -> {
              assigning = false;
              assign();
            });
  }

  private void delete(ReplicaHost host, String why) {
    process.remove(host);
    unassigned.remove(host.id());
    world.ledger(host.number()).removed(process.id());
    var unused =
        host.abandon(new MillraceError(ErrorCode.NOT_LEADER, why))
            .thenRun(() -> process.later(0, () -> host.directory().delete(host)));
  }

  MillraceError whyAbsent(TopicIdPartition id) {
    return new MillraceError(ErrorCode.NOT_LEADER, process + " has no replica of " + id);
  }
}
