package io.millrace.metadata.controller;

import io.millrace.metadata.controller.PartitionTransition.Next;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.internal.v1.MetadataRecord;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Changes many partitions, as many as fit into a part of an entry; what is left is for the next
 * entry, which begins again: what was changed is passed over then. Used once, by one thread.
 */
final class PartitionSweep {
  private final MetadataImage image;
  private final DynamicConfigs configs;
  private final PartitionChangeSet changes;

  /** A sweep over an image that stops when its records have so many bytes. */
  PartitionSweep(MetadataImage image, DynamicConfigs configs, int limitBytes) {
    this.image = image;
    this.configs = configs;
    this.changes = new PartitionChangeSet(limitBytes);
  }

  /** What to make of a partition. */
  interface Change {
    /** Its next state; empty to leave it as it is. */
    Optional<Next> next(Eligibility eligibility, int number, PartitionImage partition);
  }

  /** Changes partitions of some topics, in their order, until there is no more room. */
  PartitionSweep over(Collection<UUID> topicIds, Change change) {
    for (UUID id : topicIds) {
      Optional<TopicImage> topic = image.topic(id);
      if (topic.isPresent() && !full()) {
        over(topic.get(), change);
      }
    }
    return this;
  }

  private void over(TopicImage topic, Change change) {
    Eligibility eligibility = new Eligibility(image, topic, configs);
    int number = 0;
    for (PartitionImage before : topic.partitions()) {
      Optional<Next> next = change.next(eligibility, number, before);
      if (next.isPresent()) {
        changes.add(topic, number, before, next.get());
        if (full()) {
          return;
        }
      }
      number++;
    }
  }

  /** Whether something may be left for the next entry. */
  boolean full() {
    return changes.full();
  }

  boolean isEmpty() {
    return changes.isEmpty();
  }

  List<MetadataRecord> records() {
    return changes.records();
  }
}
