package io.millrace.metadata.controller;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.config.ConfigSchema;
import io.millrace.common.config.ReplicationConfigs;
import io.millrace.common.config.TopicConfigs;
import io.millrace.metadata.controller.ClusterCommand.AlterBrokerConfigs;
import io.millrace.metadata.controller.ClusterCommand.AlterClusterConfigs;
import io.millrace.metadata.controller.ClusterCommand.UpdateFeatureLevel;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.FeatureRange;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.Records;
import io.millrace.proto.internal.v1.BrokerConfigChanged;
import io.millrace.proto.internal.v1.ClusterConfigChanged;
import io.millrace.proto.internal.v1.ConfigChange;
import io.millrace.proto.internal.v1.FeatureLevelChanged;
import io.millrace.proto.internal.v1.MetadataRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Changes of the cluster's and the brokers' configuration and of the feature level as records. */
final class ConfigDecisions {
  private static final ConfigSchema SCHEMA =
      new ConfigSchema("dynamic setting", ReplicationConfigs.dynamic());
  private static final String MIN_INSYNC_REPLICAS =
      TopicConfigs.brokerKey(TopicConfigs.MIN_INSYNC_REPLICAS).name();

  private final ControllerSettings settings;
  private final DynamicConfigs configs;
  private final FeatureRange supported;

  /**
   * Decisions of a controller.
   *
   * @param supported the feature levels that this software can run at
   */
  ConfigDecisions(ControllerSettings settings, DynamicConfigs configs, FeatureRange supported) {
    this.settings = settings;
    this.configs = configs;
    this.supported = supported;
  }

  BrokerStates.Step alterCluster(MetadataImage image, AlterClusterConfigs command) {
    List<ConfigChange> changes = changes(image.configs().cluster(), command.changes());
    if (!changes.isEmpty()) {
      MetadataRecord record =
          Records.builder()
              .setClusterConfigChanged(ClusterConfigChanged.newBuilder().addAllChanges(changes))
              .build();
      // The partitions follow in entries of their own, and only for the key that acts on them.
      return new BrokerStates.Step(
          List.of(record), command.changes().containsKey(MIN_INSYNC_REPLICAS));
    }
    return command.changes().containsKey(MIN_INSYNC_REPLICAS)
        ? minIsr(image)
        : new BrokerStates.Step(List.of(), false);
  }

  /** Brings the partitions' effective min ISR in step with the configuration (S03). */
  BrokerStates.Step minIsr(MetadataImage image) {
    PartitionSweep sweep =
        new PartitionSweep(image, configs, settings.maxEntryBytes() / 2)
            .over(image.topics().byId().keySet(), ConfigDecisions::minIsr);
    return new BrokerStates.Step(sweep.records(), sweep.full());
  }

  /**
   * A partition with the effective min ISR that the configuration says. A reassignment may wait for
   * nothing but a lower one.
   */
  static Optional<PartitionTransition.Next> minIsr(
      Eligibility eligibility, int number, PartitionImage partition) {
    int effective = eligibility.effectiveMinIsr(partition.assignment().replicationFactor());
    return effective == partition.effectiveMinIsr() && !partition.assignment().reassigning()
        ? Optional.empty()
        : new PartitionTransition(partition, eligibility).effectiveMinIsr(effective).next();
  }

  List<MetadataRecord> alterBroker(MetadataImage image, AlterBrokerConfigs command) {
    BrokerLookup.existing(image, command.brokerId());
    if (command.changes().containsKey(MIN_INSYNC_REPLICAS)) {
      throw new MillraceError(
              ErrorCode.INVALID_CONFIG,
              MIN_INSYNC_REPLICAS
                  + " of a broker (expected: of a topic or of the cluster; all leaders of a"
                  + " partition must go by the same)",
              Map.of("key", MIN_INSYNC_REPLICAS))
          .exception();
    }
    List<ConfigChange> changes =
        changes(image.configs().ofBroker(command.brokerId()), command.changes());
    return changes.isEmpty()
        ? List.of()
        : List.of(
            Records.builder()
                .setBrokerConfigChanged(
                    BrokerConfigChanged.newBuilder()
                        .setBrokerId(command.brokerId())
                        .addAllChanges(changes))
                .build());
  }

  List<MetadataRecord> updateFeatures(MetadataImage image, UpdateFeatureLevel command) {
    int level = command.level();
    if (level < image.featureLevel() || !supported.contains(level)) {
      throw level(level, image.featureLevel() + " to " + supported.max()).exception();
    }
    for (BrokerImage broker : image.brokers().values()) {
      if (!broker.features().contains(level)) {
        throw level(
                level,
                "one that broker "
                    + broker.id()
                    + " can run at: "
                    + broker.features().min()
                    + " to "
                    + broker.features().max()
                    + "; upgrade it or unregister it")
            .exception();
      }
    }
    return level == image.featureLevel()
        ? List.of()
        : List.of(
            Records.builder()
                .setFeatureLevelChanged(FeatureLevelChanged.newBuilder().setLevel(level))
                .build());
  }

  private static MillraceError level(int level, String expected) {
    return new MillraceError(
        ErrorCode.UNSUPPORTED,
        "feature level: " + level + " (expected: " + expected + ")",
        Map.of("feature_level", "" + level, "expected", expected));
  }

  private static List<ConfigChange> changes(
      Map<String, String> before, Map<String, Optional<String>> asked) {
    List<ConfigChange> changes = new ArrayList<>();
    new TreeMap<>(asked)
        .forEach(
            (key, value) -> {
              SCHEMA.require(key);
              Optional<String> canonical =
                  value.map(text -> SCHEMA.canonical(Map.of(key, text)).get(key));
              if (!canonical.equals(Optional.ofNullable(before.get(key)))) {
                ConfigChange.Builder change = ConfigChange.newBuilder().setKey(key);
                canonical.ifPresent(change::setValue);
                changes.add(change.build());
              }
            });
    return changes;
  }
}
