package io.millrace.client.api;

import java.util.List;
import java.util.UUID;

/**
 * A topic.
 *
 * @param name its name
 * @param id its id, never used for another topic
 * @param replicationFactor how many replicas each partition has
 * @param partitions by number
 * @param configs every configuration entry in force, by key; empty in lists
 */
public record TopicDescription(
    String name,
    UUID id,
    int replicationFactor,
    List<PartitionDescription> partitions,
    List<ConfigValue> configs) {
  public TopicDescription {
    partitions = List.copyOf(partitions);
    configs = List.copyOf(configs);
  }
}
