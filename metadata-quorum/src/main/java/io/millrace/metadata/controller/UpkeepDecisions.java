package io.millrace.metadata.controller;

import io.millrace.metadata.controller.CommandResult.Done;
import io.millrace.metadata.controller.PartitionTransition.Next;
import io.millrace.metadata.controller.UpkeepCommand.BalanceLeaders;
import io.millrace.metadata.controller.UpkeepCommand.ElectOffline;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the controller does by itself, as records. */
final class UpkeepDecisions {
  private final ControllerSettings settings;
  private final DynamicConfigs configs;
  private final BrokerStates states;
  private final ConfigDecisions clusterConfigs;

  UpkeepDecisions(
      ControllerSettings settings,
      DynamicConfigs configs,
      BrokerStates states,
      ConfigDecisions clusterConfigs) {
    this.settings = settings;
    this.configs = configs;
    this.states = states;
    this.clusterConfigs = clusterConfigs;
  }

  Decision decide(MetadataImage image, UpkeepCommand command, long revisionAfter) {
    BrokerStates.Step step;
    if (command instanceof BalanceLeaders) {
      step = balance(image);
    } else if (command instanceof ElectOffline) {
      step = states.electOffline(image);
    } else {
      BrokerStates.Step repaired = states.repair(image);
      step =
          repaired.records().isEmpty()
              ? clusterConfigs.minIsr(image)
              : new BrokerStates.Step(repaired.records(), true);
    }
    if (step.more()) {
      return Decision.goOn(step.records());
    }
    boolean nothing = step.records().isEmpty();
    return Decision.answer(step.records(), new Done(nothing ? image.revision() : revisionAfter));
  }

  /** Takes effect as one entry; what does not fit is left to the next time. */
  private BrokerStates.Step balance(MetadataImage image) {
    Set<Integer> imbalanced = imbalanced(image);
    PartitionSweep sweep = new PartitionSweep(image, configs, settings.maxEntryBytes() / 2);
    if (!imbalanced.isEmpty()) {
      sweep.over(
          image.topics().byId().keySet(),
          (eligibility, number, partition) ->
              imbalanced.contains(partition.replicas().get(0))
                  ? preferred(eligibility, partition)
                  : Optional.empty());
    }
    return new BrokerStates.Step(sweep.records(), false);
  }

  /** The preferred leader in charge, if it can be and is not. */
  static Optional<Next> preferred(Eligibility eligibility, PartitionImage partition) {
    return partition.leader() == partition.replicas().get(0)
        ? Optional.empty()
        : new PartitionTransition(partition, eligibility).preferLeader().next();
  }

  private Set<Integer> imbalanced(MetadataImage image) {
    Map<Integer, Integer> preferred = new HashMap<>();
    Map<Integer, Integer> elsewhere = new HashMap<>();
    for (TopicImage topic : image.topics().byId().values()) {
      for (PartitionImage partition : topic.partitions()) {
        int first = partition.replicas().get(0);
        preferred.merge(first, 1, Integer::sum);
        if (partition.leader() != first) {
          elsewhere.merge(first, 1, Integer::sum);
        }
      }
    }
    Set<Integer> imbalanced = new HashSet<>();
    elsewhere.forEach(
        (broker, count) -> {
          long limit =
              (long) settings.leaderImbalancePercentage() * preferred.getOrDefault(broker, 0);
          if (count * 100L > limit) {
            imbalanced.add(broker);
          }
        });
    return imbalanced;
  }
}
