package io.millrace.broker.group.core;

import io.millrace.broker.group.core.GroupAnswer.Description;
import io.millrace.broker.group.core.GroupAnswer.GroupSummary;
import io.millrace.broker.group.core.GroupAnswer.Groups;
import io.millrace.broker.group.core.GroupAnswer.MemberDescription;
import io.millrace.broker.group.core.GroupAnswer.Offsets;
import io.millrace.broker.group.core.GroupAnswer.PartitionOffset;
import io.millrace.broker.group.core.GroupAnswer.Refused;
import io.millrace.broker.group.core.GroupQuery.GetGroup;
import io.millrace.broker.group.core.GroupQuery.GetOffsets;
import io.millrace.broker.group.core.GroupQuery.ListGroups;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Answers questions from an image. Stateless. */
final class GroupQueries {
  private GroupQueries() {}

  static GroupAnswer answer(GroupsImage image, GroupQuery query, TopicsView topics) {
    try {
      if (query instanceof GetOffsets get) {
        Checks.groupId(get.groupId());
        return offsets(image.group(get.groupId()), get, topics);
      } else if (query instanceof GetGroup get) {
        Checks.groupId(get.groupId());
        return description(image.group(get.groupId()), get.groupId());
      } else if (query instanceof ListGroups list) {
        return groups(image, list);
      }
      throw new IllegalStateException("no answer to a " + query.getClass().getSimpleName());
    } catch (MillraceException refusal) {
      return new Refused(refusal.error());
    }
  }

  private static Offsets offsets(GroupImage group, GetOffsets get, TopicsView topics) {
    if (get.partitions().isPresent()) {
      return new Offsets(
          get.partitions().get().stream()
              .map(partition -> new PartitionOffset(partition, group.offset(partition)))
              .toList());
    }
    List<PartitionOffset> all = new ArrayList<>();
    group
        .offsets()
        .forEach(
            (topic, offsets) -> {
              if (topics.topic(topic).isPresent()) {
                offsets
                    .keySet()
                    .forEach(
                        number -> {
                          TopicIdPartition partition = new TopicIdPartition(topic, number);
                          all.add(new PartitionOffset(partition, group.offset(partition)));
                        });
              }
            });
    return new Offsets(all);
  }

  private static GroupAnswer description(GroupImage group, String groupId) {
    if (!group.exists()) {
      return new Refused(Refusals.unknownGroup(groupId));
    }
    return new Description(
        groupId,
        group.state(),
        group.head().epoch(),
        group.targetHead().epoch(),
        group.members().isEmpty() ? "" : group.targetHead().assignor(),
        group.members().entrySet().stream().map(member -> member(group, member)).toList());
  }

  private static MemberDescription member(GroupImage group, Map.Entry<String, Member> entry) {
    String id = entry.getKey();
    Assignment assignment = group.assignment(id);
    return new MemberDescription(
        id,
        entry.getValue().profile(),
        assignment.epoch(),
        entry.getValue().subscription(),
        Partitions.sorted(assignment.assigned().keySet()),
        Partitions.sorted(assignment.revoking().keySet()),
        group.target(id),
        entry.getValue().away());
  }

  private static Groups groups(GroupsImage image, ListGroups list) {
    List<GroupSummary> found =
        image.groups().tailMap(list.after()).entrySet().stream()
            .filter(entry -> !entry.getKey().equals(list.after()) && entry.getValue().exists())
            .limit(list.limit() + 1L)
            .map(
                entry ->
                    new GroupSummary(
                        entry.getKey(),
                        entry.getValue().state(),
                        entry.getValue().members().size()))
            .toList();
    boolean more = found.size() > list.limit();
    return new Groups(more ? found.subList(0, list.limit()) : found, more);
  }
}
