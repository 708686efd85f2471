package io.millrace.metadata.controller;

import io.millrace.common.TopicPartition;
import io.millrace.metadata.controller.Command.AdminCommand;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A command of an administrator that is about more than one topic; answered with a {@link
 * CommandResult.Done}. It is carried out as a whole or refused as a whole.
 */
public sealed interface ClusterCommand extends AdminCommand {
  /**
   * Takes a broker out of the cluster that will not come back. Replicas that are assigned to it
   * stay assigned, but it is in sync nowhere and leads nothing. Refused while it is not fenced.
   *
   * @param brokerId the broker
   * @param brokerEpoch the registration that is meant: one that has come since, of a process that
   *     is starting, is left alone; 0 for whichever there is
   */
  record UnregisterBroker(int brokerId, long brokerEpoch, RequestOptions options)
      implements ClusterCommand {}

  /**
   * Has a broker lead nothing that another one can, and keeps new leaders off it; or ends that. It
   * stays so over restarts of the broker. Its replicas stay where they are.
   *
   * @param brokerId a registered broker
   * @param drained false to end it; leaders come back as they are balanced or elected, at once only
   *     those of other drained brokers
   */
  record DrainBroker(int brokerId, boolean drained, RequestOptions options)
      implements ClusterCommand {}

  /**
   * Changes the configuration that holds for all brokers that set nothing else. A change of {@code
   * min.insync.replicas} acts on all partitions whose topic sets none, in as many entries as it
   * takes.
   *
   * @param changes the new values by key, a key being one of {@link
   *     io.millrace.common.config.ReplicationConfigs#dynamic()}; an empty one takes it back
   */
  record AlterClusterConfigs(Map<String, Optional<String>> changes, RequestOptions options)
      implements ClusterCommand {
    public AlterClusterConfigs {
      changes = Map.copyOf(changes);
    }
  }

  /**
   * Changes a broker's own configuration, which goes before the cluster's.
   *
   * @param brokerId a registered broker
   * @param changes as of {@link AlterClusterConfigs}; without {@code min.insync.replicas}, which
   *     the leaders of a partition must agree on
   */
  record AlterBrokerConfigs(
      int brokerId, Map<String, Optional<String>> changes, RequestOptions options)
      implements ClusterCommand {
    public AlterBrokerConfigs {
      changes = Map.copyOf(changes);
    }
  }

  /**
   * Raises the feature level. Refused unless this software and all registered brokers can run at
   * it. Voters that are no brokers are not asked: they are to be upgraded before.
   *
   * @param level the new level, not below the current one
   */
  record UpdateFeatureLevel(int level, RequestOptions options) implements ClusterCommand {}

  /**
   * Elects leaders by an administrator's wish. A partition that needs no election is passed over,
   * and so it is not remembered under its request id: repeated, it elects where an election is
   * needed then. An unclean one may be needed again, if the leader has been lost in between.
   *
   * @param type which election
   * @param partitions the partitions; empty for all
   */
  record ElectLeaders(ElectionType type, List<TopicPartition> partitions, RequestOptions options)
      implements ClusterCommand {
    public ElectLeaders {
      partitions = List.copyOf(partitions);
    }
  }

  /** An election that is asked for (S15). */
  enum ElectionType {
    /** The preferred leader, if it is in sync. */
    PREFERRED,
    /** Any live replica, where there is no leader: records may be lost. */
    UNCLEAN
  }

  /**
   * Begins, changes or cancels the reassignment of partitions' replicas. A reassignment ends by
   * itself when all new replicas are in sync, and, if somebody goes who has all that was committed,
   * as many as the min ISR of those that stay.
   *
   * @param reassignments what is to be of each partition
   */
  record AlterReassignments(List<Reassignment> reassignments, RequestOptions options)
      implements ClusterCommand {
    public AlterReassignments {
      reassignments = List.copyOf(reassignments);
    }
  }

  /**
   * What is to be of a partition.
   *
   * @param partition the partition
   * @param replicas the replicas that it is to have, the preferred leader first; empty to cancel
   *     the reassignment that is under way
   */
  record Reassignment(TopicPartition partition, Optional<List<Integer>> replicas) {
    public Reassignment {
      replicas = replicas.map(List::copyOf);
    }
  }
}
