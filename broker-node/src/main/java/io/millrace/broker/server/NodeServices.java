package io.millrace.broker.server;

import io.millrace.broker.group.CoordinatorLookup;
import io.millrace.broker.group.GroupCoordinators;
import io.millrace.broker.group.GroupEnvironment;
import io.millrace.broker.group.GroupMetrics;
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
   * @param groups the coordinators of groups
   * @param ready whether requests may be served
   */
  static BrokerServices forClients(
      EffectiveConfig config,
      ServerEnvironment environment,
      NodeLink link,
      NodeState state,
      NodeThreads threads,
      Telemetry telemetry,
      GroupCoordinators groups,
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
            groups,
            Authorizer.ALLOW_ALL,
            ready),
        Wiring.limits(config),
        Wiring.fetchLimits(config));
  }

  /** The coordinators of groups; in the {@link Startup} to resign. */
  static GroupCoordinators groups(
      EffectiveConfig config,
      ServerEnvironment environment,
      Startup startup,
      NodeState state,
      NodeThreads threads,
      Telemetry telemetry) {
    GroupCoordinators groups =
        new GroupCoordinators(
            new GroupEnvironment(
                config.get(NodeSettings.NODE_ID),
                state.quorum()::image,
                Wiring.groups(config),
                threads.groups(),
                threads.timers(),
                environment.clock(),
                environment.faults(),
                new GroupMetrics(telemetry.registry().registry())));
    state.replicas().onHosted(groups::hosted);
    startup.opened("coordinators of groups", groups::close);
    return groups;
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
