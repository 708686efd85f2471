package io.millrace.metadata.controller;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.FeatureRange;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** What the controller is asked to do. A command is checked by the controller, not by its maker. */
public sealed interface Command
    permits Command.AdminCommand,
        Command.RegisterBroker,
        Command.AllocateProducerIds,
        Command.AssignDirectories,
        BrokerCommand,
        UpkeepCommand {

  /** A command of an administrator. */
  sealed interface AdminCommand extends Command permits TopicCommand, ClusterCommand {
    /** How it is to be carried out. */
    RequestOptions options();
  }

  /**
   * A command of an administrator that is about one topic; answered with a {@link
   * CommandResult.TopicResult}.
   */
  sealed interface TopicCommand extends AdminCommand {
    /** The topic's name. */
    String topic();
  }

  /**
   * Creates a topic.
   *
   * @param topic the name: 1 to 249 of [a-zA-Z0-9._-], not "." or ".."
   * @param partitions from 1 to 10,000, or 0 for the cluster's default
   * @param replicationFactor from 1 to the number of registered brokers that are not stopping, one
   *     of which lives, or 0 for the cluster's default
   * @param assignments the replicas of each partition, the preferred leader first; empty to let the
   *     controller place them. When given, partitions and replication factor are 0 or say the same.
   * @param configs the topic's own configuration
   */
  record CreateTopic(
      String topic,
      int partitions,
      int replicationFactor,
      List<List<Integer>> assignments,
      Map<String, String> configs,
      RequestOptions options)
      implements TopicCommand {
    public CreateTopic {
      assignments = assignments.stream().map(List::copyOf).toList();
      configs = Map.copyOf(configs);
    }

    /** Creates a topic whose replicas the controller places. */
    public CreateTopic(
        String topic,
        int partitions,
        int replicationFactor,
        Map<String, String> configs,
        RequestOptions options) {
      this(topic, partitions, replicationFactor, List.of(), configs, options);
    }
  }

  /**
   * Deletes a topic.
   *
   * @param expectedId when given, the topic is deleted only if it has this id
   */
  record DeleteTopic(String topic, Optional<UUID> expectedId, RequestOptions options)
      implements TopicCommand {}

  /**
   * Changes a topic's own configuration.
   *
   * @param changes the new values by key; an empty one takes the key back to its default
   */
  record AlterTopicConfigs(
      String topic, Map<String, Optional<String>> changes, RequestOptions options)
      implements TopicCommand {
    public AlterTopicConfigs {
      changes = Map.copyOf(changes);
    }
  }

  /**
   * Adds partitions to a topic.
   *
   * @param partitions the new number, larger than the current one, at most 10,000
   * @param assignments the replicas of each new partition; empty to let the controller place them
   */
  record CreatePartitions(
      String topic, int partitions, List<List<Integer>> assignments, RequestOptions options)
      implements TopicCommand {
    public CreatePartitions {
      assignments = assignments.stream().map(List::copyOf).toList();
    }

    /** Adds partitions whose replicas the controller places. */
    public CreatePartitions(String topic, int partitions, RequestOptions options) {
      this(topic, partitions, List.of(), options);
    }
  }

  /**
   * Registers a broker's process. It is fenced until it asks to lead with a {@link
   * BrokerCommand.BrokerHeartbeat}. Asked again by the same process, it is answered as before.
   * Refused with BROKER_ID_IN_USE while an earlier process under the same node id is not fenced.
   * Answered with {@link CommandResult.BrokerResult}.
   *
   * @param brokerId the node id, at least 1
   * @param incarnationId drawn anew by each process
   * @param clientEndpoint where clients reach it
   * @param internalEndpoint where brokers and controllers reach it, if it has such a listener
   * @param rack its rack, or empty
   * @param features the feature levels that it can run at
   * @param start what it found when it started; its logs are recovered by then
   */
  record RegisterBroker(
      int brokerId,
      UUID incarnationId,
      Endpoint clientEndpoint,
      Optional<Endpoint> internalEndpoint,
      String rack,
      FeatureRange features,
      BrokerStart start)
      implements Command {
    /**
     * The refusal, as another process has the node id.
     *
     * @param known the broker as it is registered, if it is
     * @param details what is said for programs, besides the node id
     */
    public MillraceError idInUse(Optional<BrokerImage> known, Map<String, String> details) {
      Map<String, String> all = new HashMap<>(details);
      all.put("broker_id", "" + brokerId);
      known.ifPresent(other -> all.put("endpoint", other.clientEndpoint().toString()));
      return new MillraceError(
          ErrorCode.BROKER_ID_IN_USE,
          "broker id: "
              + brokerId
              + " is in use by another process"
              + known.map(other -> ", at " + other.clientEndpoint()).orElse("")
              + " (expected: an id of its own for each node; after the end of that process the id"
              + " is free within the session time-out)",
          all);
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
