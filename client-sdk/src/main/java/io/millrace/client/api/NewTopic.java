package io.millrace.client.api;

import java.util.Map;

/**
 * A topic to create.
 *
 * @param name 1 to 249 of {@code [a-zA-Z0-9._-]}, not {@code .} or {@code ..}
 * @param partitions from 1; 0 for the cluster's default
 * @param replicationFactor from 1; 0 for the cluster's default
 * @param configs the topic's own configuration by key
 */
public record NewTopic(
    String name, int partitions, int replicationFactor, Map<String, String> configs) {
  public NewTopic {
    configs = Map.copyOf(configs);
  }

  /** A topic with that many partitions and the cluster's defaults for the rest. */
  public static NewTopic of(String name, int partitions) {
    return new NewTopic(name, partitions, 0, Map.of());
  }
}
