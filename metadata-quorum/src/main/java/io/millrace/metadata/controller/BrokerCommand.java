package io.millrace.metadata.controller;

import java.util.List;
import java.util.Set;
import java.util.UUID;

/** What brokers ask of the controller, or what it is told of them. */
public sealed interface BrokerCommand extends Command {
  /** The broker's node id. */
  int brokerId();

  /** Its registration. Another one than the current is refused with STALE_BROKER_EPOCH. */
  long brokerEpoch();

  /**
   * A broker tells how it is and what it wants. Most change nothing, and are answered without an
   * entry of the log. Answered with {@link CommandResult.HeartbeatResult}.
   *
   * @param revision the revision of the image that the broker has: it is unfenced only when it
   *     knows of its own registration
   * @param wantFence the broker does not want to lead
   * @param wantShutDown the broker is about to stop, and wants its leaders moved away first
   * @param offlineDirectories the log directories that have failed since it registered
   */
  record BrokerHeartbeat(
      int brokerId,
      long brokerEpoch,
      long revision,
      boolean wantFence,
      boolean wantShutDown,
      Set<UUID> offlineDirectories)
      implements BrokerCommand {
    public BrokerHeartbeat {
      offlineDirectories = Set.copyOf(offlineDirectories);
    }

    /** A broker that wants to lead. */
    public static BrokerHeartbeat of(int brokerId, long brokerEpoch, long revision) {
      return new BrokerHeartbeat(brokerId, brokerEpoch, revision, false, false, Set.of());
    }
  }

  /**
   * A broker's session is lost: it leads no more and leaves every ISR. Nothing happens if it has
   * registered anew since. Answered with {@link CommandResult.Done}.
   */
  record FenceBroker(int brokerId, long brokerEpoch) implements BrokerCommand {}

  /**
   * A leader proposes in-sync replicas. Each partition is judged for itself. A proposal that is
   * agreed to ends the partition epoch, also if it changes nothing else: so a leader makes sure
   * that an earlier proposal of its own is not carried out late. Answered with {@link
   * CommandResult.AlterPartitionsResult}.
   *
   * @param brokerId the leader's broker
   * @param partitions the proposals
   */
  record AlterPartitions(int brokerId, long brokerEpoch, List<IsrProposal> partitions)
      implements BrokerCommand {
    public AlterPartitions {
      partitions = List.copyOf(partitions);
    }
  }

  /**
   * The in-sync replicas that a leader proposes for a partition.
   *
   * @param topicId the topic
   * @param partition the partition's number
   * @param leaderEpoch the epoch in which the broker leads
   * @param partitionEpoch the partition epoch that it proposes to change
   * @param isr the new in-sync replicas. Without the leader, whose log is corrupt, if another one
   *     is to lead: then none joins, and the leader is neither in sync nor eligible any more
   */
  record IsrProposal(
      UUID topicId, int partition, int leaderEpoch, int partitionEpoch, List<IsrMember> isr) {
    public IsrProposal {
      isr = List.copyOf(isr);
    }
  }

  /**
   * A replica of a proposal.
   *
   * @param broker its broker
   * @param brokerEpoch the registration of the broker that the leader has heard of (KIP-903), or -1
   *     if it does not know
   */
  record IsrMember(int broker, long brokerEpoch) {}
}
