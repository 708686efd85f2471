package io.millrace.client.internal;

import io.millrace.client.api.ConfigValue;
import io.millrace.client.api.FeatureLevels;
import io.millrace.client.api.PartitionDescription;
import io.millrace.client.api.PartitionStatus;
import io.millrace.client.api.QuorumDescription;
import io.millrace.client.api.TopicDescription;
import io.millrace.common.MillraceError;
import io.millrace.proto.v1.ConfigSource;
import io.millrace.proto.v1.Features;
import io.millrace.proto.v1.PartitionMetadata;
import io.millrace.proto.v1.PartitionState;
import io.millrace.proto.v1.Quorum;
import io.millrace.proto.v1.ReplicaState;
import io.millrace.proto.v1.Topic;
import java.util.Optional;
import java.util.OptionalLong;

/** Admin messages as the API's values. */
final class Descriptions {
  private Descriptions() {}

  static TopicDescription topic(Topic topic) {
    return new TopicDescription(
        topic.getName(),
        Uuids.fromBytes(topic.getTopicId()),
        topic.getReplicationFactor(),
        topic.getPartitionsList().stream().map(Descriptions::partition).toList(),
        topic.getConfigsList().stream()
            .map(c -> new ConfigValue(c.getKey(), c.getValue(), source(c.getSource())))
            .toList());
  }

  static PartitionDescription partition(PartitionMetadata partition) {
    return new PartitionDescription(
        partition.getPartition(),
        partition.getLeaderId(),
        partition.getLeaderEpoch(),
        partition.getReplicasList(),
        partition.getInSyncReplicasList(),
        partition.getEligibleLeaderReplicasList(),
        whyNoLeader(partition));
  }

  static PartitionStatus status(PartitionState state) {
    return new PartitionStatus(
        partition(state.getMetadata()),
        state.getOutOfSyncReplicasList(),
        state.getHighWatermark(),
        state.getReplicasList().stream().map(Descriptions::status).toList());
  }

  private static PartitionStatus.ReplicaStatus status(ReplicaState replica) {
    return new PartitionStatus.ReplicaStatus(
        replica.getNodeId(),
        replica.getInSync(),
        replica.getLogStartOffset(),
        replica.getLogEndOffset(),
        replica.getHighWatermark(),
        replica.getOffsetsBehind(),
        replica.getOffsetsAhead(),
        replica.hasCorruptOffset()
            ? OptionalLong.of(replica.getCorruptOffset())
            : OptionalLong.empty(),
        replica.hasError()
            ? Optional.of(GrpcErrors.fromProto(replica.getError()))
            : Optional.empty());
  }

  /** Why nobody leads a partition, if the broker said so. */
  static Optional<MillraceError> whyNoLeader(PartitionMetadata partition) {
    return partition.hasWhyNoLeader()
        ? Optional.of(GrpcErrors.fromProto(partition.getWhyNoLeader()))
        : Optional.empty();
  }

  static ConfigValue.Source source(ConfigSource source) {
    return switch (source) {
      case CONFIG_SOURCE_DEFAULT -> ConfigValue.Source.DEFAULT;
      case CONFIG_SOURCE_BROKER -> ConfigValue.Source.BROKER;
      case CONFIG_SOURCE_CLUSTER_DYNAMIC -> ConfigValue.Source.CLUSTER_DYNAMIC;
      case CONFIG_SOURCE_BROKER_DYNAMIC -> ConfigValue.Source.BROKER_DYNAMIC;
      case CONFIG_SOURCE_TOPIC -> ConfigValue.Source.TOPIC;
      case CONFIG_SOURCE_UNSPECIFIED, UNRECOGNIZED -> ConfigValue.Source.UNKNOWN;
    };
  }

  static FeatureLevels features(Features features) {
    return new FeatureLevels(
        features.getLevel(), features.getMinSupportedLevel(), features.getMaxSupportedLevel());
  }

  static QuorumDescription quorum(Quorum quorum) {
    return new QuorumDescription(
        quorum.getControllerId(),
        quorum.getControllerEpoch(),
        quorum.getVotersList().stream()
            .map(
                voter ->
                    new QuorumDescription.Voter(
                        voter.getNodeId(),
                        voter.getDirectoryId(),
                        voter.getQuorumAddress(),
                        voter.getInternalAddress(),
                        voter.getLastContactMs(),
                        voter.getLagEntries()))
            .toList());
  }
}
