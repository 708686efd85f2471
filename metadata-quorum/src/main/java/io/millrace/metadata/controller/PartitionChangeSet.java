package io.millrace.metadata.controller;

import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.controller.PartitionTransition.Next;
import io.millrace.metadata.image.PartitionChanges;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.Records;
import io.millrace.metadata.image.TopicImage;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.internal.v1.MetadataRecord;
import io.millrace.proto.internal.v1.PartitionChange;
import io.millrace.proto.internal.v1.PartitionsChanged;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Gathers partition changes into one record per topic, and counts their bytes. No partition twice:
 * a change is worked out from the image, which does not have the one before.
 */
final class PartitionChangeSet {
  /** A record's own bytes (id, tags, lengths) without its changes, at most. */
  private static final int BYTES_PER_TOPIC = 40;

  /** The tag and length of a change within its record, at most. */
  private static final int BYTES_PER_CHANGE = 4;

  private final SortedMap<UUID, PartitionsChanged.Builder> byTopic = new TreeMap<>();
  private final Set<TopicIdPartition> changed = new HashSet<>();
  private final int limitBytes;
  private int bytes;

  /** An empty set that is full when its records have so many bytes. */
  PartitionChangeSet(int limitBytes) {
    this.limitBytes = limitBytes;
  }

  /**
   * Adds what makes the next state of a partition of the one before.
   *
   * @throws IllegalStateException if the partition is changed already
   */
  void add(TopicImage topic, int partition, PartitionImage before, Next next) {
    if (!changed.add(new TopicIdPartition(topic.id(), partition))) {
      throw new IllegalStateException(
          "partition: " + topic.name() + "-" + partition + " twice (expected: once in a record)");
    }
    PartitionChange.Builder builder = PartitionChanges.between(partition, before, next.after());
    if (next.unclean()) {
      builder.setUncleanElection(true);
    }
    PartitionChange change = builder.build();
    byTopic
        .computeIfAbsent(
            topic.id(),
            id -> {
              bytes += BYTES_PER_TOPIC;
              return PartitionsChanged.newBuilder().setTopicId(Uuids.toBytes(id));
            })
        .addChanges(change);
    bytes += change.getSerializedSize() + BYTES_PER_CHANGE;
  }

  /** Whether no more should be added: what is left is for another entry. */
  boolean full() {
    return bytes >= limitBytes;
  }

  boolean isEmpty() {
    return byTopic.isEmpty();
  }

  List<MetadataRecord> records() {
    List<MetadataRecord> records = new ArrayList<>(byTopic.size());
    byTopic
        .values()
        .forEach(changed -> records.add(Records.builder().setPartitionsChanged(changed).build()));
    return records;
  }
}
