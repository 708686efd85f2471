package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.PartitionDescription;
import io.millrace.client.api.TopicDescription;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.util.HashMap;
import java.util.Map;

/**
 * Where the partitions of a topic begin and end.
 *
 * @param starts the first offset of each partition that has a leader
 * @param ends the offset after the last record of each partition that has a leader
 */
record TopicBounds(Map<Integer, Long> starts, Map<Integer, Long> ends) {
  private static final long UNKNOWN = -1;

  /** Asks the leaders. */
  static TopicBounds of(Admin admin, TopicDescription topic) {
    return new TopicBounds(
        find(admin, topic, OffsetSpec.earliest()), find(admin, topic, OffsetSpec.latest()));
  }

  /** The same after a change that is done whether or not the leaders answer. */
  static TopicBounds ofChanged(Admin admin, TopicDescription topic) {
    try {
      return of(admin, topic);
    } catch (MillraceException e) {
      return new TopicBounds(Map.of(), Map.of());
    }
  }

  /** The first offset, or -1 without a leader. */
  long start(int partition) {
    return starts.getOrDefault(partition, UNKNOWN);
  }

  /** The offset after the last record, or -1 without a leader. */
  long end(int partition) {
    return ends.getOrDefault(partition, UNKNOWN);
  }

  private static Map<Integer, Long> find(Admin admin, TopicDescription topic, OffsetSpec place) {
    Map<TopicPartition, OffsetSpec> places = new HashMap<>();
    for (PartitionDescription partition : topic.partitions()) {
      if (partition.leader() != 0) {
        places.put(new TopicPartition(topic.name(), partition.partition()), place);
      }
    }
    Map<Integer, Long> found = new HashMap<>();
    admin.offsets(places).forEach((id, offset) -> found.put(id.partition(), offset));
    return found;
  }
}
