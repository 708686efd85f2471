package io.millrace.client.api;

import io.millrace.common.TopicPartition;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A group with its members.
 *
 * @param groupEpoch grows with each change of members, subscriptions or topics
 * @param assignmentEpoch the group epoch that the assignment was worked out for
 * @param assignor how partitions are assigned
 * @param coordinatorId the broker that coordinates it
 * @param members by member id
 */
public record GroupDescription(
    String groupId,
    GroupState state,
    int groupEpoch,
    int assignmentEpoch,
    String assignor,
    int coordinatorId,
    List<Member> members) {
  public GroupDescription {
    members = List.copyOf(members);
  }

  /**
   * Who a member is, as it told when it joined.
   *
   * @param instanceId the static name
   * @param clientId the client's name, or empty
   * @param host the client's address as the coordinator sees it
   * @param rack the client's rack, or empty
   */
  public record Client(Optional<String> instanceId, String clientId, String host, String rack) {}

  /**
   * A member.
   *
   * @param epoch the member epoch that it was told last
   * @param topics what it subscribes to by name
   * @param topicRegex what it subscribes to besides, or empty
   * @param assigned what it may read now; topics that are gone are named by their ids
   * @param revoking what it is still to give up
   * @param target what it is to have in the end
   * @param away true for a static member that is away and keeps its place
   */
  public record Member(
      String memberId,
      Client client,
      int epoch,
      Set<String> topics,
      String topicRegex,
      Set<TopicPartition> assigned,
      Set<TopicPartition> revoking,
      Set<TopicPartition> target,
      boolean away) {
    public Member {
      topics = Set.copyOf(topics);
      assigned = Set.copyOf(assigned);
      revoking = Set.copyOf(revoking);
      target = Set.copyOf(target);
    }
  }
}
