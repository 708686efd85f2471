package io.millrace.client.api;

import java.util.List;

/**
 * A partition.
 *
 * @param partition its number, from 0
 * @param leader the leader's node id, or 0 when there is none
 * @param leaderEpoch grows with each change of leader
 * @param replicas the node ids of all replicas, the preferred leader first
 * @param inSyncReplicas the node ids of the in-sync replicas
 */
public record PartitionDescription(
    int partition,
    int leader,
    int leaderEpoch,
    List<Integer> replicas,
    List<Integer> inSyncReplicas) {
  public PartitionDescription {
    replicas = List.copyOf(replicas);
    inSyncReplicas = List.copyOf(inSyncReplicas);
  }
}
