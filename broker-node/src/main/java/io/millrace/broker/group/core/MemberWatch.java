package io.millrace.broker.group.core;

import io.millrace.broker.group.core.GroupCommand.Heartbeat;
import io.millrace.common.TopicIdPartition;
import java.util.Set;

/**
 * Watches by when members must be heard of, and must have given partitions up. Confined to the
 * core.
 *
 * <p>Not final: tests put defects in.
 */
class MemberWatch {
  private final LiveMembers live;

  MemberWatch(LiveMembers live) {
    this.live = live;
  }

  /** All sessions begin anew, full: nobody could be heard while there was no coordinator. */
  void begin(GroupsImage image, Now now) {
    image
        .groups()
        .forEach(
            (groupId, group) ->
                group
                    .members()
                    .forEach(
                        (id, member) -> {
                          MemberKey key = new MemberKey(groupId, id);
                          live.sessions.set(key, now.ms() + member.profile().sessionTimeoutMs());
                          revocation(key, Assignment.NONE, group, now);
                        }));
  }

  /** The session counts from when the heartbeat came, however long the answer takes. */
  void heard(GroupsImage committed, Heartbeat heartbeat, Now now) {
    GroupImage group = committed.group(heartbeat.groupId());
    Assignment assignment = group.assignment(heartbeat.memberId());
    int came = heartbeat.memberEpoch();
    if (came != 0 && (came == assignment.epoch() || came == assignment.previousEpoch())) {
      group
          .member(heartbeat.memberId())
          .filter(member -> !member.away())
          .ifPresent(
              member ->
                  live.sessions.set(
                      new MemberKey(heartbeat.groupId(), heartbeat.memberId()),
                      now.ms() + member.profile().sessionTimeoutMs()));
    }
  }

  /**
   * By when the member must have given up what it is to: it hears of it within its session timeout,
   * or takes itself for gone; then it has its rebalance timeout. What comes on top is heard of
   * later, so all of it has time anew; that ends, as the member is given nothing meanwhile.
   */
  void revocation(MemberKey key, Assignment before, GroupImage group, Now now) {
    Member member = group.member(key.memberId()).orElseThrow();
    Set<TopicIdPartition> revoking = group.assignment(key.memberId()).revoking().keySet();
    if (revoking.isEmpty()) {
      live.revocations.cancel(key);
    } else if (!before.revoking().keySet().containsAll(revoking)) {
      long sessionMs = member.profile().sessionTimeoutMs();
      live.revocations.set(key, now.ms() + sessionMs + member.profile().rebalanceTimeoutMs());
    }
  }
}
