package io.millrace.client.internal;

import io.millrace.client.api.BrokerAddress;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicPartition;
import java.util.ArrayList;
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
   * What is known of the topic once somebody has told this of it, who may be behind: another id is
   * another topic; of the same one every partition as its highest leader epoch has it (KIP-320),
   * and no fewer than before.
   */
  TopicView updatedBy(TopicView told) {
    if (!told.id.equals(id)) {
      return told;
    }
    List<PartitionView> newest = new ArrayList<>();
    for (int i = 0; i < Math.max(partitions.size(), told.partitions.size()); i++) {
      boolean stale =
          i >= told.partitions.size()
              || (i < partitions.size()
                  && told.partitions.get(i).leaderEpoch() < partitions.get(i).leaderEpoch());
      newest.add(stale ? partitions.get(i) : told.partitions.get(i));
    }
    return new TopicView(name, id, newest);
  }

  /** What is known once somebody has told of one partition's leader, who may be behind. */
  TopicView ledBy(int number, Optional<BrokerAddress> leader, int leaderEpoch) {
    if (number >= partitions.size() || partitions.get(number).leaderEpoch() >= leaderEpoch) {
      return this;
    }
    List<PartitionView> changed = new ArrayList<>(partitions);
    TopicPartition partition = new TopicPartition(name, number);
    changed.set(number, new PartitionView(partition, leader, leaderEpoch, Optional.empty()));
    return new TopicView(name, id, changed);
  }

  /**
   * A partition.
   *
   * @param id its name
   * @param leader where its leader is reached; empty when it has none
   * @param leaderEpoch the leader's epoch
   * @param whyNoLeader why it has none, if the broker said so
   */
  record PartitionView(
      TopicPartition id,
      Optional<BrokerAddress> leader,
      int leaderEpoch,
      Optional<MillraceError> whyNoLeader) {
    boolean isLedBy(BrokerAddress broker) {
      return leader.filter(broker::equals).isPresent();
    }
  }
}
