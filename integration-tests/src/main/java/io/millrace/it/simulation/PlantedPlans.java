package io.millrace.it.simulation;

import io.millrace.metadata.controller.ClusterCommand.UnregisterBroker;
import io.millrace.metadata.controller.CommandResult.Done;
import io.millrace.metadata.controller.ControllerPlan;
import io.millrace.metadata.controller.ControllerPlan.Step;
import io.millrace.metadata.image.Assignment;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionChanges;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.Records;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.internal.v1.BrokerUnregistered;
import io.millrace.proto.internal.v1.MetadataRecord;
import io.millrace.proto.internal.v1.PartitionChange;
import io.millrace.proto.internal.v1.PartitionsChanged;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a controller with a planted bug makes of a command, from what a good one makes of it. */
final class PlantedPlans {
  private PlantedPlans() {}

  /** A repair that looks at all brokers together: a partition that two are about comes twice. */
  static ControllerPlan changedTwice(MetadataImage image, ControllerPlan plan) {
    List<MetadataRecord> records = new ArrayList<>(plan.records());
    for (MetadataRecord record : plan.records()) {
      for (PartitionChange change : record.getPartitionsChanged().getChangesList()) {
        if (reasons(image, before(image, record.getPartitionsChanged(), change)) > 1) {
          records.add(
              record.toBuilder()
                  .setPartitionsChanged(
                      record.getPartitionsChanged().toBuilder().clearChanges().addChanges(change))
                  .build());
        }
      }
    }
    return new ControllerPlan(records, plan.steps(), List.of());
  }

  /** How many things are to be done about a partition. */
  private static long reasons(MetadataImage image, PartitionImage partition) {
    long gone = partition.isr().stream().filter(id -> !isServing(image, id)).count();
    int leader = partition.leader();
    boolean handsOver =
        image.drained(leader)
            && (!isServing(image, leader)
                || partition.isr().stream()
                    .anyMatch(id -> isServing(image, id) && !image.drained(id)));
    return gone + (handsOver ? 1 : 0);
  }

  private static boolean isServing(MetadataImage image, int broker) {
    return image.broker(broker).filter(known -> !known.fenced()).isPresent();
  }

  /** A broker that is taken out, whatever it still leads. */
  static ControllerPlan takenOutAtOnce(
      MetadataImage image, UnregisterBroker command, ControllerPlan plan) {
    Optional<BrokerImage> broker = image.broker(command.brokerId());
    boolean leaves = plan.records().stream().anyMatch(MetadataRecord::hasPartitionsChanged);
    if (broker.isEmpty() || !leaves) {
      return plan;
    }
    MetadataRecord out =
        Records.builder()
            .setBrokerUnregistered(
                BrokerUnregistered.newBuilder()
                    .setBrokerId(command.brokerId())
                    .setBrokerEpoch(broker.get().epoch()))
            .build();
    return new ControllerPlan(
        List.of(out), List.of(new Step.Answer(new Done(image.revision() + 1))), List.of());
  }

  /** A reassignment that only removes ends at once, whoever is in sync. */
  static ControllerPlan endedAtOnce(MetadataImage image, ControllerPlan plan) {
    List<MetadataRecord> records = new ArrayList<>();
    for (MetadataRecord record : plan.records()) {
      if (record.hasPartitionsChanged()) {
        PartitionsChanged changed = record.getPartitionsChanged();
        PartitionsChanged.Builder ended = changed.toBuilder().clearChanges();
        changed.getChangesList().forEach(change -> ended.addChanges(ended(image, changed, change)));
        records.add(record.toBuilder().setPartitionsChanged(ended).build());
      } else {
        records.add(record);
      }
    }
    return new ControllerPlan(records, plan.steps(), List.of());
  }

  private static PartitionChange ended(
      MetadataImage image, PartitionsChanged changed, PartitionChange change) {
    PartitionImage before = before(image, changed, change);
    List<Integer> removing = change.getRemovingReplicas().getIdsList();
    if (removing.isEmpty()
        || change.getAddingReplicas().getIdsCount() > 0
        || !before.assignment().adding().isEmpty()
        || change.hasIsr()
        || change.hasLeader()) {
      return change;
    }
    List<Integer> target = new ArrayList<>(change.getReplicas().getIdsList());
    target = target.isEmpty() ? new ArrayList<>(before.replicas()) : target;
    target.removeAll(removing);
    Assignment end = before.assignment().towards(target).completed();
    List<Integer> isr = end.replicas().stream().filter(before.isr()::contains).toList();
    if (!isr.contains(before.leader())) {
      return change;
    }
    PartitionImage after =
        new PartitionImage(
            end,
            isr,
            List.of(),
            new PartitionImage.Leadership(
                before.leader(), before.leaderEpoch() + 1, PartitionImage.NO_BROKER),
            before.partitionEpoch() + 1,
            Math.min(before.effectiveMinIsr(), end.replicas().size()));
    return PartitionChanges.between(change.getPartition(), before, after).build();
  }

  private static PartitionImage before(
      MetadataImage image, PartitionsChanged changed, PartitionChange change) {
    return image
        .topic(Uuids.fromBytes(changed.getTopicId()))
        .orElseThrow()
        .partitions()
        .get(change.getPartition());
  }
}
