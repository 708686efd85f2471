package io.millrace.client.api;

import io.millrace.common.TopicPartition;
import java.util.Set;

/**
 * Told which partitions a group gives to a consumer and takes from it. Runs on the consumer's own
 * thread, inside {@link Consumer#poll}, {@link Consumer#unsubscribe} or {@link Consumer#close}; may
 * use the consumer, but for {@code poll}, {@code subscribe} and {@code unsubscribe}. Only the
 * partitions that come or go are named: those that are kept go on meanwhile. What it throws is
 * thrown by the {@code poll} once the change is done.
 */
public interface RebalanceListener {
  /**
   * Partitions came. They are read from the group's committed offsets, unless they are moved here
   * by {@link Consumer#seek}.
   */
  default void onAssigned(Set<TopicPartition> partitions) {}

  /**
   * Partitions are about to be given up: they are assigned still, what {@code poll} returned of
   * them counts as processed, and can be committed here. None of their records is returned
   * afterwards, and nobody else is given them before. Whoever takes longer than {@link
   * GroupConfig#maxPollInterval()} loses them.
   */
  default void onRevoked(Set<TopicPartition> partitions) {}

  /**
   * Partitions are gone already, and others may have them: this consumer was thought dead, or did
   * not poll for too long. Nothing can be committed any more.
   */
  default void onLost(Set<TopicPartition> partitions) {}
}
