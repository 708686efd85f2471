package io.millrace.broker.group.core;

import io.millrace.broker.group.core.GroupAnswer.PartitionResult;
import io.millrace.broker.group.core.GroupAnswer.PartitionResults;
import io.millrace.broker.group.core.GroupCommand.CommitOffsets;
import io.millrace.broker.group.core.GroupCommand.DeleteGroup;
import io.millrace.broker.group.core.GroupCommand.DeleteOffsets;
import io.millrace.broker.group.core.GroupCommand.OffsetToCommit;
import io.millrace.broker.group.core.GroupRecord.OffsetFact;
import io.millrace.broker.group.core.TopicsView.Topic;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Committed offsets, and the end of groups that have nothing else. Every method throws {@link
 * io.millrace.common.MillraceException} when all is refused. Confined to the core.
 *
 * <p>Not final: tests put defects in.
 */
class OffsetDecisions {
  private final TopicMatches matches;

  OffsetDecisions(TopicMatches matches) {
    this.matches = matches;
  }

  // ---- commits

  /** Commits what may be committed. */
  PartitionResults commit(Changes changes, CommitOffsets commit, GroupSettings settings, Now now) {
    Checks.groupId(commit.groupId());
    eachOnce(commit.offsets().stream().map(OffsetToCommit::partition).toList());
    Optional<Assignment> assignment = committer(changes.group(commit.groupId()), commit);
    List<PartitionResult> results = new ArrayList<>();
    for (OffsetToCommit offset : commit.offsets()) {
      Optional<MillraceError> error =
          refusal(offset, settings)
              .or(
                  () ->
                      assignment.flatMap(
                          held -> refusal(held, offset.partition(), commit.memberEpoch())));
      if (error.isEmpty()) {
        CommittedOffset committed =
            new CommittedOffset(
                offset.offset(), offset.leaderEpoch(), offset.metadata(), now.wallMs());
        changes.add(new OffsetFact(commit.groupId(), offset.partition(), Optional.of(committed)));
      }
      results.add(new PartitionResult(offset.partition(), error));
    }
    return new PartitionResults(results);
  }

  /** What the committer has in its hands; empty for someone outside of a group without members. */
  private static Optional<Assignment> committer(GroupImage group, CommitOffsets commit) {
    MemberKey key = new MemberKey(commit.groupId(), commit.memberId());
    if (commit.memberId().isEmpty() && group.members().isEmpty()) {
      return Optional.empty();
    }
    if (group.member(commit.memberId()).isEmpty()) {
      throw Refusals.unknownMember(key).exception();
    }
    Assignment assignment = group.assignment(commit.memberId());
    if (commit.memberEpoch() > assignment.epoch()) {
      throw new MillraceError(
              ErrorCode.STALE_MEMBER_EPOCH,
              "member_epoch: "
                  + commit.memberEpoch()
                  + " (expected: at most "
                  + assignment.epoch()
                  + ", which the member was told)")
          .exception();
    }
    return Optional.of(assignment);
  }

  /** Why a member may not commit a partition, if it may not. */
  Optional<MillraceError> refusal(Assignment held, TopicIdPartition partition, int commitEpoch) {
    return held.refusalOfCommit(partition, commitEpoch);
  }

  private Optional<MillraceError> refusal(OffsetToCommit offset, GroupSettings settings) {
    if (offset.offset() < 0) {
      return Optional.of(
          Refusals.invalid("offset: " + offset.offset() + " (expected: at least 0)"));
    }
    int bytes = offset.metadata().getBytes(StandardCharsets.UTF_8).length;
    if (bytes > settings.offsetMetadataMaxBytes()) {
      return Optional.of(
          new MillraceError(
              ErrorCode.OFFSET_METADATA_TOO_LARGE,
              "bytes of metadata: "
                  + bytes
                  + " (expected: at most offset.metadata.max.bytes, "
                  + settings.offsetMetadataMaxBytes()
                  + ")"));
    }
    return unknown(offset.partition());
  }

  private Optional<MillraceError> unknown(TopicIdPartition partition) {
    Optional<Topic> topic = matches.topics().topic(partition.topicId());
    if (topic.isEmpty()) {
      return Optional.of(
          new MillraceError(
              ErrorCode.UNKNOWN_TOPIC_ID,
              "topic_id: " + partition.topicId() + " (expected: a topic that exists)",
              Map.of("topic_id", partition.topicId().toString())));
    }
    int count = topic.get().partitionCount();
    return partition.partition() < count
        ? Optional.empty()
        : Optional.of(
            new MillraceError(
                ErrorCode.UNKNOWN_PARTITION,
                "partition: " + partition.partition() + " (expected: below " + count + ")"));
  }

  private static void eachOnce(List<TopicIdPartition> partitions) {
    Set<TopicIdPartition> seen = new HashSet<>();
    for (TopicIdPartition partition : partitions) {
      if (!seen.add(partition)) {
        throw Refusals.invalid("partition: " + partition + " twice (expected: once)").exception();
      }
    }
  }

  // ---- deletion

  /** Forgets offsets of topics that no member reads. */
  PartitionResults delete(Changes changes, DeleteOffsets delete) {
    Checks.groupId(delete.groupId());
    eachOnce(delete.partitions());
    GroupImage group = existing(changes, delete.groupId());
    Set<String> read =
        matches.of(group.members().values().stream().map(Member::subscription).toList()).keySet();
    List<PartitionResult> results = new ArrayList<>();
    for (TopicIdPartition partition : delete.partitions()) {
      Optional<Topic> subscribed =
          matches.topics().topic(partition.topicId()).filter(topic -> read.contains(topic.name()));
      if (subscribed.isEmpty() && group.offset(partition).isPresent()) {
        changes.add(new OffsetFact(delete.groupId(), partition, Optional.empty()));
      }
      results.add(new PartitionResult(partition, subscribed.map(OffsetDecisions::isRead)));
    }
    return new PartitionResults(results);
  }

  private static MillraceError isRead(Topic topic) {
    return new MillraceError(
        ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC,
        "topic: " + topic.name() + " (expected: one to which no member is subscribed)",
        Map.of("topic", topic.name()));
  }

  /** Deletes a group without members. */
  void deleteGroup(Changes changes, DeleteGroup delete) {
    Checks.groupId(delete.groupId());
    GroupImage group = existing(changes, delete.groupId());
    if (!group.members().isEmpty()) {
      throw new MillraceError(
              ErrorCode.GROUP_NOT_EMPTY,
              "members of group "
                  + delete.groupId()
                  + ": "
                  + group.members().size()
                  + " (expected: none)",
              Map.of("group_id", delete.groupId(), "members", "" + group.members().size()))
          .exception();
    }
    group
        .offsets()
        .forEach(
            (topic, offsets) ->
                offsets
                    .keySet()
                    .forEach(
                        number ->
                            changes.add(
                                new OffsetFact(
                                    delete.groupId(),
                                    new TopicIdPartition(topic, number),
                                    Optional.empty()))));
    changes.forget(delete.groupId());
  }

  private static GroupImage existing(Changes changes, String groupId) {
    GroupImage group = changes.group(groupId);
    if (!group.exists()) {
      throw Refusals.unknownGroup(groupId).exception();
    }
    return group;
  }
}
