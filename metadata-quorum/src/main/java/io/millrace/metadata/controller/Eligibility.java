package io.millrace.metadata.controller;

import io.millrace.metadata.image.Assignment;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import java.util.Optional;
import java.util.UUID;

/**
 * Which brokers may lead or be in sync for the partitions of a topic.
 *
 * @param image what is known of the brokers
 * @param topic the topic
 * @param configs what is configured
 */
record Eligibility(MetadataImage image, TopicImage topic, DynamicConfigs configs) {

  /** Whether the broker may lead a partition now, and be added to its in-sync replicas. */
  boolean active(Assignment assignment, int broker) {
    return image.broker(broker).filter(BrokerImage::active).isPresent()
        && directoryOnline(assignment, broker);
  }

  /** Whether the broker may lead if nobody else can: it is stopping, but still serves. */
  boolean stopping(Assignment assignment, int broker) {
    return image
            .broker(broker)
            .filter(known -> known.state() == BrokerState.IN_CONTROLLED_SHUTDOWN)
            .isPresent()
        && directoryOnline(assignment, broker);
  }

  /** Whether the broker may stay in the in-sync replicas. */
  boolean serving(Assignment assignment, int broker) {
    return active(assignment, broker) || stopping(assignment, broker);
  }

  /** Whether the broker's replica lies in an online directory, or in one it has yet to choose. */
  boolean directoryOnline(Assignment assignment, int broker) {
    UUID directory = assignment.directoryOf(broker);
    Optional<BrokerImage> known = image.broker(broker);
    return directory.equals(PartitionImage.UNASSIGNED)
        || known.filter(b -> b.directories().contains(directory)).isPresent();
  }

  /** Whether another broker is better to lead, if one can. */
  boolean drained(int broker) {
    return image.drained(broker);
  }

  /** Whether a broker may be elected though it may lack records (S13). */
  boolean uncleanAllowed(int broker) {
    return configs.uncleanLeaderElection(image, topic, broker);
  }

  /** The effective min ISR of a partition with so many replicas (S05). */
  int effectiveMinIsr(int replicationFactor) {
    return Math.min(configs.minInsyncReplicas(image, topic), replicationFactor);
  }
}
