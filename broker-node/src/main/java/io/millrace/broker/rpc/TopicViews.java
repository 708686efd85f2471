package io.millrace.broker.rpc;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.NotUnderstood;
import io.millrace.common.config.Origin;
import io.millrace.common.config.Setting;
import io.millrace.common.config.TopicConfigs;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.BrokerEndpoint;
import io.millrace.proto.v1.ConfigEntry;
import io.millrace.proto.v1.ConfigSource;
import io.millrace.proto.v1.PartitionMetadata;
import io.millrace.proto.v1.Topic;
import io.millrace.proto.v1.TopicMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Topics as clients see them. */
final class TopicViews {
  private TopicViews() {}

  /** The topic for clients that read and write. */
  static TopicMetadata metadata(MetadataImage image, TopicImage topic) {
    return TopicMetadata.newBuilder()
        .setTopicId(Uuids.toBytes(topic.id()))
        .setName(topic.name())
        .addAllPartitions(partitions(image, topic))
        .build();
  }

  /** The topic for administrators, without configuration entries. */
  static Topic summary(MetadataImage image, TopicImage topic) {
    return Topic.newBuilder()
        .setName(topic.name())
        .setTopicId(Uuids.toBytes(topic.id()))
        .setReplicationFactor(topic.replicationFactor())
        .addAllPartitions(partitions(image, topic))
        .build();
  }

  /** The topic for administrators, with the entries in force. */
  static Topic full(MetadataImage image, TopicImage topic, EffectiveConfig broker) {
    return summary(image, topic).toBuilder()
        .addAllConfigs(configs(topic.configs(), broker))
        .build();
  }

  /** The entries in force with what a topic sets for itself. */
  static Iterable<ConfigEntry> configs(Map<String, String> own, EffectiveConfig broker) {
    return TopicConfigs.effective(own, broker, NotUnderstood.SILENT).settings().stream()
        .map(TopicViews::entry)
        .toList();
  }

  /** What is said of a topic that does not exist. */
  static MillraceError unknownTopic(String name) {
    return new MillraceError(
        ErrorCode.UNKNOWN_TOPIC, "no topic is named " + name, Map.of("topic", name));
  }

  private static ConfigEntry entry(Setting<?> setting) {
    return ConfigEntry.newBuilder()
        .setKey(setting.key().name())
        .setValue(setting.text())
        .setSource(source(setting.origin()))
        .build();
  }

  private static ConfigSource source(Origin origin) {
    return switch (origin) {
      case DEFAULT -> ConfigSource.CONFIG_SOURCE_DEFAULT;
      case FILE, ENVIRONMENT, FLAG -> ConfigSource.CONFIG_SOURCE_BROKER;
      case CLUSTER -> ConfigSource.CONFIG_SOURCE_CLUSTER_DYNAMIC;
      case BROKER -> ConfigSource.CONFIG_SOURCE_BROKER_DYNAMIC;
      case TOPIC -> ConfigSource.CONFIG_SOURCE_TOPIC;
    };
  }

  private static List<PartitionMetadata> partitions(MetadataImage image, TopicImage topic) {
    List<PartitionMetadata> views = new ArrayList<>();
    for (PartitionImage partition : topic.partitions()) {
      views.add(partition(image, topic, views.size(), partition));
    }
    return views;
  }

  /** One of a topic's partitions. */
  static PartitionMetadata partition(
      MetadataImage image, TopicImage topic, int number, PartitionImage partition) {
    PartitionMetadata.Builder view =
        PartitionMetadata.newBuilder()
            .setPartition(number)
            .setLeaderId(partition.leader())
            .setLeaderEpoch(partition.leaderEpoch())
            .addAllReplicas(partition.replicas())
            .addAllInSyncReplicas(partition.isr())
            .addAllEligibleLeaderReplicas(partition.elr());
    if (partition.leader() == PartitionImage.NO_BROKER) {
      view.setWhyNoLeader(RpcErrors.toProto(NoLeader.why(image, topic.name(), number, partition)));
    }
    return view.build();
  }

  /** Where clients reach a broker. */
  static BrokerEndpoint endpoint(BrokerImage broker) {
    return BrokerEndpoint.newBuilder()
        .setNodeId(broker.id())
        .setHost(broker.clientEndpoint().host())
        .setPort(broker.clientEndpoint().port())
        .setRack(broker.rack())
        .setFenced(broker.fenced())
        .build();
  }
}
