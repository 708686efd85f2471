package io.millrace.client.internal;

import io.millrace.client.api.BrokerAddress;
import io.millrace.common.TopicPartition;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A topic as the metadata cache knows it.
 *
 * @param name its name
 * @param id its id
 * @param partitions by number: each at its own place
 */
record TopicView(String name, UUID id, List<PartitionView> partitions) {
  TopicView {
    partitions = List.copyOf(partitions);
  }

  /**
   * A partition.
   *
   * @param id its name
   * @param leader where its leader is reached; empty when it has none
   * @param leaderEpoch the leader's epoch
   */
  record PartitionView(TopicPartition id, Optional<BrokerAddress> leader, int leaderEpoch) {}
}
