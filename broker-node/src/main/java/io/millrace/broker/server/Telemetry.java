package io.millrace.broker.server;

import io.millrace.broker.replica.ReplicationMetrics;
import io.millrace.broker.rpc.CorruptReads;
import io.millrace.broker.rpc.RpcMetrics;

/**
 * What is counted and found for operators. Immutable; its parts are thread-safe.
 *
 * @param registry all metrics
 * @param calls those of requests
 * @param replication those of what goes between brokers
 * @param corruptReads the stored batches that readers found corrupt
 */
record Telemetry(
    ServerMetrics registry,
    RpcMetrics calls,
    ReplicationMetrics replication,
    CorruptReads corruptReads) {
  /** Begins to count. */
  static Telemetry begin(
      ServerMetrics registry, RpcMetrics calls, ReplicationMetrics replication, NodeState state) {
    return new Telemetry(
        registry, calls, replication, new CorruptReads(registry.registry(), state::isCorrupt));
  }
}
