package io.millrace.it.simulation;

import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicDelta;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.internal.v1.MetadataEntry;
import io.millrace.proto.internal.v1.MetadataRecord;
import io.millrace.proto.internal.v1.PartitionChange;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Tells the ledgers what becomes of their partitions. Confined to the simulation's thread. */
final class LedgerFeed implements MetadataFeed.Follower {
  private final ClusterWorld world;

  LedgerFeed(ClusterWorld world) {
    this.world = world;
  }

  @Override
  public void committed(MetadataEntry entry, MetadataImage image, MetadataDelta delta) {
    for (TopicDelta topic : delta.topics().values()) {
      if (topic.after().isPresent() && !topic.changedPartitions().isEmpty()) {
        Optional<PartitionImage> before = topic.before().map(known -> known.partitions().get(0));
        int number = Integer.parseInt(topic.after().get().name().substring(1));
        PartitionImage after = topic.after().get().partitions().get(0);
        world.trace().add("t%d is %s", number, after);
        List<PartitionChange> changes = changes(entry, topic.id());
        boolean unclean = changes.stream().anyMatch(PartitionChange::getUncleanElection);
        changes.forEach(world.ledger(number)::passes);
        world.ledger(number).changed(before, after, unclean);
      }
    }
  }

  /** What an entry does to the partition of a topic, one change after the other. */
  private static List<PartitionChange> changes(MetadataEntry entry, UUID topic) {
    return entry.getRecordsList().stream()
        .filter(MetadataRecord::hasPartitionsChanged)
        .map(MetadataRecord::getPartitionsChanged)
        .filter(changed -> Uuids.fromBytes(changed.getTopicId()).equals(topic))
        .flatMap(changed -> changed.getChangesList().stream())
        .toList();
  }
}
