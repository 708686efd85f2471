package io.millrace.metadata.controller;

import io.millrace.common.TopicPartition;
import io.millrace.metadata.controller.ClusterCommand.ElectLeaders;
import io.millrace.metadata.controller.ClusterCommand.ElectionType;
import io.millrace.metadata.controller.PartitionTransition.Next;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;

/** Elections that an administrator asks for, as records; in as many entries as it takes. */
final class AdminElections {
  private final ControllerSettings settings;
  private final DynamicConfigs configs;

  AdminElections(ControllerSettings settings, DynamicConfigs configs) {
    this.settings = settings;
    this.configs = configs;
  }

  BrokerStates.Step elect(MetadataImage image, ElectLeaders command) {
    Set<TopicPartition> asked = new HashSet<>(command.partitions());
    SortedSet<UUID> topics = new TreeSet<>();
    for (TopicPartition partition : command.partitions()) {
      PartitionLookup.existing(image, partition);
      topics.add(PartitionLookup.topic(image, partition.topic()).id());
    }
    PartitionSweep sweep = new PartitionSweep(image, configs, settings.maxEntryBytes() / 2);
    sweep.over(
        asked.isEmpty() ? image.topics().byId().keySet() : topics,
        (eligibility, number, partition) -> {
          TopicPartition name = new TopicPartition(eligibility.topic().name(), number);
          return asked.isEmpty() || asked.contains(name)
              ? elect(eligibility, partition, command.type())
              : Optional.empty();
        });
    return new BrokerStates.Step(sweep.records(), sweep.full());
  }

  private static Optional<Next> elect(
      Eligibility eligibility, PartitionImage partition, ElectionType type) {
    return switch (type) {
      case PREFERRED -> UpkeepDecisions.preferred(eligibility, partition);
      case UNCLEAN ->
          partition.leader() == PartitionImage.NO_BROKER
              ? new PartitionTransition(partition, eligibility).allowUnclean().next()
              : Optional.empty();
    };
  }
}
