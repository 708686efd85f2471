package io.millrace.metadata;

import io.millrace.common.fault.FaultHandler;
import io.millrace.common.time.Clock;
import io.millrace.common.time.Scheduler;
import io.millrace.metadata.controller.BrokerCommand.FenceBroker;
import io.millrace.metadata.controller.BrokerSessions;
import io.millrace.metadata.controller.BrokerSessions.Effect;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.UpkeepCommand.BalanceLeaders;
import io.millrace.metadata.controller.UpkeepCommand.ElectOffline;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the active controller does without being asked: it watches the brokers' sessions, elects
 * leaders where somebody can lead again, and gives leadership back to preferred leaders. Does
 * nothing on a node whose controller is not active.
 *
 * <p>Everything but the public methods is confined to its mailbox.
 */
public final class ControllerUpkeep implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControllerUpkeep.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final Settings settings;
  private final MetadataQuorum quorum;
  private final Clock clock;
  private final Mailbox mailbox;
  private final Dialer dialer;
  private final BrokerSessions sessions;

  /** The controller epoch that the sessions belong to, or 0 while this node's is not active. */
  private long epoch;

  private long nextElectionMs;
  private long nextBalanceMs;
  private volatile boolean closed;

  /**
   * How often what is done.
   *
   * @param sessions how long brokers are waited for
   * @param electionIntervalMs how often partitions without a leader are looked at, if there are any
   * @param balanceIntervalMs how often leaders are balanced; 0 for never
   */
  public record Settings(
      BrokerSessions.Settings sessions, long electionIntervalMs, long balanceIntervalMs) {
    /** Partitions without a leader each second, balance each five minutes. */
    public static final Settings DEFAULTS =
        new Settings(BrokerSessions.Settings.DEFAULTS, 1_000, 300_000);
  }

  /** Tries to connect to brokers. */
  @FunctionalInterface
  public interface Dialer {
    /**
     * Tries to connect to a broker's internal listener.
     *
     * @param refused told, on any thread, if the connection is refused; not if it is made, or
     *     nothing answers
     */
    void dial(BrokerImage broker, Runnable refused);
  }

  /**
   * The upkeep of a node's controller, not started.
   *
   * @param scheduler runs it, on one thread
   */
  public ControllerUpkeep(
      Settings settings,
      MetadataQuorum quorum,
      Clock clock,
      Scheduler scheduler,
      Dialer dialer,
      FaultHandler faults) {
    this.settings = settings;
    this.quorum = quorum;
    this.clock = clock;
    this.mailbox = new Mailbox(scheduler, faults, "the controller's upkeep");
    this.dialer = dialer;
    this.sessions = new BrokerSessions(settings.sessions());
  }

  /** Begins. */
  public void start() {
    mailbox.execute(this::tick);
  }

  /** A broker registered, or sent a heartbeat. Thread-safe. */
  public void heard(int brokerId, long brokerEpoch) {
    mailbox.execute(
        () -> sessions.heard(quorum.image(), brokerId, brokerEpoch, clock.monotonicMs()));
  }

  /** A broker's connection was closed. Thread-safe. */
  public void disconnected(int brokerId, long brokerEpoch) {
    mailbox.execute(() -> carryOut(sessions.disconnected(brokerId, brokerEpoch)));
  }

  /**
   * Tells the process that was last heard of under a node id, while its session lasts. Thread-safe.
   *
   * @param told called on the upkeep's thread
   */
  public void liveIncarnation(int brokerId, Consumer<Optional<UUID>> told) {
    mailbox.execute(() -> told.accept(sessions.liveIncarnation(brokerId)));
  }

  /** Ends. Thread-safe. */
  @Override
  public void close() {
    closed = true;
  }

  private void tick() {
    if (closed) {
      return;
    }
    MetadataImage image = quorum.image();
    if (!quorum.isActiveController()) {
      epoch = 0;
      sessions.deactivate();
    } else if (image.controller().epoch() != epoch) {
      activate(image);
    } else {
      long nowMs = clock.monotonicMs();
      carryOut(sessions.tick(image, nowMs));
      periodic(image);
    }
    mailbox.schedule(settings.sessions().tickMs(), this::tick);
  }

  private void activate(MetadataImage image) {
    epoch = image.controller().epoch();
    long nowMs = clock.monotonicMs();
    nextElectionMs = nowMs + settings.electionIntervalMs();
    nextBalanceMs = nowMs + settings.balanceIntervalMs();
    carryOut(sessions.activate(image, nowMs));
  }

  private void periodic(MetadataImage image) {
    long nowMs = clock.monotonicMs();
    if (nowMs >= nextElectionMs) {
      nextElectionMs = nowMs + settings.electionIntervalMs();
      if (!image.topics().withoutSomeLeader().isEmpty()) {
        submit(new ElectOffline());
      }
    }
    if (settings.balanceIntervalMs() > 0 && nowMs >= nextBalanceMs) {
      nextBalanceMs = nowMs + settings.balanceIntervalMs();
      submit(new BalanceLeaders());
    }
  }

  private void carryOut(List<Effect> effects) {
    for (Effect effect : effects) {
      if (effect instanceof Effect.Fence fence) {
        LOG.info("[broker {}] fenced: {}", fence.brokerId(), fence.why());
        // Asked for again in that time if the broker stays silent; one that is heard of is spared.
        submit(
            new FenceBroker(fence.brokerId(), fence.brokerEpoch()),
            Duration.ofMillis(settings.sessions().fenceAgainMs()));
      } else if (effect instanceof Effect.Dial dial) {
        quorum
            .image()
            .broker(dial.brokerId())
            .filter(broker -> broker.epoch() == dial.brokerEpoch())
            .ifPresent(this::dial);
      }
    }
  }

  private void dial(BrokerImage broker) {
    dialer.dial(
        broker,
        () ->
            mailbox.execute(
                () -> sessions.refused(broker.id(), broker.epoch(), clock.monotonicMs())));
  }

  /** What is refused is asked for again in time: the sessions and the intervals see to it. */
  private void submit(Command command) {
    submit(command, TIMEOUT);
  }

  private void submit(Command command, Duration timeout) {
    CompletableFuture<CommandResult> unused = quorum.submit(command, timeout);
  }
}
