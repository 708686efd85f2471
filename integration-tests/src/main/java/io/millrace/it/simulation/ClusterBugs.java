package io.millrace.it.simulation;

import io.millrace.broker.replica.PartitionView;
import io.millrace.broker.replica.ReplicationPort;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.broker.replica.link.FollowerFrame;
import io.millrace.common.Acks;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.file.FileStore;
import io.millrace.metadata.controller.BrokerCommand.AlterPartitions;
import io.millrace.metadata.controller.BrokerCommand.IsrMember;
import io.millrace.metadata.controller.BrokerCommand.IsrProposal;
import io.millrace.metadata.controller.BrokerStart;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.Command.RegisterBroker;
import io.millrace.metadata.image.MetadataImage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * The places at which a {@link PlantedBug} of a cluster gets in: all of them between the brokers
 * and the simulated world, none in the brokers. Without a bug everything passes through as it is.
 * Confined to the simulation's thread.
 */
final class ClusterBugs {
  private final Optional<PlantedBug> bug;

  /** The largest epoch that each follower has ever told of its log, by broker and partition. */
  private final Map<FollowedPartition, Integer> toldEpochs = new HashMap<>();

  private record FollowedPartition(int broker, TopicIdPartition partition) {}

  ClusterBugs(Optional<PlantedBug> bug) {
    this.bug = bug;
  }

  boolean has(PlantedBug planted) {
    return bug.isPresent() && bug.get() == planted;
  }

  /** A process's door to its disk. */
  FileStore disk(FileStore store) {
    if (has(PlantedBug.REPLICA_LOG_START_FORGOTTEN)) {
      return PlantedFileStore.wrap(store, PlantedBug.LOG_START_FORGOTTEN);
    }
    return has(PlantedBug.REPLICA_NOT_SYNCED)
        ? PlantedFileStore.wrap(store, PlantedBug.FLUSH_SKIPPED)
        : store;
  }

  /** What names a process. */
  UUID incarnation(int broker, int process) {
    return new UUID(broker, has(PlantedBug.PROCESS_TAKEN_FOR_THE_ONE_BEFORE) ? 1 : process);
  }

  /** What a replica is told. */
  List<PartitionEvent> told(ReplicaHost replica, PartitionEvent event) {
    return bug.isEmpty() || bug.get().model() != Model.CLUSTERS
        ? List.of(event)
        : replica.planted().told(bug.get(), event);
  }

  /** What a replica says to others. */
  ReplicationPort port(ReplicaHost replica, ReplicationPort port) {
    return bug.isEmpty() ? port : new PlantedPort(replica, port, bug.get());
  }

  // ---- between brokers

  /** A frame of a follower. */
  FollowerFrame toLeader(int follower, FollowerFrame frame) {
    if (has(PlantedBug.EPOCH_CACHE_NOT_CLEANED) && frame instanceof FollowerFrame.Subscribe asked) {
      int epoch =
          toldEpochs.merge(
              new FollowedPartition(follower, asked.partition()), asked.lastEpoch(), Math::max);
      return new FollowerFrame.Subscribe(
          asked.attempt(), asked.partition(), asked.leaderEpoch(), asked.position(), epoch);
    }
    return frame;
  }

  /** The high watermark that a leader tells its followers. */
  long highWatermarkForFollowers(PartitionView view) {
    return has(PlantedBug.LOG_END_TOLD_AS_HIGH_WATERMARK)
        ? view.logEndOffset()
        : view.highWatermark();
  }

  /** The high watermark that is noted on the disk. */
  long notedHighWatermark(PartitionView view) {
    return has(PlantedBug.LOG_END_NOTED_AS_HIGH_WATERMARK)
        ? view.logEndOffset()
        : view.highWatermark();
  }

  // ---- between brokers and controllers

  /** A command as it comes to the controller. */
  Command sent(Command command, MetadataImage image) {
    if (command instanceof AlterPartitions alter) {
      if (has(PlantedBug.PARTITION_EPOCH_IGNORED)) {
        return changed(alter, proposal -> ofNewest(proposal, image));
      }
    } else if (command instanceof RegisterBroker register
        && has(PlantedBug.POSSIBLE_LOSS_NOT_TOLD)) {
      return new RegisterBroker(
          register.brokerId(),
          register.incarnationId(),
          register.clientEndpoint(),
          register.internalEndpoint(),
          register.rack(),
          register.features(),
          new BrokerStart(register.start().directories(), false, Set.of(), Set.of(), false));
    }
    return command;
  }

  private static Command changed(AlterPartitions alter, UnaryOperator<IsrProposal> change) {
    return new AlterPartitions(
        alter.brokerId(), alter.brokerEpoch(), alter.partitions().stream().map(change).toList());
  }

  private static IsrProposal byAnyProcess(IsrProposal proposal) {
    return new IsrProposal(
        proposal.topicId(),
        proposal.partition(),
        proposal.leaderEpoch(),
        proposal.partitionEpoch(),
        proposal.isr().stream().map(member -> new IsrMember(member.broker(), -1)).toList());
  }

  private static IsrProposal ofNewest(IsrProposal proposal, MetadataImage image) {
    int newest =
        image
            .topic(proposal.topicId())
            .flatMap(topic -> topic.partition(proposal.partition()))
            .map(partition -> partition.partitionEpoch())
            .orElse(proposal.partitionEpoch());
    return new IsrProposal(
        proposal.topicId(),
        proposal.partition(),
        proposal.leaderEpoch(),
        newest,
        byAnyProcess(proposal).isr());
  }

  // ---- between brokers and clients

  /** The acks that a partition is asked for. */
  Acks acks(Acks asked) {
    return has(PlantedBug.ACKNOWLEDGED_BEFORE_REPLICATED) && asked == Acks.ALL
        ? Acks.LEADER
        : asked;
  }

  /** Up to where a reader may read. */
  long readBound(PartitionView view) {
    return has(PlantedBug.UNCOMMITTED_SERVED) ? view.logEndOffset() : view.highWatermark();
  }

  /** Whether a reader is told the high watermark. */
  boolean latestOffsetKnown(PartitionView view) {
    return has(PlantedBug.LATEST_OFFSET_TOLD_TOO_EARLY) || view.latestOffsetKnown();
  }
}
