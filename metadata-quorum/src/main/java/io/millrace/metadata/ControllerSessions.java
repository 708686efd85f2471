package io.millrace.metadata;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.fault.FaultHandler;
import io.millrace.common.time.Clock;
import io.millrace.common.time.Scheduler;
import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.Command.RegisterBroker;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.BrokerResult;
import io.millrace.metadata.controller.CommandResult.HeartbeatResult;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.MetadataImage;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The brokers' sessions with this node's controller, while it is the active one: carries out what
 * brokers ask, tells the {@link ControllerUpkeep} who was heard of, and finds out whether a broker
 * that is not connected has ended. Thread-safe.
 */
public final class ControllerSessions implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControllerSessions.class);

  /** A listener that took a connection is tried again: a process that ends closes one by one. */
  private static final long PROBE_AGAIN_MS = 200;

  private static final int PROBES = 20;

  private final MetadataQuorum local;
  private final Scheduler scheduler;
  private final Prober prober;
  private final ControllerUpkeep upkeep;
  private final long sessionTimeoutMs;

  /** The link by which each connected broker was heard of last, by its node id. */
  private final Map<Integer, Link> connected = new ConcurrentHashMap<>();

  private volatile boolean closed;

  /** Tries to connect. */
  @FunctionalInterface
  public interface Prober {
    /**
     * Tries to connect to a listener.
     *
     * @param refused told once, on any thread, whether the connection was refused; false if it was
     *     made, or nothing answered in time
     */
    void probe(Endpoint listener, Consumer<Boolean> refused);
  }

  /**
   * The sessions of a node's controller, not started.
   *
   * @param local this node's own part in the quorum
   * @param scheduler runs the upkeep, on one thread
   * @param prober connects to brokers' internal listeners
   */
  public ControllerSessions(
      ControllerUpkeep.Settings settings,
      MetadataQuorum local,
      Clock clock,
      Scheduler scheduler,
      Prober prober,
      FaultHandler faults) {
    this.local = local;
    this.scheduler = scheduler;
    this.prober = prober;
    this.sessionTimeoutMs = settings.sessions().sessionTimeoutMs();
    this.upkeep =
        new ControllerUpkeep(
            settings,
            local,
            clock,
            scheduler,
            (broker, refused) -> dial(broker, refused, PROBES),
            faults);
  }

  /** Begins to watch, whenever this node's controller is the active one. */
  public void start() {
    upkeep.start();
  }

  /** Opens a broker's session. */
  public SessionLink open() {
    return new Link();
  }

  /** Ends the watch. */
  @Override
  public void close() {
    closed = true;
    upkeep.close();
  }

  /** Asks a broker's listener until it refuses, the broker is back, or it has been asked enough. */
  private void dial(BrokerImage broker, Runnable refused, int probes) {
    Optional<Endpoint> listener = broker.internalEndpoint();
    if (!closed && probes > 0 && listener.isPresent()) {
      // A fenced one too: while its session lasts, no other process gets its node id.
      Optional<UUID> process = Optional.of(broker.registration().incarnationId());
      upkeep.liveIncarnation(
          broker.id(),
          live -> {
            if (live.equals(process) && !isConnected(broker)) {
              probe(broker, listener.get(), refused, probes);
            }
          });
    }
  }

  private void probe(BrokerImage broker, Endpoint listener, Runnable refused, int probes) {
    prober.probe(
        listener,
        wasRefused -> {
          if (!wasRefused) {
            scheduler.schedule(PROBE_AGAIN_MS, () -> dial(broker, refused, probes - 1));
          } else if (!isConnected(broker)) {
            refused.run();
          }
        });
  }

  private boolean isConnected(BrokerImage broker) {
    return connected.containsKey(broker.id());
  }

  private static CommandResult refused(ErrorCode code, String message) {
    return new Refused(new MillraceError(code, message));
  }

  /** Whether the broker leads, and goes on so. */
  private static boolean isSteady(MetadataImage image, BrokerHeartbeat heartbeat) {
    return !heartbeat.wantFence()
        && !heartbeat.wantShutDown()
        && heartbeat.offlineDirectories().isEmpty()
        && image
            .broker(heartbeat.brokerId())
            .filter(broker -> broker.epoch() == heartbeat.brokerEpoch())
            .filter(broker -> broker.state() == BrokerState.ACTIVE)
            .isPresent();
  }

  /** One broker's link. Its broker asks one thing at a time. */
  private final class Link implements SessionLink {
    /** Whom the broker last said to be. Guarded by this. */
    private int brokerId;

    /** Guarded by this. */
    private long brokerEpoch;

    /** An answer that comes after the end says nothing of the broker. Guarded by this. */
    private boolean ended;

    /** Why a registration was refused that was asked for by this link. */
    private volatile String lastRefusal = "";

    @Override
    public CompletableFuture<CommandResult> ask(Command command, Duration timeout) {
      if (!local.isActiveController()) {
        return CompletableFuture.completedFuture(
            refused(
                ErrorCode.NOT_CONTROLLER,
                "the controller of this session is not active: " + local.health().detail()));
      } else if (command instanceof RegisterBroker register) {
        return register(register, timeout);
      } else if (command instanceof BrokerHeartbeat heartbeat) {
        heard(heartbeat.brokerId(), heartbeat.brokerEpoch());
        MetadataImage image = local.image();
        // At once, also while the log is slow: no session may end because of the controller's disk.
        return isSteady(image, heartbeat)
            ? CompletableFuture.completedFuture(
                new HeartbeatResult(true, false, false, image.revision()))
            : local.submit(heartbeat, timeout);
      }
      return CompletableFuture.completedFuture(
          refused(
              ErrorCode.INVALID_REQUEST,
              command.getClass().getSimpleName()
                  + " in a broker's session (expected: RegisterBroker or BrokerHeartbeat)"));
    }

    private CompletableFuture<CommandResult> register(RegisterBroker command, Duration timeout) {
      MetadataImage image = local.image();
      Optional<BrokerImage> same =
          image
              .broker(command.brokerId())
              .filter(b -> b.registration().incarnationId().equals(command.incarnationId()));
      if (same.isPresent()) {
        // At once, as a steady heartbeat: behind a slow log it could come after the session's end.
        long epoch = same.get().epoch();
        heard(command.brokerId(), epoch);
        return CompletableFuture.completedFuture(new BrokerResult(epoch, image.revision()));
      }
      CompletableFuture<Optional<UUID>> live = new CompletableFuture<>();
      upkeep.liveIncarnation(command.brokerId(), live::complete);
      return live.thenCompose(
              process ->
                  process.filter(other -> isAnother(command, other)).isPresent()
                      ? CompletableFuture.completedFuture(inUse(command))
                      : local.submit(command, timeout).thenApply(result -> known(command, result)))
          .thenApply(result -> told(command, result));
    }

    /** One line for a process that asks again and again. */
    private CommandResult told(RegisterBroker command, CommandResult result) {
      if (result instanceof Refused refused && !refused.error().message().equals(lastRefusal)) {
        lastRefusal = refused.error().message();
        LOG.warn(
            "[broker {}] not registered: process {} at {}: {}",
            command.brokerId(),
            command.incarnationId(),
            command.clientEndpoint(),
            refused.error());
      }
      return result;
    }

    private boolean isAnother(RegisterBroker command, UUID process) {
      return !process.equals(command.incarnationId()) && !command.start().earlierProcessEnded();
    }

    private CommandResult inUse(RegisterBroker command) {
      return new Refused(
          command.idInUse(
              local.image().broker(command.brokerId()),
              Map.of("session_timeout_ms", "" + sessionTimeoutMs)));
    }

    private CommandResult known(RegisterBroker command, CommandResult result) {
      if (result instanceof BrokerResult registered) {
        heard(command.brokerId(), registered.brokerEpoch());
        if (registered.brokerEpoch() == registered.revision()) { // Else it was registered already.
          LOG.info(
              "[broker {}] registered at {}, epoch {}",
              command.brokerId(),
              command.clientEndpoint(),
              registered.brokerEpoch());
        }
      }
      return result;
    }

    private synchronized void heard(int broker, long epoch) {
      if (!ended
          && local.image().broker(broker).filter(known -> known.epoch() == epoch).isPresent()) {
        brokerId = broker;
        brokerEpoch = epoch;
        connected.put(broker, this);
        upkeep.heard(broker, epoch);
      }
    }

    @Override
    public synchronized void close() {
      ended = true;
      if (brokerId != 0 && connected.remove(brokerId, this)) {
        upkeep.disconnected(brokerId, brokerEpoch);
      }
    }
  }
}
