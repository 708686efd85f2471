package io.millrace.client.internal;

import io.millrace.client.api.GroupDescription;
import io.millrace.client.api.GroupOffsetChange;
import io.millrace.client.api.GroupOffsetTarget;
import io.millrace.client.api.OffsetAndMetadata;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/**
 * Moves the committed offsets of a group without members, to places that are worked out here: what
 * is done is what was told before. Thread-safe.
 */
final class GroupOffsetMoves {
  private final ClusterClient cluster;
  private final MetadataCache metadata;
  private final OffsetLookup lookUp;
  private final GroupCalls groups;

  GroupOffsetMoves(
      ClusterClient cluster, MetadataCache metadata, OffsetLookup lookUp, GroupCalls groups) {
    this.cluster = cluster;
    this.metadata = metadata;
    this.lookUp = lookUp;
    this.groups = groups;
  }

  /** What would be done; refuses what would be refused. */
  List<GroupOffsetChange> plan(
      String groupId, Set<TopicPartition> partitions, GroupOffsetTarget target) {
    refuseWithMembers(groupId);
    GroupOffsets offsets = offsetsOf(groupId);
    Map<TopicPartition, TopicIdPartition> ids = ids(offsets, partitions);
    Map<TopicIdPartition, GroupOffsets.Committed> committed =
        ids.isEmpty() ? Map.of() : offsets.find(ids.values(), timeout());
    Map<TopicPartition, Long> first = find(partitions, OffsetSpec.earliest());
    Map<TopicPartition, Long> end = find(partitions, OffsetSpec.latest());
    Map<TopicPartition, Long> place =
        target instanceof GroupOffsetTarget.Place to ? find(partitions, to.spec()) : Map.of();
    List<GroupOffsetChange> changes = new ArrayList<>();
    for (TopicPartition partition : new TreeSet<>(partitions)) {
      GroupOffsets.Committed now = committed.get(known(ids, partition));
      OptionalLong from =
          now == null ? OptionalLong.empty() : OptionalLong.of(now.offset().offset());
      long to =
          target instanceof GroupOffsetTarget.Shift shift
              ? shifted(groupId, partition, from, shift.offsets())
              : known(place, partition);
      to = Math.max(known(first, partition), Math.min(known(end, partition), to));
      changes.add(new GroupOffsetChange(partition, from, to));
    }
    return changes;
  }

  /** Does what {@link #plan} tells. */
  List<GroupOffsetChange> move(
      String groupId, Set<TopicPartition> partitions, GroupOffsetTarget target) {
    List<GroupOffsetChange> changes = plan(groupId, partitions, target);
    GroupOffsets offsets = offsetsOf(groupId);
    Map<TopicPartition, TopicIdPartition> ids = ids(offsets, partitions);
    Map<TopicIdPartition, TopicPartition> names = new HashMap<>();
    Map<TopicIdPartition, OffsetAndMetadata> places = new HashMap<>();
    for (GroupOffsetChange change : changes) {
      TopicIdPartition id = known(ids, change.partition());
      names.put(id, change.partition());
      places.put(id, OffsetAndMetadata.of(change.to()));
    }
    if (!places.isEmpty()) {
      GroupCalls.throwFirst(names, offsets.commit(places, timeout()));
    }
    return changes;
  }

  private void refuseWithMembers(String groupId) {
    try {
      GroupDescription group = groups.describe(groupId);
      if (!group.members().isEmpty()) {
        throw new MillraceException(
            new MillraceError(
                ErrorCode.GROUP_NOT_EMPTY,
                "group "
                    + groupId
                    + " has members: "
                    + group.members().size()
                    + " (expected: none, as they would commit over it)",
                Map.of("group", groupId, "members", Integer.toString(group.members().size()))));
      }
    } catch (MillraceException e) {
      // A group may begin with what is committed for it.
      if (e.code() != ErrorCode.UNKNOWN_GROUP) {
        throw e;
      }
    }
  }

  private static long shifted(
      String groupId, TopicPartition partition, OptionalLong from, long offsets) {
    if (from.isEmpty()) {
      throw new MillraceException(
          ErrorCode.INVALID_REQUEST,
          "group "
              + groupId
              + " has committed nothing for "
              + partition
              + " that could be shifted (expected: another place)");
    }
    return from.getAsLong() + offsets;
  }

  private Map<TopicPartition, TopicIdPartition> ids(
      GroupOffsets offsets, Set<TopicPartition> partitions) {
    Map<TopicPartition, TopicIdPartition> ids = new HashMap<>();
    partitions.forEach(partition -> ids.put(partition, offsets.id(partition, timeout())));
    return ids;
  }

  private Map<TopicPartition, Long> find(Set<TopicPartition> partitions, OffsetSpec place) {
    Map<TopicPartition, OffsetSpec> places = new HashMap<>();
    partitions.forEach(partition -> places.put(partition, place));
    return lookUp.find(places, timeout());
  }

  private static <T> T known(Map<TopicPartition, T> values, TopicPartition partition) {
    T value = values.get(partition);
    if (value == null) {
      throw new MillraceException(ErrorCode.INTERNAL, "nothing was told of " + partition);
    }
    return value;
  }

  private GroupOffsets offsetsOf(String groupId) {
    return new GroupOffsets(new GroupCoordinator(cluster, groupId), metadata);
  }

  private Duration timeout() {
    return cluster.config().requestTimeout();
  }
}
