package io.millrace.it.simulation;

import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicDelta;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.internal.v1.MetadataEntry;
import io.millrace.proto.internal.v1.MetadataRecord;
import io.millrace.proto.internal.v1.PartitionChange;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Tells the ledgers what becomes of their partitions. Confined to the simulation's thread. */
final class LedgerFeed implements MetadataFeed.Follower {
  private final ClusterWorld world;

  LedgerFeed(ClusterWorld world) {
    this.world = world;
  }

  @Override
  public void committed(MetadataEntry entry, MetadataImage image, MetadataDelta delta) {
    Set<UUID> unclean = uncleanElections(entry);
    for (TopicDelta topic : delta.topics().values()) {
      if (topic.after().isPresent() && !topic.changedPartitions().isEmpty()) {
        Optional<PartitionImage> before = topic.before().map(known -> known.partitions().get(0));
        int number = Integer.parseInt(topic.after().get().name().substring(1));
        PartitionImage after = topic.after().get().partitions().get(0);
        world.trace().add("t%d is %s", number, after);
        world.ledger(number).changed(before, after, unclean.contains(topic.id()));
      }
    }
  }

  /** The topics of whose partitions one was elected a leader that may lack records. */
  private static Set<UUID> uncleanElections(MetadataEntry entry) {
    Set<UUID> unclean = new HashSet<>();
    for (MetadataRecord record : entry.getRecordsList()) {
      if (record.hasPartitionsChanged()
          && record.getPartitionsChanged().getChangesList().stream()
              .anyMatch(PartitionChange::getUncleanElection)) {
        unclean.add(Uuids.fromBytes(record.getPartitionsChanged().getTopicId()));
      }
    }
    return unclean;
  }
}
