package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.OffsetsFound;
import io.millrace.client.api.PartitionDescription;
import io.millrace.client.api.TopicDescription;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where the partitions of a topic begin and end.
 *
 * @param starts the first offset of each partition whose leader tells it
 * @param ends the offset after the last record, likewise
 * @param unknown why the leader of another partition does not tell, or there is none
 */
record TopicBounds(
    Map<Integer, Long> starts, Map<Integer, Long> ends, Map<Integer, MillraceError> unknown) {
  private static final long UNKNOWN = -1;

  /** Asks the leaders. */
  static TopicBounds of(Admin admin, TopicDescription topic) {
    Map<TopicPartition, OffsetSpec> places = new HashMap<>();
    Map<Integer, MillraceError> unknown = new TreeMap<>();
    for (PartitionDescription partition : topic.partitions()) {
      partition.whyNoLeader().ifPresent(why -> unknown.put(partition.partition(), why));
      if (partition.leader() != 0) {
        places.put(new TopicPartition(topic.name(), partition.partition()), OffsetSpec.earliest());
      }
    }
    OffsetsFound starts = admin.offsetsNow(places);
    places.keySet().retainAll(starts.offsets().keySet());
    places.replaceAll((partition, place) -> OffsetSpec.latest());
    OffsetsFound ends = admin.offsetsNow(places);
    starts.unknown().forEach((partition, why) -> unknown.put(partition.partition(), why));
    ends.unknown().forEach((partition, why) -> unknown.put(partition.partition(), why));
    return new TopicBounds(byNumber(starts.offsets()), byNumber(ends.offsets()), unknown);
  }

  /** The same after a change that is done whether or not the leaders answer. */
  static TopicBounds ofChanged(Admin admin, TopicDescription topic) {
    try {
      return of(admin, topic);
    } catch (MillraceException e) {
      return new TopicBounds(Map.of(), Map.of(), Map.of());
    }
  }

  /** The first offset, or -1 if nobody tells it. */
  long start(int partition) {
    return starts.getOrDefault(partition, UNKNOWN);
  }

  /** The offset after the last record, or -1 if nobody tells it. */
  long end(int partition) {
    return ends.getOrDefault(partition, UNKNOWN);
  }

  private static Map<Integer, Long> byNumber(Map<TopicPartition, Long> offsets) {
    Map<Integer, Long> found = new HashMap<>();
    offsets.forEach((partition, offset) -> found.put(partition.partition(), offset));
    return found;
  }
}
