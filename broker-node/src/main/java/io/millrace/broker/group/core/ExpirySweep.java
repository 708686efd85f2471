package io.millrace.broker.group.core;

import io.millrace.broker.group.core.GroupRecord.OffsetFact;
import io.millrace.broker.group.core.TopicsView.Topic;
import io.millrace.common.TopicIdPartition;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import org.pcollections.TreePMap;

/**
 * Takes away what nobody needs any more, a few groups at a time: offsets of topics that were
 * deleted; offsets that have outlived their group, or the subscription to their topic, by {@code
 * offsets.retention.ms}; groups of which nothing is left; remnants of an append that was cut off.
 * Confined to the core.
 *
 * <p>Not final: tests put defects in.
 */
class ExpirySweep {
  /** How many groups are looked at in one append. */
  private static final int GROUPS_AT_ONCE = 100;

  /**
   * How long a group without members and offsets is remembered, so that its epochs go on if members
   * come back. No longer than offsets are.
   */
  private static final long EMPTY_GROUP_KEPT_MS = 600_000;

  private final TopicMatches matches;

  ExpirySweep(TopicMatches matches) {
    this.matches = matches;
  }

  /**
   * Sweeps the groups that come next.
   *
   * @param after the last group that was looked at; empty to begin
   * @return the last group that was looked at; empty when all were
   */
  Optional<String> sweep(Changes changes, String after, GroupSettings settings, long wallMs) {
    List<String> next =
        changes.image().groups().tailMap(after).keySet().stream()
            .filter(groupId -> !groupId.equals(after))
            .limit(GROUPS_AT_ONCE)
            .toList();
    next.forEach(groupId -> sweepGroup(changes, groupId, settings, wallMs));
    return next.size() < GROUPS_AT_ONCE ? Optional.empty() : Optional.of(next.get(next.size() - 1));
  }

  private void sweepGroup(Changes changes, String groupId, GroupSettings settings, long wallMs) {
    removeRemnants(changes, groupId);
    GroupImage group = changes.group(groupId);
    if (isLosingItsLastMember(group)) {
      return;
    }
    Set<String> read =
        matches.of(group.members().values().stream().map(Member::subscription).toList()).keySet();
    for (UUID topicId : group.offsets().keySet()) {
      Optional<Topic> topic = matches.topics().topic(topicId);
      if (topic.filter(known -> isRead(read, known)).isEmpty()) {
        long keptMs = topic.isEmpty() ? 0 : settings.offsetsRetentionMs();
        expire(changes, groupId, topicId, wallMs - keptMs);
      }
    }
    GroupImage left = changes.group(groupId);
    long keptEmptyMs = Math.min(EMPTY_GROUP_KEPT_MS, settings.offsetsRetentionMs());
    boolean over =
        left.head().emptySinceMs() != GroupHead.NOT_EMPTY
            && left.head().emptySinceMs() + keptEmptyMs <= wallMs;
    if (!left.exists() && (over || left.head().equals(GroupHead.NONE))) {
      changes.forget(groupId);
    }
  }

  /** Whether members read the topic: then its offsets are needed, however old they are. */
  boolean isRead(Set<String> read, Topic topic) {
    return read.contains(topic.name());
  }

  /** Since when the group is empty is not noted yet: nothing may expire by it. */
  private static boolean isLosingItsLastMember(GroupImage group) {
    return group.members().isEmpty()
        && group.head().epoch() > 0
        && group.head().emptySinceMs() == GroupHead.NOT_EMPTY;
  }

  private static void removeRemnants(Changes changes, String groupId) {
    GroupImage group = changes.group(groupId);
    SortedSet<String> strangers = new TreeSet<>(group.targets().keySet());
    strangers.addAll(group.assignments().keySet());
    strangers.removeAll(group.members().keySet());
    strangers.forEach(stranger -> changes.removeRemnants(new MemberKey(groupId, stranger)));
  }

  /** Takes away the offsets of a topic that nobody has needed since then. */
  private static void expire(Changes changes, String groupId, UUID topicId, long untilWallMs) {
    GroupImage group = changes.group(groupId);
    group
        .offsets()
        .getOrDefault(topicId, TreePMap.empty())
        .forEach(
            (number, committed) -> {
              long neededMs = Math.max(committed.commitTimeMs(), group.head().emptySinceMs());
              if (neededMs <= untilWallMs) {
                changes.add(
                    new OffsetFact(
                        groupId, new TopicIdPartition(topicId, number), Optional.empty()));
              }
            });
  }
}
