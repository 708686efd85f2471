package io.millrace.it.simulation;

import io.millrace.metadata.controller.BrokerStart;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.Command.RegisterBroker;
import io.millrace.metadata.controller.Controller;
import io.millrace.metadata.controller.ControllerSettings;
import io.millrace.metadata.simulated.SimulatedQuorum.Fate;
import io.millrace.proto.internal.v1.MetadataEntry;
import io.millrace.proto.internal.v1.MetadataRecord;
import io.millrace.proto.internal.v1.PartitionChange;
import io.millrace.proto.internal.v1.PartitionsChanged;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** Does to commands, entries and the log what a planted bug of the controller would. */
final class ControllerPlants {
  private final Optional<PlantedBug> bug;

  ControllerPlants(Optional<PlantedBug> bug) {
    this.bug = bug;
  }

  /** A controller with the bug. */
  Controller controller(
      ControllerSettings settings, Supplier<UUID> topicIds, ControllerWorld world) {
    return new SimulatedController(settings, topicIds, world, bug);
  }

  /** A command as a controller with the bug would understand it. */
  Command sent(Command command) {
    if (has(PlantedBug.UNCLEAN_REPLICA_BELIEVED) && command instanceof RegisterBroker register) {
      return new RegisterBroker(
          register.brokerId(),
          register.incarnationId(),
          register.clientEndpoint(),
          register.internalEndpoint(),
          register.rack(),
          register.features(),
          new BrokerStart(register.start().directories(), false, Set.of(), Set.of(), false));
    }
    return command;
  }

  /** What becomes of an entry. */
  Fate fate(Fate drawn) {
    if (has(PlantedBug.DEPOSED_ENTRY_APPLIED) && drawn == Fate.LATE) {
      return Fate.LATE_AND_APPLIED;
    }
    if (has(PlantedBug.LOST_ENTRY_ACKNOWLEDGED) && drawn == Fate.LOST) {
      return Fate.LOST_AND_BELIEVED;
    }
    return drawn;
  }

  /** An entry as a controller with the bug would propose it. */
  MetadataEntry proposed(MetadataEntry entry) {
    if (has(PlantedBug.ANSWER_NOT_REMEMBERED)) {
      MetadataEntry.Builder without = entry.toBuilder().clearRecords();
      entry.getRecordsList().stream()
          .filter(record -> !record.hasRequestAnswered())
          .forEach(without::addRecords);
      return without.build();
    }
    return bug.flatMap(ControllerPlants::ofChange)
        .map(change -> changed(entry, change))
        .orElse(entry);
  }

  private static Optional<UnaryOperator<PartitionChange>> ofChange(PlantedBug bug) {
    return switch (bug) {
      case LEADER_EPOCH_KEPT, LEADER_EPOCH_REUSED ->
          Optional.of(
              change ->
                  change.getLeader() != 0 ? change.toBuilder().clearLeaderEpoch().build() : change);
      case ELR_NOT_CLEARED ->
          Optional.of(
              change ->
                  change.hasElr() && change.getElr().getIdsCount() == 0
                      ? change.toBuilder().clearElr().build()
                      : change);
      case UNCLEAN_ELECTION_NOT_COUNTED ->
          Optional.of(change -> change.toBuilder().clearUncleanElection().build());
      case MIN_ISR_NOT_CHANGED ->
          Optional.of(
              change ->
                  change.hasReplicas()
                      ? change
                      : change.toBuilder().clearEffectiveMinIsr().build());
      default -> Optional.empty();
    };
  }

  private static MetadataEntry changed(MetadataEntry entry, UnaryOperator<PartitionChange> change) {
    MetadataEntry.Builder changed = entry.toBuilder().clearRecords();
    for (MetadataRecord record : entry.getRecordsList()) {
      if (record.hasPartitionsChanged()) {
        PartitionsChanged.Builder partitions =
            record.getPartitionsChanged().toBuilder().clearChanges();
        record
            .getPartitionsChanged()
            .getChangesList()
            .forEach(one -> partitions.addChanges(change.apply(one)));
        changed.addRecords(record.toBuilder().setPartitionsChanged(partitions));
      } else {
        changed.addRecords(record);
      }
    }
    return changed.build();
  }

  private boolean has(PlantedBug planted) {
    return bug.filter(it -> it == planted).isPresent();
  }
}
