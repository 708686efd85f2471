package io.millrace.broker.server;

import io.millrace.broker.rpc.CorruptReads;
import io.millrace.broker.rpc.RpcMetrics;

/**
 * What is counted and found for operators. Immutable; its parts are thread-safe.
 *
 * @param registry all metrics
 * @param calls those of requests
 * @param corruptReads the stored batches that readers found corrupt
 */
record Telemetry(ServerMetrics registry, RpcMetrics calls, CorruptReads corruptReads) {
  /** Begins to count. */
  static Telemetry begin(ServerMetrics registry, RpcMetrics calls, NodeState state) {
    return new Telemetry(registry, calls, new CorruptReads(registry.registry(), state::holds));
  }
}
