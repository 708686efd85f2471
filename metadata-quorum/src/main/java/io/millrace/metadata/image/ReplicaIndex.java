package io.millrace.metadata.image;

import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.SortedSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pcollections.PSortedMap;
import org.pcollections.PSortedSet;
import org.pcollections.TreePMap;
import org.pcollections.TreePSet;

/**
 * Which topics a broker has replicas of, and which have a partition without a leader: so that what
 * happens to a broker costs as much as the broker has, not as the cluster has.
 *
 * @param topicsByBroker the topics' ids by the brokers' node ids, under {@link
 *     PartitionImage#NO_BROKER} those with a partition that has no leader; no empty sets
 */
record ReplicaIndex(PSortedMap<Integer, PSortedSet<UUID>> topicsByBroker) {
  static final ReplicaIndex EMPTY = new ReplicaIndex(TreePMap.empty());

  /** The topics under a key, in the order of their ids. */
  SortedSet<UUID> topics(int key) {
    @Nullable PSortedSet<UUID> topics = topicsByBroker.get(key);
    return topics == null ? TreePSet.empty() : topics;
  }

  /**
   * With some partitions of a topic changed.
   *
   * @param before the partitions as they were, those that were there
   * @param after the same ones as they are, and new ones
   * @param topic the topic as it is
   */
  ReplicaIndex with(
      TopicImage topic, Collection<PartitionImage> before, Collection<PartitionImage> after) {
    Set<Integer> old = new HashSet<>();
    before.forEach(partition -> addKeys(partition, old));
    Set<Integer> now = new HashSet<>();
    after.forEach(partition -> addKeys(partition, now));
    ReplicaIndex index = this;
    for (int key : now) {
      if (!old.contains(key)) {
        index = index.plus(key, topic.id());
      }
    }
    old.removeAll(now);
    if (!old.isEmpty()) {
      for (PartitionImage partition : topic.partitions()) {
        old.removeAll(keys(partition));
        if (old.isEmpty()) {
          break;
        }
      }
      for (int key : old) {
        index = index.minus(key, topic.id());
      }
    }
    return index;
  }

  /** Without a topic. */
  ReplicaIndex without(TopicImage topic) {
    Set<Integer> keys = new HashSet<>();
    topic.partitions().forEach(partition -> addKeys(partition, keys));
    ReplicaIndex index = this;
    for (int key : keys) {
      index = index.minus(key, topic.id());
    }
    return index;
  }

  private static Set<Integer> keys(PartitionImage partition) {
    Set<Integer> keys = new HashSet<>();
    addKeys(partition, keys);
    return keys;
  }

  private static void addKeys(PartitionImage partition, Set<Integer> keys) {
    keys.addAll(partition.replicas());
    if (partition.leader() == PartitionImage.NO_BROKER) {
      keys.add(PartitionImage.NO_BROKER);
    }
  }

  private ReplicaIndex plus(int key, UUID topic) {
    @Nullable PSortedSet<UUID> topics = topicsByBroker.get(key);
    return new ReplicaIndex(
        topicsByBroker.plus(key, topics == null ? TreePSet.singleton(topic) : topics.plus(topic)));
  }

  private ReplicaIndex minus(int key, UUID topic) {
    @Nullable PSortedSet<UUID> topics = topicsByBroker.get(key);
    if (topics == null) {
      return this;
    }
    PSortedSet<UUID> left = topics.minus(topic);
    return new ReplicaIndex(
        left.isEmpty() ? topicsByBroker.minus(key) : topicsByBroker.plus(key, left));
  }
}
