package io.millrace.broker.server;

import io.millrace.broker.rpc.CorruptReads;
import io.millrace.broker.rpc.RpcMetrics;
import io.millrace.common.time.Clock;

/**
 * What is counted and found for operators. Immutable; its parts are thread-safe.
 *
 * @param registry all metrics
 * @param calls those of requests
 * @param corruptReads the stored batches that readers found corrupt
 */
record Telemetry(ServerMetrics registry, RpcMetrics calls, CorruptReads corruptReads) {
  /** Begins to count. */
  static Telemetry begin(ServerMetrics registry, NodeState state, Clock clock) {
    return new Telemetry(
        registry,
        new RpcMetrics(registry.registry(), clock),
        new CorruptReads(registry.registry(), state::holds));
  }
}
