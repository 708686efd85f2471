package io.millrace.broker.server;

import io.millrace.broker.metadata.ProducerIds;
import io.millrace.broker.rpc.Authorizer;
import io.millrace.broker.rpc.BrokerServices;
import io.millrace.common.config.EffectiveConfig;
import java.util.function.BooleanSupplier;

/** Puts the services for clients together. */
final class NodeServices {
  private NodeServices() {}

  /**
   * The services for clients.
   *
   * @param ready whether requests may be served
   */
  static BrokerServices forClients(
      EffectiveConfig config,
      ServerEnvironment environment,
      NodeState state,
      NodeThreads threads,
      Telemetry telemetry,
      BooleanSupplier ready) {
    ProducerIds producerIds =
        new ProducerIds(config.get(NodeSettings.NODE_ID), state.session()::epoch, state.quorum());
    return BrokerServices.forClients(
        new BrokerServices.Parts(
            Wiring.node(config, state.dirs().clusterId()),
            config,
            state.quorum(),
            state.replicas(),
            state.replicas()::whenServing,
            producerIds,
            threads.fetch(),
            threads.timers(),
            environment.clock(),
            telemetry.calls(),
            telemetry.corruptReads(),
            Authorizer.ALLOW_ALL,
            ready),
        Wiring.limits(config),
        Wiring.fetchLimits(config));
  }
}
