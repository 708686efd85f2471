package io.millrace.broker.replica.core;

import java.util.List;
import java.util.Set;

/**
 * The committed facts of a partition that its leader acts by.
 *
 * @param leaderEpoch counts the leaders, from 0
 * @param partitionEpoch counts the changes of this record, from 0
 * @param replicas the brokers that hold the partition, no broker twice
 * @param isr the in-sync ones, a subset of the replicas
 * @param minIsr the effective min.insync.replicas: at least 1, at most the replication factor
 */
public record LeaderState(
    int leaderEpoch, int partitionEpoch, List<Integer> replicas, Set<Integer> isr, int minIsr) {
  public LeaderState {
    replicas = List.copyOf(replicas);
    isr = Set.copyOf(isr);
    if (!replicas.containsAll(isr) || Set.copyOf(replicas).size() != replicas.size()) {
      throw new IllegalArgumentException(
          "isr: %s, replicas: %s (expected: no broker twice, isr within replicas)"
              .formatted(isr, replicas));
    }
    if (minIsr < 1 || minIsr > replicas.size()) {
      throw new IllegalArgumentException(
          "minIsr: %d (expected: [1, %d])".formatted(minIsr, replicas.size()));
    }
  }

  /** Whether the committed ISR is large enough for acks=all and for the high watermark to move. */
  public boolean enoughInSync() {
    return isr.size() >= minIsr;
  }
}
