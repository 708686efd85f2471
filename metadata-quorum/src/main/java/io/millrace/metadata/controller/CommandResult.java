package io.millrace.metadata.controller;

import io.millrace.common.MillraceError;
import io.millrace.metadata.image.PartitionImage;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What became of a command. All but {@link Refused} tell the revision whose image shows the effect.
 */
public sealed interface CommandResult {
  /** The revision whose image shows the effect; 0 when there is none. */
  default long revision() {
    return 0;
  }

  /** Nothing changed, or (OUTCOME_UNKNOWN) it can't be told whether anything did. */
  record Refused(MillraceError error) implements CommandResult {}

  /**
   * A topic was created, changed or deleted.
   *
   * @param topicId its id; empty for a creation that was only validated
   * @param revision the revision that shows the effect
   */
  record TopicResult(Optional<UUID> topicId, long revision) implements CommandResult {}

  /**
   * A broker is registered; a new registration is fenced.
   *
   * @param brokerEpoch names the registration in later requests
   * @param revision the revision that shows the effect
   */
  record BrokerResult(long brokerEpoch, long revision) implements CommandResult {}

  /**
   * A block of producer ids.
   *
   * @param firstProducerId the first id
   * @param count how many ids
   * @param revision the revision that shows the effect
   */
  record ProducerIdBlock(long firstProducerId, int count, long revision) implements CommandResult {}

  /**
   * It is done.
   *
   * @param revision the revision that shows the effect
   */
  record Done(long revision) implements CommandResult {}

  /**
   * How a broker stands after its heartbeat.
   *
   * @param caughtUp whether its image is new enough to know of its registration
   * @param fenced whether it may not lead
   * @param shouldShutDown whether it has nothing left to hand over, and may stop
   * @param revision the revision that shows the effect
   */
  record HeartbeatResult(boolean caughtUp, boolean fenced, boolean shouldShutDown, long revision)
      implements CommandResult {}

  /**
   * What became of a leader's proposals.
   *
   * @param partitions one outcome for each proposal, in their order
   * @param revision the revision that shows the effect
   */
  record AlterPartitionsResult(List<PartitionOutcome> partitions, long revision)
      implements CommandResult {
    public AlterPartitionsResult {
      partitions = List.copyOf(partitions);
    }
  }

  /**
   * What became of a proposal.
   *
   * @param error why it was refused, if it was
   * @param partition the partition as it is now; empty if it does not exist
   */
  record PartitionOutcome(Optional<MillraceError> error, Optional<PartitionImage> partition) {}
}
