package io.millrace.metadata.controller;

import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.FeatureRange;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** What the controller is asked to do. A command is checked by the controller, not by its maker. */
public sealed interface Command {

  /** A command of an administrator; answered with a {@link CommandResult.TopicResult}. */
  sealed interface AdminCommand extends Command {
    /** The topic's name. */
    String topic();

    /** How it is to be carried out. */
    RequestOptions options();
  }

  /**
   * Creates a topic.
   *
   * @param topic the name: 1 to 249 of [a-zA-Z0-9._-], not "." or ".."
   * @param partitions from 1 to 10,000, or 0 for the cluster's default
   * @param replicationFactor from 1 to the number of live brokers, or 0 for the cluster's default
   * @param configs the topic's own configuration
   */
  record CreateTopic(
      String topic,
      int partitions,
      int replicationFactor,
      Map<String, String> configs,
      RequestOptions options)
      implements AdminCommand {
    public CreateTopic {
      configs = Map.copyOf(configs);
    }
  }

  /**
   * Deletes a topic.
   *
   * @param expectedId when given, the topic is deleted only if it has this id
   */
  record DeleteTopic(String topic, Optional<UUID> expectedId, RequestOptions options)
      implements AdminCommand {}

  /**
   * Changes a topic's own configuration.
   *
   * @param changes the new values by key; an empty one takes the key back to its default
   */
  record AlterTopicConfigs(
      String topic, Map<String, Optional<String>> changes, RequestOptions options)
      implements AdminCommand {
    public AlterTopicConfigs {
      changes = Map.copyOf(changes);
    }
  }

  /**
   * Adds partitions to a topic.
   *
   * @param partitions the new number, larger than the current one, at most 10,000
   */
  record CreatePartitions(String topic, int partitions, RequestOptions options)
      implements AdminCommand {}

  /**
   * Registers a broker's process, which makes it eligible to lead. Its logs are recovered by then,
   * for leaders are elected with it; it begins to lead only after the answer. Asked again by the
   * same process, it is answered as before. Answered with {@link CommandResult.BrokerResult}.
   *
   * @param brokerId the node id, at least 1
   * @param incarnationId drawn anew by each process
   * @param clientEndpoint where clients reach it
   * @param internalEndpoint where brokers and controllers reach it, if it has such a listener
   * @param rack its rack, or empty
   * @param features the feature levels that it can run at
   * @param directories the ids of its online log directories, at least one
   */
  record RegisterBroker(
      int brokerId,
      UUID incarnationId,
      Endpoint clientEndpoint,
      Optional<Endpoint> internalEndpoint,
      String rack,
      FeatureRange features,
      List<UUID> directories)
      implements Command {
    public RegisterBroker {
      directories = List.copyOf(directories);
    }
  }

  /**
   * Asks for a block of producer ids that no one else gets. Answered with {@link
   * CommandResult.ProducerIdBlock}.
   *
   * @param brokerId the broker that asks
   * @param brokerEpoch its registration
   * @param count how many, from 1 to 1,000,000
   */
  record AllocateProducerIds(int brokerId, long brokerEpoch, int count) implements Command {}

  /**
   * Tells in which log directories a broker's replicas lie. Partitions that are gone by now are
   * passed over. Answered with {@link CommandResult.Done}.
   *
   * @param brokerId the broker that tells
   * @param brokerEpoch its registration
   * @param directories the directory id of each replica
   */
  record AssignDirectories(int brokerId, long brokerEpoch, Map<TopicIdPartition, UUID> directories)
      implements Command {
    public AssignDirectories {
      directories = Map.copyOf(directories);
    }
  }
}
