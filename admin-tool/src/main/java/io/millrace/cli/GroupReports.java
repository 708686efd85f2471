package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.GroupDescription;
import io.millrace.client.api.GroupOffset;
import io.millrace.client.api.GroupsFound;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.common.config.NearestName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Groups as data for programs, and what several commands about them say. */
final class GroupReports {
  private GroupReports() {}

  static Map<String, Object> data(GroupsFound.Listing group) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("group", group.groupId());
    data.put("state", state(group.state()));
    data.put("members", group.members());
    data.put("coordinator", group.coordinatorId());
    return data;
  }

  static String state(Enum<?> state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  static Map<String, Object> data(GroupDescription group, List<GroupOffset> offsets) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("group", group.groupId());
    data.put("state", state(group.state()));
    data.put("coordinator", group.coordinatorId());
    data.put("assignor", group.assignor());
    data.put("group_epoch", group.groupEpoch());
    data.put("assignment_epoch", group.assignmentEpoch());
    data.put("members", group.members().stream().map(GroupReports::data).toList());
    data.put("offsets", offsets.stream().map(offset -> data(group, offset)).toList());
    return data;
  }

  static Map<String, Object> data(GroupDescription.Member member) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("member", member.memberId());
    data.put("instance", member.client().instanceId().orElse(""));
    data.put("client", member.client().clientId());
    data.put("host", member.client().host());
    data.put("rack", member.client().rack());
    data.put("epoch", member.epoch());
    data.put("topics", member.topics().stream().sorted().toList());
    data.put("topic_regex", member.topicRegex());
    data.put("assigned", names(member.assigned()));
    data.put("revoking", names(member.revoking()));
    data.put("target", names(member.target()));
    data.put("away", member.away());
    return data;
  }

  private static Map<String, @Nullable Object> data(GroupDescription group, GroupOffset offset) {
    Map<String, @Nullable Object> data = new LinkedHashMap<>();
    data.put("topic", offset.partition().topic());
    data.put("partition", offset.partition().partition());
    data.put("committed_offset", offset.committed().offset());
    data.put("metadata", offset.committed().metadata());
    data.put("committed_at", Instant.ofEpochMilli(offset.commitTimeMs()).toString());
    data.put("end_offset", orNull(offset.end()));
    data.put("lag", orNull(offset.lag()));
    data.put(
        "member",
        reader(group, offset.partition()).map(GroupDescription.Member::memberId).orElse(""));
    return data;
  }

  private static @Nullable Long orNull(OptionalLong value) {
    return value.isPresent() ? (Long) value.getAsLong() : null;
  }

  static List<String> names(Collection<TopicPartition> partitions) {
    return partitions.stream().sorted().map(TopicPartition::toString).toList();
  }

  /** As {@code orders:0,1,5 payments:2}. */
  static String shortly(Collection<TopicPartition> partitions) {
    Map<String, List<Integer>> topics = new TreeMap<>();
    partitions.stream()
        .sorted()
        .forEach(p -> topics.computeIfAbsent(p.topic(), t -> new ArrayList<>()).add(p.partition()));
    return topics.isEmpty()
        ? "-"
        : topics.entrySet().stream()
            .map(topic -> topic.getKey() + ":" + numbers(topic.getValue()))
            .collect(Collectors.joining(" "));
  }

  private static String numbers(List<Integer> partitions) {
    return partitions.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  /** Who reads a partition now. */
  static Optional<GroupDescription.Member> reader(
      GroupDescription group, TopicPartition partition) {
    return group.members().stream()
        .filter(
            member ->
                member.assigned().contains(partition) || member.revoking().contains(partition))
        .findFirst();
  }

  /** What went wrong with a group: it may be that another one is meant. */
  static RuntimeException explained(
      CliContext context, String groupId, Admin admin, MillraceException e) {
    return switch (e.code()) {
      case UNKNOWN_GROUP -> unknown(context, groupId, admin);
      case GROUP_NOT_EMPTY ->
          new CliException(
              e.error().message() + " [" + e.code() + "]",
              "see them:      " + context.command() + " group members " + groupId,
              "stop them, or wait until their sessions are over");
      case GROUP_SUBSCRIBED_TO_TOPIC ->
          new CliException(
              e.error().message() + " [" + e.code() + "]",
              "see who does:  " + context.command() + " group members " + groupId);
      default -> e;
    };
  }

  private static CliException unknown(CliContext context, String groupId, Admin admin) {
    List<String> hints = new ArrayList<>();
    try {
      List<String> names =
          admin.listGroups().groups().stream().map(GroupsFound.Listing::groupId).toList();
      NearestName.of(groupId, names).ifPresent(near -> hints.add("did you mean:  " + near));
    } catch (MillraceException e) {
      hints.add("(the groups could not be listed: " + e.error().message() + ")");
    }
    hints.add("see them all:  " + context.command() + " group list");
    return new CliException(
        "group '" + groupId + "' does not exist [" + ErrorCode.UNKNOWN_GROUP + "]",
        hints.toArray(String[]::new));
  }
}
