package io.millrace.broker.server;

import io.millrace.broker.metadata.BrokerSession;
import io.millrace.broker.metadata.ProducerIds;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.ReplicaManager;
import io.millrace.broker.rpc.Authorizer;
import io.millrace.broker.rpc.BrokerServices;
import io.millrace.broker.rpc.ByteBudgets;
import io.millrace.broker.rpc.ConnectionLimits;
import io.millrace.broker.rpc.CorruptReads;
import io.millrace.broker.rpc.InFlightBytes;
import io.millrace.broker.rpc.RpcListener;
import io.millrace.broker.rpc.RpcMetrics;
import io.millrace.broker.rpc.TransportSettings;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.metadata.MetadataQuorum;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * The parts of a node, made and connected, with their listeners open, but nothing of it doing its
 * work yet. Each part that was made stands in the {@link Startup} to be closed.
 */
final class ServerParts {
  private final EffectiveConfig config;
  private final ServerEnvironment environment;
  private final Startup startup;
  private final ServerMetrics metrics = new ServerMetrics();
  private final ByteBudgets budgets;
  private final UUID incarnationId = UUID.randomUUID();

  private final AdminHttp http;
  private final TimerThread timers;
  private final DataDirs dirs;
  private final MetadataQuorum quorum;
  private final BrokerSession session;
  private final ReplicaManager replicas;
  private final CorruptReads corruptReads;
  private final RpcListener nodes;
  private final RpcListener clients;

  /**
   * Makes the parts.
   *
   * @param ready whether requests may be served
   * @throws StartException if one can't be made
   */
  ServerParts(
      EffectiveConfig config,
      ServerEnvironment environment,
      Startup startup,
      BooleanSupplier ready) {
    this.config = config;
    this.environment = environment;
    this.startup = startup;
    Listeners.requireFree(config);
    startup.opened("metrics", metrics::close);
    http = AdminHttp.open(config.get(BrokerSettings.LISTENER_ADMIN));
    startup.opened("admin listener", http::close);
    UncaughtThrowables uncaught = new UncaughtThrowables(environment.faults());
    timers = new TimerThread("timers", uncaught);
    startup.opened("timers", timers::close);
    ExecutorService fetchThreads = fetchThreads(uncaught);
    startup.opened("fetch threads", fetchThreads::shutdownNow);
    dirs = DataDirs.open(environment.store(), config);
    startup.opened("data directories", dirs::release);
    quorum = Wiring.quorum(config, environment, dirs);
    startup.opened("metadata quorum", quorum::close);
    session = new BrokerSession(quorum, config.get(BrokerSettings.NODE_ID));
    replicas =
        new ReplicaManager(
            Wiring.replicas(config, incarnationId, dirs.directories().size()),
            dirs.directories(),
            !dirs.missing().isEmpty(),
            session,
            environment.clock(),
            environment.faults());
    startup.opened("partitions", replicas::close);
    budgets =
        new ByteBudgets(
            InFlightBytes.total(config.get(BrokerSettings.IN_FLIGHT_BYTES)),
            InFlightBytes.total(config.get(BrokerSettings.FETCH_IN_FLIGHT_BYTES)));
    corruptReads = new CorruptReads(metrics.registry(), this::stillThere);
    RpcMetrics rpcMetrics = new RpcMetrics(metrics.registry(), environment.clock());
    TransportSettings transport = Wiring.transport(config);
    nodes =
        listen(
            "internal",
            BrokerSettings.LISTENER_INTERNAL,
            transport.withoutConnectionAge(),
            rpcMetrics,
            BrokerServices.forNodes(ready));
    clients =
        listen(
            "client",
            BrokerSettings.LISTENER_CLIENT,
            transport,
            rpcMetrics,
            services(rpcMetrics, fetchThreads, ready));
  }

  /** The partitions whose logs are damaged. */
  List<TopicPartition> damagedLogs() {
    return replicas.damagedLogs();
  }

  boolean trustsTheClock() {
    return replicas.trustsTheClock();
  }

  private boolean stillThere(TopicIdPartition partition, long offset) {
    return replicas
        .find(partition)
        .map(PartitionHost::view)
        .filter(view -> view.logStartOffset() <= offset && offset < view.logEndOffset())
        .isPresent();
  }

  private BrokerServices services(
      RpcMetrics rpcMetrics, ExecutorService fetchThreads, BooleanSupplier ready) {
    ProducerIds producerIds =
        new ProducerIds(config.get(BrokerSettings.NODE_ID), session::epoch, quorum);
    return BrokerServices.forClients(
        new BrokerServices.Parts(
            Wiring.node(config, dirs.clusterId()),
            config,
            quorum,
            replicas,
            replicas::whenServing,
            producerIds,
            fetchThreads,
            timers,
            environment.clock(),
            rpcMetrics,
            corruptReads,
            Authorizer.ALLOW_ALL,
            ready),
        Wiring.limits(config),
        Wiring.fetchLimits(config));
  }

  private RpcListener listen(
      String name,
      ConfigKey<ListenAddress> key,
      TransportSettings transport,
      RpcMetrics rpcMetrics,
      BrokerServices services) {
    ListenAddress address = config.get(key);
    ConnectionLimits limits =
        new ConnectionLimits(
            config.get(BrokerSettings.MAX_CONNECTIONS),
            () ->
                budgets.child(
                    config.get(BrokerSettings.CONNECTION_IN_FLIGHT_BYTES),
                    config.get(BrokerSettings.CONNECTION_FETCH_IN_FLIGHT_BYTES)));
    metrics.gauge("millrace." + name + ".connections", "Open connections", limits::openConnections);
    try {
      RpcListener listener =
          RpcListener.open(
              name, Listeners.socketAddress(address), transport, limits, rpcMetrics, services);
      long graceMs = config.get(BrokerSettings.SHUTDOWN_TIMEOUT_MS);
      startup.opened(name + " listener", () -> listener.close(graceMs));
      return listener;
    } catch (IOException e) {
      throw Listeners.cannotBind(key, address, e);
    }
  }

  private ExecutorService fetchThreads(UncaughtThrowables uncaught) {
    int configured = config.get(BrokerSettings.FETCH_THREADS);
    int threads = configured > 0 ? configured : 2 * Runtime.getRuntime().availableProcessors();
    AtomicInteger number = new AtomicInteger();
    return Executors.newFixedThreadPool(
        threads,
        task -> {
          Thread thread = new Thread(task, "fetch-" + number.incrementAndGet());
          thread.setDaemon(true);
          thread.setUncaughtExceptionHandler(uncaught);
          return thread;
        });
  }

  ServerMetrics metrics() {
    return metrics;
  }

  ByteBudgets budgets() {
    return budgets;
  }

  UUID incarnationId() {
    return incarnationId;
  }

  AdminHttp http() {
    return http;
  }

  TimerThread timers() {
    return timers;
  }

  DataDirs dirs() {
    return dirs;
  }

  MetadataQuorum quorum() {
    return quorum;
  }

  BrokerSession session() {
    return session;
  }

  ReplicaManager replicas() {
    return replicas;
  }

  CorruptReads corruptReads() {
    return corruptReads;
  }

  RpcListener nodes() {
    return nodes;
  }

  RpcListener clients() {
    return clients;
  }
}
