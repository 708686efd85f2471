package io.millrace.broker.group.core;

import io.millrace.common.TopicIdPartition;
import java.util.List;
import java.util.Optional;

/** What a client wants to know of groups. Answered at once, from what is committed. */
public sealed interface GroupQuery {
  /**
   * Committed offsets. Answered with {@link GroupAnswer.Offsets}; a group that does not exist has
   * none.
   *
   * @param groupId the group
   * @param partitions which ones, answered in this order; empty for all, answered by topic id and
   *     number and without the topics that do not exist any more
   */
  record GetOffsets(String groupId, Optional<List<TopicIdPartition>> partitions)
      implements GroupQuery {}

  /**
   * A group with its members. Answered with {@link GroupAnswer.Description}, or refused with
   * UNKNOWN_GROUP.
   *
   * @param groupId the group
   */
  record GetGroup(String groupId) implements GroupQuery {}

  /**
   * The groups of this partition, by name. Answered with {@link GroupAnswer.Groups}.
   *
   * @param after only groups whose names come after this one; empty for the first page
   * @param limit at most this many, at least 1
   */
  record ListGroups(String after, int limit) implements GroupQuery {}
}
