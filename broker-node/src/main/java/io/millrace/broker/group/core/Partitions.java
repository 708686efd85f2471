package io.millrace.broker.group.core;

import io.millrace.common.TopicIdPartition;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.pcollections.PSortedMap;
import org.pcollections.TreePMap;

/** Sets and maps of partitions in one order: by topic id, then by number. Stateless. */
final class Partitions {
  static final Comparator<TopicIdPartition> ORDER =
      Comparator.comparing(TopicIdPartition::topicId).thenComparingInt(TopicIdPartition::partition);

  static final SortedSet<TopicIdPartition> NONE =
      Collections.unmodifiableSortedSet(new TreeSet<>(ORDER));

  private Partitions() {}

  /** An immutable copy in order. */
  static SortedSet<TopicIdPartition> sorted(Collection<TopicIdPartition> partitions) {
    if (partitions.isEmpty()) {
      return NONE;
    }
    TreeSet<TopicIdPartition> copy = new TreeSet<>(ORDER);
    copy.addAll(partitions);
    return Collections.unmodifiableSortedSet(copy);
  }

  /** An immutable map in order. */
  static PSortedMap<TopicIdPartition, Integer> map(Map<TopicIdPartition, Integer> epochs) {
    return TreePMap.from(ORDER, epochs);
  }
}
