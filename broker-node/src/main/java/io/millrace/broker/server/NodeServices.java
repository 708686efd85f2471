package io.millrace.broker.server;

import io.millrace.broker.group.CoordinatorLookup;
import io.millrace.broker.metadata.ProducerIds;
import io.millrace.broker.metadata.TopicReadiness;
import io.millrace.broker.replica.ReplicaManager;
import io.millrace.broker.rpc.Authorizer;
import io.millrace.broker.rpc.BrokerServices;
import io.millrace.broker.rpc.ForwardingLink;
import io.millrace.broker.rpc.LocalLogDirs;
import io.millrace.broker.rpc.RemoteBrokers;
import io.millrace.common.MillraceError;
import io.millrace.common.config.EffectiveConfig;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** Puts the services for clients together, and what other nodes ask of this one for theirs. */
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
      NodeLink link,
      NodeState state,
      NodeThreads threads,
      Telemetry telemetry,
      BooleanSupplier ready) {
    ProducerIds producerIds =
        new ProducerIds(config.get(NodeSettings.NODE_ID), state.session()::epoch, state.quorum());
    String clusterId = state.dirs().clusterId();
    LocalLogDirs logDirs =
        new LocalLogDirs(
            state.replicas(), state.dirs().missing(), threads.metadata(), threads.volumes());
    link.queries().begin(clusterId, logDirs);
    return BrokerServices.forClients(
        new BrokerServices.Parts(
            Wiring.node(config, clusterId),
            config,
            state.quorum(),
            state.members(),
            new RemoteBrokers(clusterId, config.get(NodeSettings.NODE_ID), link.channels()),
            new ForwardingLink(
                clusterId,
                config.get(NodeSettings.NODE_ID),
                link.forwardingChannels(),
                link.tailChannels()),
            link.forwarding(),
            logDirs,
            state.replicas(),
            readiness(state.replicas()),
            producerIds,
            threads.fetch(),
            threads.metadata(),
            threads.timers(),
            environment.clock(),
            telemetry.calls(),
            telemetry.corruptReads(),
            new CoordinatorLookup(
                state.quorum(),
                Wiring.offsetsTopic(config),
                readiness(state.replicas()),
                environment.clock()),
            Authorizer.ALLOW_ALL,
            ready),
        Wiring.limits(config),
        Wiring.fetchLimits(config));
  }

  private static TopicReadiness readiness(ReplicaManager replicas) {
    return new TopicReadiness() {
      @Override
      public Optional<MillraceError> refusal() {
        return replicas.whyNothingCanBeMade();
      }

      @Override
      public CompletableFuture<Void> whenServing(UUID topicId, long revision, long timeoutMs) {
        return replicas.whenServing(topicId, revision, timeoutMs);
      }
    };
  }
}
