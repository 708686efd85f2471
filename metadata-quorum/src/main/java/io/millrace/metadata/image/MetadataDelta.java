package io.millrace.metadata.image;

import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * What changed between two images. As large as the change, not as the image; the new values are in
 * the image that it leads to.
 *
 * @param fromRevision the revision before
 * @param toRevision the revision after
 * @param topics the topics that are new, changed or deleted, by id
 * @param changedBrokers the node ids of the brokers that are new, changed, drained or unregistered
 * @param changedConfigs the node ids of the brokers whose own configuration changed, and {@link
 *     PartitionImage#NO_BROKER} if the configuration of all brokers did
 */
public record MetadataDelta(
    long fromRevision,
    long toRevision,
    SortedMap<UUID, TopicDelta> topics,
    SortedSet<Integer> changedBrokers,
    SortedSet<Integer> changedConfigs) {

  /**
   * The difference of two images, found by comparing all of both: for a subscriber's first image
   * and for one that was installed from a snapshot.
   */
  public static MetadataDelta between(MetadataImage before, MetadataImage after) {
    SortedMap<UUID, TopicDelta> topics = new TreeMap<>();
    for (TopicImage topic : before.topics().byId().values()) {
      if (after.topic(topic.id()).isEmpty()) {
        topics.put(topic.id(), topicDelta(topic.id(), before, after, new TreeSet<>()));
      }
    }
    for (TopicImage topic : after.topics().byId().values()) {
      Optional<TopicImage> old = before.topic(topic.id());
      if (old.isEmpty() || !old.get().equals(topic)) {
        topics.put(
            topic.id(), topicDelta(topic.id(), before, after, changedPartitions(old, topic)));
      }
    }
    SortedSet<Integer> brokers = new TreeSet<>();
    for (BrokerImage broker : after.brokers().values()) {
      if (!before.broker(broker.id()).equals(Optional.of(broker))) {
        brokers.add(broker.id());
      }
    }
    for (BrokerImage broker : before.brokers().values()) {
      if (after.broker(broker.id()).isEmpty()) {
        brokers.add(broker.id());
      }
    }
    for (int id : before.cluster().drained()) {
      if (!after.drained(id)) {
        brokers.add(id);
      }
    }
    for (int id : after.cluster().drained()) {
      if (!before.drained(id)) {
        brokers.add(id);
      }
    }
    return new MetadataDelta(
        before.revision(),
        after.revision(),
        topics,
        brokers,
        changedConfigs(before.configs(), after.configs()));
  }

  private static SortedSet<Integer> changedConfigs(ConfigsImage before, ConfigsImage after) {
    SortedSet<Integer> changed = new TreeSet<>(before.brokers().keySet());
    changed.addAll(after.brokers().keySet());
    changed.removeIf(id -> !after.differsFor(id, before));
    if (!before.cluster().equals(after.cluster())) {
      changed.add(PartitionImage.NO_BROKER);
    }
    return changed;
  }

  static TopicDelta topicDelta(
      UUID id, MetadataImage before, MetadataImage after, SortedSet<Integer> changedPartitions) {
    return new TopicDelta(id, before.topic(id), after.topic(id), changedPartitions);
  }

  private static SortedSet<Integer> changedPartitions(
      Optional<TopicImage> before, TopicImage after) {
    SortedSet<Integer> changed = new TreeSet<>();
    int number = 0;
    for (PartitionImage partition : after.partitions()) {
      int asked = number++;
      Optional<PartitionImage> old = before.flatMap(topic -> topic.partition(asked));
      if (!old.equals(Optional.of(partition))) {
        changed.add(asked);
      }
    }
    return changed;
  }
}
