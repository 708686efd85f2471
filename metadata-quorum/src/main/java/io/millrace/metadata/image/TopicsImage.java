package io.millrace.metadata.image;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pcollections.PSortedMap;
import org.pcollections.TreePMap;

/**
 * All topics.
 *
 * @param byId the topics by id
 * @param idsByName the same topics' ids by name, in the order of the names
 * @param partitionCount how many partitions all of them have
 * @param index which brokers have replicas of which of them
 */
public record TopicsImage(
    PSortedMap<UUID, TopicImage> byId,
    PSortedMap<String, UUID> idsByName,
    int partitionCount,
    ReplicaIndex index) {

  /** No topics. */
  public static final TopicsImage EMPTY =
      new TopicsImage(TreePMap.empty(), TreePMap.empty(), 0, ReplicaIndex.EMPTY);

  /** The topic of that id, if it exists. */
  public Optional<TopicImage> topic(UUID id) {
    return Optional.ofNullable(byId.get(id));
  }

  /** The topic of that name, if it exists. */
  public Optional<TopicImage> topic(String name) {
    @Nullable UUID id = idsByName.get(name);
    return id == null ? Optional.empty() : topic(id);
  }

  /** The topics that a broker has replicas of, in the order of their ids. */
  public SortedSet<UUID> withReplicasOn(int broker) {
    return index.topics(broker);
  }

  /** The brokers that have replicas, registered or not, in the order of their node ids. */
  public Set<Integer> brokersWithReplicas() {
    return index.topicsByBroker().minus(PartitionImage.NO_BROKER).keySet();
  }

  /** The topics that have a partition without a leader, in the order of their ids. */
  public SortedSet<UUID> withoutSomeLeader() {
    return index.topics(PartitionImage.NO_BROKER);
  }

  /** With a topic that is new or changed. */
  public TopicsImage with(TopicImage topic) {
    int partitionsBefore = topic(topic.id()).map(known -> known.partitions().size()).orElse(0);
    int partitions = Math.max(partitionsBefore, topic.partitions().size());
    return with(topic, IntStream.range(0, partitions).boxed().toList());
  }

  /** With a topic of which only some partitions are new or changed. */
  TopicsImage with(TopicImage topic, Collection<Integer> changed) {
    @Nullable TopicImage before = byId.get(topic.id());
    List<PartitionImage> old = new ArrayList<>(changed.size());
    List<PartitionImage> now = new ArrayList<>(changed.size());
    for (int number : changed) {
      Optional<PartitionImage> was = partition(before, number);
      Optional<PartitionImage> is = topic.partition(number);
      if (was.isEmpty() || is.isEmpty() || !sameInIndex(was.get(), is.get())) {
        was.ifPresent(old::add);
        is.ifPresent(now::add);
      }
    }
    int partitionsBefore = before == null ? 0 : before.partitions().size();
    return new TopicsImage(
        byId.plus(topic.id(), topic),
        before == null ? idsByName.plus(topic.name(), topic.id()) : idsByName,
        partitionCount + topic.partitions().size() - partitionsBefore,
        index.with(topic, old, now));
  }

  private static Optional<PartitionImage> partition(@Nullable TopicImage topic, int number) {
    return topic == null ? Optional.empty() : topic.partition(number);
  }

  private static boolean sameInIndex(PartitionImage one, PartitionImage other) {
    boolean oneLed = one.leader() != PartitionImage.NO_BROKER;
    boolean otherLed = other.leader() != PartitionImage.NO_BROKER;
    return oneLed == otherLed && one.replicas().equals(other.replicas());
  }

  /** Without a topic. */
  public TopicsImage without(TopicImage topic) {
    return new TopicsImage(
        byId.minus(topic.id()),
        idsByName.minus(topic.name()),
        partitionCount - topic.partitions().size(),
        index.without(topic));
  }
}
