package io.millrace.metadata.controller;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.metadata.controller.ClusterCommand.AlterReassignments;
import io.millrace.metadata.controller.ClusterCommand.Reassignment;
import io.millrace.metadata.controller.PartitionTransition.Next;
import io.millrace.metadata.image.Assignment;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.internal.v1.MetadataRecord;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Moves of replicas to other brokers as records. */
public final class Reassignments {
  private final DynamicConfigs configs;

  Reassignments(DynamicConfigs configs) {
    this.configs = configs;
  }

  /**
   * A reassignment that is under way.
   *
   * @param partition the partition
   * @param assignment its replicas, those that come and those that go
   */
  public record Ongoing(TopicPartition partition, Assignment assignment) {}

  /** The reassignments that are under way, in the order of the topics' names. */
  public static List<Ongoing> list(MetadataImage image) {
    List<Ongoing> ongoing = new ArrayList<>();
    image.topics().idsByName().values().stream()
        .flatMap(id -> image.topic(id).stream())
        .forEach(topic -> list(topic, ongoing));
    return ongoing;
  }

  private static void list(TopicImage topic, List<Ongoing> ongoing) {
    int number = 0;
    for (PartitionImage partition : topic.partitions()) {
      if (partition.assignment().reassigning()) {
        TopicPartition name = new TopicPartition(topic.name(), number);
        ongoing.add(new Ongoing(name, partition.assignment()));
      }
      number++;
    }
  }

  List<MetadataRecord> alter(MetadataImage image, AlterReassignments command) {
    PartitionChangeSet changes = new PartitionChangeSet(Integer.MAX_VALUE);
    Set<TopicPartition> seen = new HashSet<>();
    for (Reassignment reassignment : command.reassignments()) {
      TopicPartition name = reassignment.partition();
      if (!seen.add(name)) {
        throw new MillraceException(
            ErrorCode.INVALID_REQUEST, "partition: " + name + " twice (expected: once)");
      }
      PartitionImage before = PartitionLookup.existing(image, name);
      TopicImage topic = PartitionLookup.topic(image, name.topic());
      Assignment after = assignment(image, name, before, reassignment);
      Eligibility eligibility = new Eligibility(image, topic, configs);
      next(before, eligibility, after)
          .ifPresent(
              next -> {
                checkSources(name, before, next);
                checkEnough(name, before, next.after(), eligibility);
                changes.add(topic, name.partition(), before, next);
              });
    }
    return changes.records();
  }

  private static Assignment assignment(
      MetadataImage image, TopicPartition name, PartitionImage before, Reassignment asked) {
    if (asked.replicas().isPresent()) {
      ManualAssignments.check(image, asked.replicas().get());
      return before.assignment().towards(asked.replicas().get());
    }
    if (!before.assignment().reassigning()) {
      throw new MillraceError(
              ErrorCode.NO_REASSIGNMENT_IN_PROGRESS,
              "partition " + name + " is not being reassigned (expected: one that is)",
              Map.of("topic", name.topic(), "partition", "" + name.partition()))
          .exception();
    }
    return before.assignment().cancelled();
  }

  /**
   * Replicas that were being added may be the only ones that have everything by now. Nor may an
   * unclean election put somebody else in their place.
   */
  private static void checkSources(TopicPartition name, PartitionImage before, Next next) {
    if (hasSource(before) && (next.unclean() || !hasSource(next.after()))) {
      throw new MillraceError(
              ErrorCode.INVALID_REPLICA_ASSIGNMENT,
              "partition "
                  + name
                  + " would lose all replicas that have its records: in sync "
                  + before.isr()
                  + ", eligible "
                  + before.elr()
                  + " (expected: replicas with one of them, now "
                  + next.after().replicas()
                  + ")",
              Map.of("topic", name.topic(), "partition", "" + name.partition()))
          .exception();
    }
  }

  /**
   * Replicas that were being added, and go at once with a reassignment that is cancelled or
   * changed, may be copies that an acknowledgement needs (S05).
   */
  private static void checkEnough(
      TopicPartition name, PartitionImage before, PartitionImage after, Eligibility eligibility) {
    boolean anyGoes =
        before.isr().stream()
            .anyMatch(
                id ->
                    !after.replicas().contains(id) && eligibility.active(before.assignment(), id));
    if (anyGoes && after.isr().size() < after.effectiveMinIsr()) {
      throw new MillraceError(
              ErrorCode.INVALID_REPLICA_ASSIGNMENT,
              "partition "
                  + name
                  + " would keep in sync "
                  + after.isr()
                  + " of "
                  + before.isr()
                  + " (expected: at least "
                  + after.effectiveMinIsr()
                  + ", its min.insync.replicas; let others catch up, or name one that is in sync)",
              Map.of("topic", name.topic(), "partition", "" + name.partition()))
          .exception();
    }
  }

  private static boolean hasSource(PartitionImage partition) {
    return !partition.isr().isEmpty() || !partition.elr().isEmpty();
  }

  private static Optional<Next> next(
      PartitionImage before, Eligibility eligibility, Assignment after) {
    return new PartitionTransition(before, eligibility).assignment(after).next();
  }
}
