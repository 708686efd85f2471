package io.millrace.client.api;

import io.millrace.common.MillraceError;
import java.util.List;
import java.util.Map;

/**
 * The groups, as far as their coordinators could be asked.
 *
 * @param groups by name
 * @param unanswered why the groups of some brokers are not among them, by node id
 */
public record GroupsFound(List<Listing> groups, Map<Integer, MillraceError> unanswered) {
  public GroupsFound {
    groups = List.copyOf(groups);
    unanswered = Map.copyOf(unanswered);
  }

  /**
   * A group in a few words.
   *
   * @param members how many there are
   * @param coordinatorId the broker that coordinates it
   */
  public record Listing(String groupId, GroupState state, int members, int coordinatorId) {}
}
