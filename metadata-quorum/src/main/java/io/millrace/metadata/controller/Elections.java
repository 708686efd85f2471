package io.millrace.metadata.controller;

import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import java.util.List;
import java.util.Optional;

/** Who may lead a partition (S13). */
final class Elections {
  private Elections() {}

  /**
   * A live in-sync replica in the assignment's order; else a live eligible leader replica; else,
   * when both sets are empty, the last known leader if it is back (S14).
   */
  static Optional<Integer> leader(PartitionImage partition, MetadataImage image) {
    return firstLive(partition, partition.isr(), image)
        .or(() -> firstLive(partition, partition.elr(), image))
        .or(
            () ->
                partition.isr().isEmpty() && partition.elr().isEmpty()
                    ? firstLive(partition, List.of(partition.lastKnownLeader()), image)
                    : Optional.empty());
  }

  private static Optional<Integer> firstLive(
      PartitionImage partition, List<Integer> eligible, MetadataImage image) {
    return partition.replicas().stream()
        .filter(eligible::contains)
        .filter(id -> image.broker(id).filter(broker -> !broker.fenced()).isPresent())
        .findFirst();
  }
}
