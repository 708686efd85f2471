package io.millrace.broker.replica;

import io.millrace.common.TopicIdPartition;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Of which partitions a checkpoint file may say something that this process wrote. Thread-safe,
 * guarded by its monitor.
 */
final class NotedPartitions {
  /** The file has notes of these. */
  private Set<TopicIdPartition> written = Set.of();

  /** It is about to. */
  private Set<TopicIdPartition> underWay = Set.of();

  /**
   * A writing begins. Whoever asks of a partition that has left is told of it, or it is not
   * written.
   *
   * @param hosted the partitions that are here; looked at under the monitor
   * @return those that are to be noted
   */
  synchronized List<HostedPartition> begin(Collection<HostedPartition> hosted) {
    List<HostedPartition> now = List.copyOf(hosted);
    underWay = now.stream().map(HostedPartition::id).collect(Collectors.toUnmodifiableSet());
    return now;
  }

  /** It has ended well. */
  synchronized void end() {
    written = underWay;
    underWay = Set.of();
  }

  synchronized boolean mayHave(TopicIdPartition id) {
    return written.contains(id) || underWay.contains(id);
  }
}
