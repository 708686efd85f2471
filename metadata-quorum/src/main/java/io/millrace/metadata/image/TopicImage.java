package io.millrace.metadata.image;

import java.util.Optional;
import java.util.UUID;
import org.pcollections.PSortedMap;
import org.pcollections.PVector;
import org.pcollections.TreePMap;
import org.pcollections.TreePVector;

/**
 * A topic.
 *
 * @param id the id, never used again
 * @param name the name, unique among the topics that exist
 * @param partitions the partitions by number
 * @param configs the topic's own configuration: only what differs from the broker's defaults
 */
public record TopicImage(
    UUID id, String name, PVector<PartitionImage> partitions, PSortedMap<String, String> configs) {

  /** A topic without partitions or configuration. */
  static TopicImage empty(UUID id, String name) {
    return new TopicImage(id, name, TreePVector.empty(), TreePMap.empty());
  }

  /** The partition of that number, if there is one. */
  public Optional<PartitionImage> partition(int number) {
    return number >= 0 && number < partitions.size()
        ? Optional.of(partitions.get(number))
        : Optional.empty();
  }

  /** How many replicas partition 0 has, without those that a reassignment adds. */
  public int replicationFactor() {
    return partitions.isEmpty() ? 0 : partitions.get(0).assignment().replicationFactor();
  }

  /** Whether the topic is the system's own: its name begins with two underscores. */
  public boolean internal() {
    return isInternal(name);
  }

  /** The same of a name, whether or not there is such a topic. */
  public static boolean isInternal(String name) {
    return name.startsWith("__");
  }

  TopicImage withPartitions(PVector<PartitionImage> newPartitions) {
    return new TopicImage(id, name, newPartitions, configs);
  }

  TopicImage withConfigs(PSortedMap<String, String> newConfigs) {
    return new TopicImage(id, name, partitions, newConfigs);
  }
}
