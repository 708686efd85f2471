package io.millrace.client.api;

import io.millrace.common.MillraceError;
import java.util.List;
import java.util.Optional;

/**
 * A partition.
 *
 * @param partition its number, from 0
 * @param leader the leader's node id, or 0 when there is none
 * @param leaderEpoch grows with each change of leader
 * @param replicas the node ids of all replicas, the preferred leader first
 * @param inSyncReplicas the node ids of the in-sync replicas
 * @param eligibleLeaderReplicas the node ids of replicas that are not in sync and may lead all the
 *     same, as they have all that was acknowledged (KIP-966)
 * @param whyNoLeader why there is no leader, if there is none and the broker said why
 */
public record PartitionDescription(
    int partition,
    int leader,
    int leaderEpoch,
    List<Integer> replicas,
    List<Integer> inSyncReplicas,
    List<Integer> eligibleLeaderReplicas,
    Optional<MillraceError> whyNoLeader) {
  public PartitionDescription {
    replicas = List.copyOf(replicas);
    inSyncReplicas = List.copyOf(inSyncReplicas);
    eligibleLeaderReplicas = List.copyOf(eligibleLeaderReplicas);
  }
}
