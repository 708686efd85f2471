package io.millrace.client.internal;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.internal.TopicView.PartitionView;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Who leads some partitions, asked for until a deadline. Confined to the calling thread. */
final class PartitionLeaders {
  private final ClusterClient cluster;
  private final MetadataCache metadata;
  private final long deadlineMs;

  /**
   * Who leads partitions, as the metadata know.
   *
   * @param led the leaders and what each is to be asked for
   * @param leaderless why nobody can be asked now; that may change
   * @param unknown partitions that there are not, or of whose topic nothing is told
   */
  record Found(
      Map<BrokerAddress, List<TopicPartition>> led,
      Map<TopicPartition, MillraceException> leaderless,
      Map<TopicPartition, MillraceException> unknown) {}

  /**
   * Asks within a time.
   *
   * @param deadlineMs on the monotonic clock
   */
  PartitionLeaders(ClusterClient cluster, MetadataCache metadata, long deadlineMs) {
    this.cluster = cluster;
    this.metadata = metadata;
    this.deadlineMs = deadlineMs;
  }

  long deadlineMs() {
    return deadlineMs;
  }

  long now() {
    return cluster.clock().monotonicMs();
  }

  /** What is left until the deadline, at least a millisecond. */
  Duration left() {
    return Duration.ofMillis(Math.max(1, deadlineMs - now()));
  }

  /** Whether something is known of a partition's topic, without asking. */
  boolean isTopicKnown(TopicPartition partition) {
    return metadata.known(partition.topic()).isPresent();
  }

  /** Asks for topics that are not known, but only until one broker has told something. */
  void learnSome(Collection<TopicPartition> partitions) {
    metadata.refreshSome(topics(partitions), left());
  }

  /**
   * Finds who leads; asks for all topics that are not known together.
   *
   * @throws MillraceException if no broker tells anything
   */
  Found find(Collection<TopicPartition> partitions) {
    Map<String, MillraceException> errors = new HashMap<>();
    Set<String> missing = topics(partitions.stream().filter(each -> !isTopicKnown(each)).toList());
    if (!missing.isEmpty()) {
      metadata
          .refreshAll(missing, left())
          .forEach((topic, error) -> errors.put(topic, error.exception()));
    }
    Found found = new Found(new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>());
    for (TopicPartition partition : partitions) {
      try {
        PartitionView view = view(partition, Optional.ofNullable(errors.get(partition.topic())));
        view.leader()
            .ifPresentOrElse(
                leader ->
                    found.led().computeIfAbsent(leader, absent -> new ArrayList<>()).add(partition),
                () -> found.leaderless().put(partition, Leaders.none(view)));
      } catch (MillraceException e) {
        found.unknown().put(partition, e);
      }
    }
    return found;
  }

  private PartitionView view(TopicPartition partition, Optional<MillraceException> error) {
    if (error.isPresent()) {
      throw error.get();
    }
    return Leaders.partition(metadata.topic(partition.topic(), left()), partition);
  }

  /** Asks again who leads; a topic that no broker knows is known no more. */
  void refresh(Collection<TopicPartition> partitions) {
    metadata
        .refreshAll(topics(partitions), left())
        .forEach(
            (topic, error) -> {
              if (error.code() == ErrorCode.UNKNOWN_TOPIC) {
                metadata.forget(topic);
              }
            });
  }

  static Set<String> topics(Collection<TopicPartition> partitions) {
    return partitions.stream().map(TopicPartition::topic).collect(Collectors.toSet());
  }
}
