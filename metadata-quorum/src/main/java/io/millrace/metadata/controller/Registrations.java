package io.millrace.metadata.controller;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.controller.Command.RegisterBroker;
import io.millrace.metadata.controller.CommandResult.BrokerResult;
import io.millrace.metadata.controller.PartitionTransition.Next;
import io.millrace.metadata.image.Assignment;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.BrokerRegistration;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.Records;
import io.millrace.proto.internal.v1.MetadataRecord;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The registration of a broker's process as records, in steps that are each valid alone:
 *
 * <ol>
 *   <li>an earlier process that is not fenced is, and one that is not registered leads nothing:
 *       were the new one to lead on in the same epoch, records that the old one lost could be
 *       replaced unseen (S12);
 *   <li>replicas that may lack records leave ISR and ELR (S14); those in a directory that is only
 *       offline leave the ISR;
 *   <li>the new process is registered, fenced. It leads once it asks to.
 * </ol>
 *
 * <p>The revision of the entry is the registration's epoch, which names one process alone
 * (KIP-903): of two that register in one entry the second one has to ask again.
 */
final class Registrations {
  private final ControllerSettings settings;
  private final DynamicConfigs configs;
  private final BrokerStates states;

  Registrations(ControllerSettings settings, DynamicConfigs configs, BrokerStates states) {
    this.settings = settings;
    this.configs = configs;
    this.states = states;
  }

  Decision register(MetadataImage image, RegisterBroker command, long revisionAfter) {
    check(image, command);
    Optional<BrokerImage> known = image.broker(command.brokerId());
    if (known.isPresent()) {
      BrokerImage earlier = known.get();
      if (earlier.registration().incarnationId().equals(command.incarnationId())) {
        return Decision.answer(new BrokerResult(earlier.epoch(), image.revision()));
      }
      boolean inThisEntry = earlier.epoch() == revisionAfter;
      if (inThisEntry || (!earlier.fenced() && !command.start().earlierProcessEnded())) {
        throw command.idInUse(known, Map.of()).exception();
      }
    }
    BrokerStates.Step fencing =
        known.isPresent()
            ? states.fence(image, known.get())
            : states.leave(image, command.brokerId());
    if (!fencing.records().isEmpty()) {
      return Decision.goOn(fencing.records());
    }
    PartitionSweep unclean = dropUnclean(image, known, command);
    List<MetadataRecord> records = new ArrayList<>(unclean.records());
    if (unclean.full()) {
      return Decision.goOn(records);
    }
    records.add(Records.brokerRegistered(broker(command, revisionAfter)));
    return Decision.answer(records, new BrokerResult(revisionAfter, revisionAfter));
  }

  private PartitionSweep dropUnclean(
      MetadataImage image, Optional<BrokerImage> earlier, RegisterBroker command) {
    int broker = command.brokerId();
    Set<UUID> online = new HashSet<>(command.start().directories());
    boolean anyMissing = earlier.isEmpty() || !online.containsAll(earlier.get().directories());
    PartitionSweep sweep = new PartitionSweep(image, configs, settings.maxEntryBytes() / 2);
    return sweep.over(
        image.topics().withReplicasOn(broker),
        (eligibility, number, partition) -> {
          if (!partition.replicas().contains(broker)) {
            return Optional.empty();
          }
          UUID directory = partition.directoryOf(broker);
          boolean unassigned = directory.equals(PartitionImage.UNASSIGNED);
          boolean gone = unassigned ? anyMissing : !online.contains(directory);
          TopicIdPartition id = new TopicIdPartition(eligibility.topic().id(), number);
          Set<UUID> uncleanDirectories = command.start().uncleanDirectories();
          if (gone && !unassigned && command.start().directoriesOffline()) {
            // What it has may be whole: the registration that brings the directory back says so.
            return new PartitionTransition(partition, eligibility).dropFromIsr(broker).next();
          }
          if (gone
              || uncleanDirectories.contains(directory)
              || (unassigned && !uncleanDirectories.isEmpty())
              || command.start().uncleanReplicas().contains(id)) {
            return unclean(
                new PartitionTransition(partition, eligibility).dropUnclean(broker),
                partition,
                broker,
                gone);
          }
          return Optional.empty();
        });
  }

  /**
   * Takes a replica out of ISR and ELR. One whose directory is gone for good may be created anew in
   * another one, but not while the partition has no other source: it would be elected empty.
   */
  private static Optional<Next> unclean(
      PartitionTransition transition, PartitionImage partition, int broker, boolean gone) {
    boolean otherSource =
        partition.isr().stream().anyMatch(id -> id != broker)
            || partition.elr().stream().anyMatch(id -> id != broker);
    Assignment assignment = partition.assignment();
    boolean unassigned = assignment.directoryOf(broker).equals(PartitionImage.UNASSIGNED);
    if (gone && unassigned && !otherSource) {
      transition.assignment(assignment.withDirectory(broker, PartitionImage.LOST));
    } else if (gone && !unassigned && otherSource) {
      transition.assignment(assignment.withDirectory(broker, PartitionImage.UNASSIGNED));
    }
    return transition.next();
  }

  private static void check(MetadataImage image, RegisterBroker command) {
    if (command.brokerId() < 1) {
      throw new MillraceException(
          ErrorCode.INVALID_REQUEST, "broker id: " + command.brokerId() + " (expected: >= 1)");
    }
    if (command.start().directories().isEmpty()) {
      throw new MillraceException(
          ErrorCode.INVALID_REQUEST, "directories: none (expected: at least one that is online)");
    }
    if (!command.features().contains(image.featureLevel())) {
      throw new MillraceError(
              ErrorCode.UNSUPPORTED,
              "feature levels of broker "
                  + command.brokerId()
                  + ": "
                  + command.features().min()
                  + " to "
                  + command.features().max()
                  + " (expected: the cluster's level, "
                  + image.featureLevel()
                  + ", among them)",
              Map.of("feature_level", "" + image.featureLevel()))
          .exception();
    }
  }

  private static BrokerImage broker(RegisterBroker command, long epoch) {
    return new BrokerImage(
        command.brokerId(),
        new BrokerRegistration(epoch, command.incarnationId(), command.start().directories()),
        command.clientEndpoint(),
        command.internalEndpoint(),
        command.rack(),
        command.features(),
        BrokerState.FENCED);
  }
}
