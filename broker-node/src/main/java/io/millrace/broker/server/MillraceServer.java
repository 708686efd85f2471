package io.millrace.broker.server;

import io.millrace.broker.log.dir.DataDir;
import io.millrace.broker.replica.ReplicaManager;
import io.millrace.broker.server.AdminHttp.Check;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.metadata.ControllerSessions;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.MetadataStorageException;
import io.millrace.metadata.QuorumHealth;
import io.millrace.metadata.VoterAddress;
import io.millrace.metadata.image.Endpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node: controller and broker in one process. Started and closed once, each by one thread; the
 * look-ups are thread-safe.
 *
 * <p>It can run inside another program: it installs no signal handlers and leaves logging alone.
 * {@link ServerProcess} is the process of its own.
 */
public final class MillraceServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(MillraceServer.class);
  private static final long QUORUM_POLL_MS = 5;
  private static final long WAITING_SAID_MS = 10_000;
  private static final long HEALTH_INTERVAL_MS = 500;

  /** How long an orderly end waits for other brokers to take over at most. */
  private static final long HAND_OVER_MS = 5_000;

  private final EffectiveConfig config;
  private final CompletableFuture<Void> stop;
  private final Startup startup = new Startup();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final ServerParts parts;
  private final Checks checks;
  private final ListenAddress advertised;

  /** The start is done and the end has not begun. */
  private volatile boolean serving;

  private MillraceServer(
      EffectiveConfig config, ServerEnvironment environment, CompletableFuture<Void> stop) {
    this.config = config;
    this.stop = stop;
    long begin = environment.clock().monotonicMs();
    boolean started = false;
    try {
      parts = ServerParts.open(config, environment, startup, stop, () -> serving);
      boolean broker = NodeRole.of(config).contains(NodeRole.BROKER);
      checks = new Checks(parts.state(), parts.telemetry().corruptReads(), broker);
      advertised = advertise();
      start();
      started = true;
    } finally {
      if (!started) {
        startup.closeAll();
      }
    }
    log.info(
        "[broker {}] ready after {} ms: clients {}, administrators http://{}, cluster {}",
        nodeId(),
        environment.clock().monotonicMs() - begin,
        advertised,
        new ListenAddress(config.get(ListenerSettings.LISTENER_ADMIN).host(), adminPort()),
        clusterId());
  }

  /**
   * Starts a node on the real disk and returns when it serves.
   *
   * @throws StartException if it can't, for a reason that the operator can change
   */
  public static MillraceServer start(EffectiveConfig config) {
    return start(config, ServerEnvironment.ofProcess());
  }

  /**
   * Starts a node and returns when it serves.
   *
   * @param environment disk, clocks and fault handler
   * @throws StartException if it can't, for a reason that the operator can change
   */
  public static MillraceServer start(EffectiveConfig config, ServerEnvironment environment) {
    return start(config, environment, new CompletableFuture<>());
  }

  /**
   * The same, to be given up on the way: at the next step everything is closed in order.
   *
   * @param stop completed when the start is to be given up
   * @throws StartException also when it was given up
   */
  static MillraceServer start(
      EffectiveConfig config, ServerEnvironment environment, CompletableFuture<Void> stop) {
    return new MillraceServer(config, environment, stop);
  }

  private void start() {
    NodeGauges.publish(parts, checks, this::ready);
    parts.http().start(checks::health, this::readiness, parts.telemetry().registry()::page);
    MetadataQuorum quorum = parts.state().quorum();
    goOnUnlessStopped();
    try {
      quorum.start();
    } catch (MetadataStorageException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
    parts.state().sessions().ifPresent(ControllerSessions::start);
    awaitQuorum(quorum);
    parts.state().replicas().recover(quorum.image());
    goOnUnlessStopped();
    // Before the partitions: whoever begins to lead one knows the topics of that time.
    quorum.subscribe(parts.groups());
    quorum.subscribe(parts.state().replication());
    quorum.subscribe(parts.state().replicas());
    if (NodeRole.of(config).contains(NodeRole.BROKER)) {
      // The session itself says now and then what it waits for.
      await(parts.state().session().start(registration()::now), "not registered", () -> {});
    }
    parts.state().replicas().lossReported();
    serving = true;
    tellHealth();
  }

  /** Other nodes may take any time to start, and a controller to be there. */
  private void awaitQuorum(MetadataQuorum quorum) {
    await(
        quorumReady(),
        "no controller",
        () -> {
          log.warn("[broker {}] waits: {}", nodeId(), quorum.health().detail());
          if (!parts.link().voters().alone()) {
            parts.link().bootstrap().requireOwnCluster();
          }
        });
  }

  private CompletableFuture<Void> quorumReady() {
    CompletableFuture<Void> ready = new CompletableFuture<>();
    pollQuorum(ready);
    return ready;
  }

  private void pollQuorum(CompletableFuture<Void> ready) {
    QuorumHealth health = parts.state().quorum().health();
    if (health.ready()) {
      ready.complete(null);
    } else if (health.state() == QuorumHealth.State.FAILED) {
      ready.completeExceptionally(new StartException(health.detail()));
    } else if (!ready.isDone()) {
      parts.threads().timers().schedule(QUORUM_POLL_MS, () -> pollQuorum(ready));
    }
  }

  private void goOnUnlessStopped() {
    if (stop.isDone()) {
      throw new StartException("told to end before it was ready");
    }
  }

  /**
   * Waits for a step for as long as it takes.
   *
   * @param meanwhile called now and then
   */
  private void await(CompletableFuture<Void> step, String failed, Runnable meanwhile) {
    CompletableFuture<Object> either = CompletableFuture.anyOf(step, stop);
    while (true) {
      try {
        either.get(WAITING_SAID_MS, TimeUnit.MILLISECONDS);
        goOnUnlessStopped();
        return;
      } catch (TimeoutException still) {
        meanwhile.run();
      } catch (ExecutionException e) {
        Throwable cause = e.getCause();
        throw cause instanceof StartException known
            ? known
            : new StartException(failed + ": " + (cause == null ? e : cause.getMessage()), e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new StartException("the start was interrupted", e);
      }
    }
  }

  private ListenAddress advertise() {
    String host = config.get(ListenerSettings.LISTENER_CLIENT).host();
    return Listeners.advertised(
        config.get(ListenerSettings.ADVERTISED_LISTENER), new ListenAddress(host, clientPort()));
  }

  private ProcessRegistration registration() {
    ReplicaManager replicas = parts.state().replicas();
    parts.state().dirs().directories().forEach(this::tellWhenItFails);
    return new ProcessRegistration(
        config,
        parts.state(),
        new Endpoint(advertised.host(), advertised.port()),
        internalEndpoint(),
        parts.link().voters().alone(),
        replicas.possibleLoss());
  }

  private void tellWhenItFails(DataDir directory) {
    directory.onOffline(
        (failed, why) -> parts.state().session().directoryFailed(failed.directoryId()));
  }

  /** As the other voters name it; one that is no voter is reached where it listens. */
  private Endpoint internalEndpoint() {
    ListenAddress listener = config.get(ListenerSettings.LISTENER_INTERNAL);
    String host = listener.wildcard() ? advertised.host() : listener.host();
    return parts
        .link()
        .voters()
        .own()
        .map(VoterAddress::internal)
        .orElseGet(() -> new Endpoint(host, internalPort()));
  }

  private List<Check> readiness() {
    List<Check> all = new ArrayList<>();
    all.add(new Check("server", serving, serving ? "" : "starting or shutting down"));
    all.addAll(checks.readiness());
    return all;
  }

  private void tellHealth() {
    boolean ready = ready();
    parts.clients().serving(ready);
    parts.nodes().serving(ready);
    parts.threads().timers().schedule(HEALTH_INTERVAL_MS, this::tellHealth);
  }

  /** This node's number. */
  public int nodeId() {
    return config.get(NodeSettings.NODE_ID);
  }

  /** The cluster's id. */
  public String clusterId() {
    return parts.state().dirs().clusterId();
  }

  /** Where clients are told to connect. */
  public ListenAddress advertised() {
    return advertised;
  }

  /** The port for clients. */
  public int clientPort() {
    return parts.clients().port();
  }

  /** The port for other nodes. */
  public int internalPort() {
    return parts.nodes().port();
  }

  /** The port of the HTTP pages. */
  public int adminPort() {
    return parts.http().port();
  }

  /** Whether clients should be sent here. */
  public boolean ready() {
    return readiness().stream().allMatch(Check::ok);
  }

  /**
   * Has other brokers take over, takes no further calls, answers what is in flight, writes
   * everything down and gives up the data directories. Done once; later calls return at once.
   */
  @Override
  public void close() {
    end();
  }

  /**
   * The same, telling how it went.
   *
   * @return whether everything is written down and closed
   */
  boolean end() {
    if (!closed.compareAndSet(false, true)) {
      return true;
    }
    log.info("[broker {}] shutting down", nodeId());
    handOver();
    serving = false;
    boolean well = startup.closeAll();
    log.info("[broker {}] shut down{}", nodeId(), well ? "" : ", but not everything in order");
    return well;
  }

  /** Has other brokers take over, and clients go there. */
  private void handOver() {
    HandOver handOver =
        new HandOver(
            parts.state().session()::handOver,
            parts.state().replicas()::leadsAny,
            () -> parts.clients().openConnections() > 0,
            parts.threads().timers());
    long handOverMs = Math.min(HAND_OVER_MS, config.get(ConnectionSettings.SHUTDOWN_TIMEOUT_MS));
    NodeSession.await(handOver.begin(), handOverMs + HandOver.REDIRECT_MS);
  }
}
