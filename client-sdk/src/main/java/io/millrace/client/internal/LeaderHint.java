package io.millrace.client.internal;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import java.util.Optional;

/**
 * Whom a broker that does not lead a partition names as the leader.
 *
 * @param nodeId the leader
 * @param leaderEpoch the epoch in which it leads
 */
record LeaderHint(int nodeId, int leaderEpoch) {
  /** The hint in a refusal; empty if there is none, or none that can be understood. */
  static Optional<LeaderHint> in(MillraceError refusal) {
    String nodeId = refusal.details().get("leader_id");
    String epoch = refusal.details().get("current_leader_epoch");
    if (refusal.code() != ErrorCode.NOT_LEADER || nodeId == null || epoch == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(new LeaderHint(Integer.parseInt(nodeId), Integer.parseInt(epoch)));
    } catch (NumberFormatException nonsense) {
      return Optional.empty();
    }
  }
}
