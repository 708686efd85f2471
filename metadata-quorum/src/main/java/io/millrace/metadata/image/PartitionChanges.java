package io.millrace.metadata.image;

import io.millrace.metadata.image.PartitionImage.Leadership;
import io.millrace.proto.internal.v1.BrokerIds;
import io.millrace.proto.internal.v1.DirectoryIds;
import io.millrace.proto.internal.v1.PartitionChange;

/** What a {@link PartitionChange} makes of a partition, and the change between two states. */
public final class PartitionChanges {
  private PartitionChanges() {}

  /**
   * The changed partition. Epochs never go back, and the partition epoch grows by exactly one.
   *
   * @throws InvalidRecordException if an epoch does not follow
   * @throws IllegalArgumentException if the changed partition would contradict itself
   */
  static PartitionImage apply(PartitionImage before, PartitionChange change) {
    if (change.getPartitionEpoch() != before.partitionEpoch() + 1) {
      throw new InvalidRecordException(
          "partition epoch: "
              + change.getPartitionEpoch()
              + " (expected: "
              + (before.partitionEpoch() + 1)
              + ")");
    }
    int leaderEpoch = change.hasLeaderEpoch() ? change.getLeaderEpoch() : before.leaderEpoch();
    if (leaderEpoch < before.leaderEpoch()) {
      throw new InvalidRecordException(
          "leader epoch: " + leaderEpoch + " (expected: >= " + before.leaderEpoch() + ")");
    }
    Leadership leadership =
        new Leadership(
            change.hasLeader() ? change.getLeader() : before.leader(),
            leaderEpoch,
            change.hasLastKnownLeader() ? change.getLastKnownLeader() : before.lastKnownLeader());
    return new PartitionImage(
        assignment(before.assignment(), change),
        change.hasIsr() ? change.getIsr().getIdsList() : before.isr(),
        change.hasElr() ? change.getElr().getIdsList() : before.elr(),
        leadership,
        change.getPartitionEpoch(),
        change.hasEffectiveMinIsr() ? change.getEffectiveMinIsr() : before.effectiveMinIsr());
  }

  private static Assignment assignment(Assignment before, PartitionChange change) {
    if (!change.hasReplicas()
        && !change.hasDirectories()
        && !change.hasAddingReplicas()
        && !change.hasRemovingReplicas()) {
      return before;
    }
    return new Assignment(
        change.hasReplicas() ? change.getReplicas().getIdsList() : before.replicas(),
        change.hasDirectories()
            ? change.getDirectories().getIdsList().stream().map(Uuids::fromBytes).toList()
            : before.directories(),
        change.hasAddingReplicas() ? change.getAddingReplicas().getIdsList() : before.adding(),
        change.hasRemovingReplicas()
            ? change.getRemovingReplicas().getIdsList()
            : before.removing());
  }

  /** The change that makes one partition of another, naming only what differs; to be added to. */
  public static PartitionChange.Builder between(
      int number, PartitionImage before, PartitionImage after) {
    PartitionChange.Builder change =
        PartitionChange.newBuilder().setPartition(number).setPartitionEpoch(after.partitionEpoch());
    if (before.leaderEpoch() != after.leaderEpoch()) {
      change.setLeaderEpoch(after.leaderEpoch());
    }
    if (before.leader() != after.leader()) {
      change.setLeader(after.leader());
    }
    if (before.lastKnownLeader() != after.lastKnownLeader()) {
      change.setLastKnownLeader(after.lastKnownLeader());
    }
    if (before.effectiveMinIsr() != after.effectiveMinIsr()) {
      change.setEffectiveMinIsr(after.effectiveMinIsr());
    }
    if (!before.isr().equals(after.isr())) {
      change.setIsr(BrokerIds.newBuilder().addAllIds(after.isr()));
    }
    if (!before.elr().equals(after.elr())) {
      change.setElr(BrokerIds.newBuilder().addAllIds(after.elr()));
    }
    assignmentBetween(before.assignment(), after.assignment(), change);
    return change;
  }

  private static void assignmentBetween(
      Assignment before, Assignment after, PartitionChange.Builder change) {
    if (!before.replicas().equals(after.replicas())) {
      change.setReplicas(BrokerIds.newBuilder().addAllIds(after.replicas()));
    }
    if (!before.directories().equals(after.directories())) {
      change.setDirectories(
          DirectoryIds.newBuilder()
              .addAllIds(after.directories().stream().map(Uuids::toBytes).toList()));
    }
    if (!before.adding().equals(after.adding())) {
      change.setAddingReplicas(BrokerIds.newBuilder().addAllIds(after.adding()));
    }
    if (!before.removing().equals(after.removing())) {
      change.setRemovingReplicas(BrokerIds.newBuilder().addAllIds(after.removing()));
    }
  }
}
