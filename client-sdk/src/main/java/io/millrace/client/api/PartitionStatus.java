package io.millrace.client.api;

import io.millrace.common.MillraceError;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A partition, and how far its replicas are.
 *
 * @param partition what the cluster's metadata say of it
 * @param outOfSyncReplicas the node ids of the assigned replicas that are not in sync
 * @param highWatermark the offset that consumers may read up to, as the leader knows it; -1 when
 *     the leader does not tell
 * @param replicas the assigned replicas, the preferred leader first
 */
public record PartitionStatus(
    PartitionDescription partition,
    List<Integer> outOfSyncReplicas,
    long highWatermark,
    List<ReplicaStatus> replicas) {
  public PartitionStatus {
    outOfSyncReplicas = List.copyOf(outOfSyncReplicas);
    replicas = List.copyOf(replicas);
  }

  /**
   * How far a replica is, as its broker told. The replicas are not asked at one instant.
   *
   * @param nodeId the broker's node id
   * @param inSync whether it is in sync
   * @param startOffset its first offset; -1 when it is not known
   * @param endOffset the offset after its last record; -1 when it is not known
   * @param highWatermark the high watermark as far as it has heard; -1 when it is not known
   * @param offsetsBehind how many offsets its end lies behind the leader's, 0 if it is ahead; -1
   *     when either is not known
   * @param offsetsAhead how many offsets its end lies ahead of the leader's: it was asked later, or
   *     has what the leader does not have; 0 when either is not known
   * @param corruptOffset where the first batch of its log begins that a reader found corrupt, if
   *     one was found
   * @param whyUnknown why its offsets are not known, if they are not
   */
  public record ReplicaStatus(
      int nodeId,
      boolean inSync,
      long startOffset,
      long endOffset,
      long highWatermark,
      long offsetsBehind,
      long offsetsAhead,
      OptionalLong corruptOffset,
      Optional<MillraceError> whyUnknown) {}

  /** How far the leader is; empty when nobody leads. */
  public Optional<ReplicaStatus> leader() {
    return replicas.stream().filter(each -> each.nodeId() == partition.leader()).findFirst();
  }
}
