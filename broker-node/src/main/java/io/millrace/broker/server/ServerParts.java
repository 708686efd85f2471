package io.millrace.broker.server;

import io.millrace.broker.group.GroupCoordinators;
import io.millrace.broker.replica.ReplicationMetrics;
import io.millrace.broker.rpc.BrokerServices;
import io.millrace.broker.rpc.ByteBudgets;
import io.millrace.broker.rpc.RpcListener;
import io.millrace.broker.rpc.RpcMetrics;
import io.millrace.common.config.EffectiveConfig;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/**
 * The parts of a node, made and connected, with their listeners open, but nothing of it doing its
 * work yet. Each part that was made stands in the {@link Startup} to be closed. Immutable.
 *
 * @param http the administrators' pages
 * @param threads what requests wait and read on
 * @param link what the node has to do with other nodes
 * @param state directories, metadata, partitions
 * @param telemetry what is counted and found for operators
 * @param budgets the memory that requests may take
 * @param groups the coordinators of groups
 * @param nodes where other nodes connect
 * @param clients where clients connect
 */
record ServerParts(
    AdminHttp http,
    NodeThreads threads,
    NodeLink link,
    NodeState state,
    Telemetry telemetry,
    ByteBudgets budgets,
    GroupCoordinators groups,
    RpcListener nodes,
    RpcListener clients) {

  /**
   * Makes the parts.
   *
   * @param stop completed when the start is to be given up
   * @param ready whether requests may be served
   * @throws StartException if one can't be made
   */
  static ServerParts open(
      EffectiveConfig config,
      ServerEnvironment environment,
      Startup startup,
      CompletableFuture<Void> stop,
      BooleanSupplier ready) {
    Listeners.requireFree(config);
    ServerMetrics metrics = new ServerMetrics();
    startup.opened("metrics", metrics::close);
    AdminHttp http = AdminHttp.open(config.get(ListenerSettings.LISTENER_ADMIN));
    startup.opened("admin listener", http::close);
    UncaughtThrowables uncaught = new UncaughtThrowables(environment.faults());
    NodeThreads threads = NodeThreads.start(config, uncaught, startup);
    RpcMetrics calls = new RpcMetrics(metrics.registry(), environment.clock());
    NodeListeners listeners = new NodeListeners(config, startup, metrics, calls);
    NodeLink link = NodeLink.open(config, environment, startup, stop);
    // Before there is any state: the voters of a new cluster ask each other first.
    RpcListener nodes = listeners.forNodes(BrokerServices.forNodes(link.services()));
    ReplicationMetrics replication = new ReplicationMetrics(metrics.registry());
    NodeState state = NodeState.open(config, environment, threads, startup, link, replication);
    Telemetry telemetry = Telemetry.begin(metrics, calls, replication, state);
    NodeReplication.lead(config, environment, link, state, threads, telemetry);
    GroupCoordinators groups =
        NodeServices.groups(config, environment, startup, state, threads, telemetry);
    RpcListener clients =
        listeners.forClients(
            NodeServices.forClients(
                config, environment, link, state, threads, telemetry, groups, ready));
    return new ServerParts(
        http, threads, link, state, telemetry, listeners.budgets(), groups, nodes, clients);
  }
}
