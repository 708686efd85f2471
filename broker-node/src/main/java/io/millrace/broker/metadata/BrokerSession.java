package io.millrace.broker.metadata;

import io.millrace.broker.replica.DirectoryAssignments;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.time.Clock;
import io.millrace.common.time.Scheduler;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.QuorumHealth;
import io.millrace.metadata.SessionLink;
import io.millrace.metadata.SessionLinks;
import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.Command.RegisterBroker;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.BrokerResult;
import io.millrace.metadata.controller.CommandResult.HeartbeatResult;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.metadata.controller.UpkeepCommand;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This broker's session with the active controller, on whichever node that is: registers the
 * process, asks to lead, and tells by heartbeats that it lives. While there is no controller, it
 * looks for one, and the broker goes on with what it leads.
 *
 * <p>Confined to its scheduler, but for the public methods, which are thread-safe.
 */
public final class BrokerSession implements DirectoryAssignments {
  private static final Logger LOG = LoggerFactory.getLogger(BrokerSession.class);
  private static final Duration SUBMIT_TIMEOUT = Duration.ofSeconds(10);
  private static final long NOT_REGISTERED = -1;

  /** How often the session looks around, before it leads and then. */
  private static final long STARTING_TICK_MS = 20;

  private static final long TICK_MS = 100;
  private static final long RETRY_MS = 100;

  /** What is refused for good is tried again all the same: the reason may be gone. */
  private static final long REFUSED_RETRY_MS = 500;

  private final Settings settings;
  private final MetadataQuorum quorum;
  private final SessionLinks links;
  private final Scheduler scheduler;
  private final Clock clock;
  private final CompletableFuture<Void> started = new CompletableFuture<>();
  private final CompletableFuture<Void> handedOver = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private volatile long epoch = NOT_REGISTERED;

  /** Whether the controller lets the broker lead, as it said last. */
  private volatile boolean leads;

  private @Nullable RegisterBroker registration;

  /** The link to the controller of {@link #linkedNode}, if there is one. */
  private @Nullable SessionLink link;

  private int linkedNode;

  /** Whether the process has registered by this link. */
  private boolean registeredHere;

  /** The number of the question that is not answered, or 0; and when it is given up. */
  private long asked;

  private long answerByMs;
  private long questions;

  /** When the next question is due. */
  private long nextMs;

  private long startedMs;
  private boolean electing;
  private boolean wantShutDown;
  private boolean wantFence;
  private String lastRefusal = "";

  /**
   * How the session is kept; times in milliseconds.
   *
   * @param brokerId this node
   * @param heartbeatMs how often the broker tells that it lives
   * @param answerTimeoutMs how long an answer is waited for
   * @param idWaitMs how long a process that starts waits while its node id is in use: the process
   *     before it may have ended just now
   */
  public record Settings(int brokerId, long heartbeatMs, long answerTimeoutMs, long idWaitMs) {}

  public BrokerSession(
      Settings settings,
      MetadataQuorum quorum,
      SessionLinks links,
      Scheduler scheduler,
      Clock clock) {
    this.settings = settings;
    this.quorum = quorum;
    this.links = links;
    this.scheduler = scheduler;
    this.clock = clock;
  }

  /** The epoch of the registration, or -1 before it. */
  public long epoch() {
    return epoch;
  }

  /** Whether the broker is registered. */
  public boolean registered() {
    return epoch != NOT_REGISTERED;
  }

  /** Whether the controller lets the broker lead, as far as is known here. */
  public boolean leads() {
    return leads;
  }

  /**
   * Begins: registers the process and asks to lead, and from then on keeps the session.
   *
   * @return done when the broker may lead; fails if the controller refuses the process
   */
  public CompletableFuture<Void> start(RegisterBroker command) {
    scheduler.schedule(
        0,
        () -> {
          registration = command;
          startedMs = clock.monotonicMs();
          tick();
        });
    return started;
  }

  /**
   * Asks the controller to move away what the broker leads, if there are other brokers.
   *
   * @return done when nothing can be moved any more; perhaps never, without a controller
   */
  public CompletableFuture<Void> handOver() {
    scheduler.schedule(
        0,
        () -> {
          if (!leads || isOnlyBroker()) {
            handedOver.complete(null);
          } else {
            wantShutDown = true;
            askSoon();
          }
        });
    return handedOver;
  }

  /**
   * Ends the session. Other brokers take over at once what the broker still leads, as it says that
   * it leads no more.
   *
   * @return done when the controller knows; perhaps never, without a controller
   */
  public CompletableFuture<Void> end() {
    scheduler.schedule(
        0,
        () -> {
          if (!leads || isOnlyBroker()) {
            finish();
          } else {
            wantFence = true;
            askSoon();
          }
        });
    return ended;
  }

  @Override
  public CompletableFuture<?> assign(Map<TopicIdPartition, UUID> directories) {
    if (!registered()) {
      return CompletableFuture.failedFuture(
          new MillraceError(ErrorCode.UNAVAILABLE, "the broker is not registered").exception());
    }
    return quorum.submit(
        new Command.AssignDirectories(settings.brokerId(), epoch, directories), SUBMIT_TIMEOUT);
  }

  private boolean isOnlyBroker() {
    return quorum.image().brokers().size() <= 1;
  }

  private void askSoon() {
    nextMs = clock.monotonicMs();
    step();
  }

  private void tick() {
    if (!ended.isDone()) {
      step();
      scheduler.schedule(started.isDone() ? TICK_MS : STARTING_TICK_MS, this::tick);
    }
  }

  /** Does what is due. */
  private void step() {
    long nowMs = clock.monotonicMs();
    QuorumHealth health = quorum.health();
    boolean moved = link != null && health.ready() && health.controllerId() != linkedNode;
    boolean silent = asked != 0 && nowMs >= answerByMs;
    if (moved || silent) {
      unlink(nowMs);
    }
    if (!health.ready() && (wantShutDown || wantFence)) {
      goWithoutFarewell();
    }
    RegisterBroker process = registration;
    if (process == null || asked != 0 || nowMs < nextMs) {
      return;
    }
    SessionLink to = link;
    if (to == null) {
      if (!health.ready()) {
        return;
      }
      to = links.open(health.controllerId());
      link = to;
      linkedNode = health.controllerId();
    }
    ask(to, registeredHere ? heartbeat() : process, nowMs);
  }

  /** Nobody is there to take over, and an election is not waited for. */
  private void goWithoutFarewell() {
    handedOver.complete(null);
    if (wantFence) {
      finish();
    }
  }

  private BrokerHeartbeat heartbeat() {
    return new BrokerHeartbeat(
        settings.brokerId(), epoch, quorum.image().revision(), wantFence, wantShutDown, Set.of());
  }

  private void ask(SessionLink to, Command command, long nowMs) {
    long question = ++questions;
    asked = question;
    answerByMs = nowMs + settings.answerTimeoutMs();
    nextMs = nowMs + settings.heartbeatMs();
    CompletableFuture<Void> unused =
        to.ask(command, Duration.ofMillis(settings.answerTimeoutMs()))
            .thenAccept(
                result ->
                    scheduler.schedule(
                        0,
                        () -> {
                          if (asked == question) {
                            asked = 0;
                            answered(result);
                          }
                        }));
  }

  private void answered(CommandResult result) {
    if (result instanceof BrokerResult registered) {
      registered(registered.brokerEpoch());
    } else if (result instanceof HeartbeatResult heartbeat) {
      stands(heartbeat);
    } else if (result instanceof Refused refused) {
      refused(refused.error());
    } else {
      throw new IllegalStateException("no answer to a broker's session: " + result);
    }
  }

  private void registered(long brokerEpoch) {
    if (brokerEpoch != epoch) {
      LOG.info(
          "[broker {}] registered with the controller of node {}, epoch {}",
          settings.brokerId(),
          linkedNode,
          brokerEpoch);
    }
    epoch = brokerEpoch;
    registeredHere = true;
    lastRefusal = "";
    askSoon();
  }

  private void stands(HeartbeatResult result) {
    if (leads == result.fenced()) {
      LOG.info(
          "[broker {}] {} by the controller of node {}",
          settings.brokerId(),
          leads ? "fenced" : "unfenced",
          linkedNode);
    }
    leads = !result.fenced();
    if (leads) {
      begin();
    } else if (!result.caughtUp()) {
      nextMs = clock.monotonicMs() + STARTING_TICK_MS;
    }
    if (wantShutDown && result.shouldShutDown()) {
      handedOver.complete(null);
    }
    if (wantFence && result.fenced()) {
      finish();
    }
  }

  /** What a heartbeat elects fits into one entry of the log; the others follow first. */
  private void begin() {
    if (electing || started.isDone()) {
      return;
    }
    electing = true;
    if (quorum.image().topics().withoutSomeLeader().isEmpty()) {
      started.complete(null);
    } else {
      CompletableFuture<Void> unused =
          quorum
              .submit(new UpkeepCommand.ElectOffline(), SUBMIT_TIMEOUT)
              .thenAccept(whatever -> started.complete(null));
    }
  }

  private void refused(MillraceError error) {
    long nowMs = clock.monotonicMs();
    switch (error.code()) {
      case STALE_BROKER_EPOCH -> {
        registeredHere = false;
        nextMs = nowMs;
      }
      case NOT_CONTROLLER, UNAVAILABLE, REQUEST_TIMED_OUT, OUTCOME_UNKNOWN, THROTTLED ->
          unlink(nowMs + RETRY_MS);
      default -> {
        unlink(nowMs + REFUSED_RETRY_MS);
        turnedAway(error, nowMs);
      }
    }
  }

  /** The process itself is refused: one that starts ends, one that has led goes on asking. */
  private void turnedAway(MillraceError error, long nowMs) {
    boolean mayEnd = error.code() == ErrorCode.BROKER_ID_IN_USE;
    if (!started.isDone() && (!mayEnd || nowMs - startedMs >= settings.idWaitMs())) {
      started.completeExceptionally(error.exception());
    } else if (!error.message().equals(lastRefusal)) {
      LOG.warn("[broker {}] not registered, tries again: {}", settings.brokerId(), error.message());
    }
    lastRefusal = error.message();
  }

  private void unlink(long next) {
    SessionLink lost = link;
    link = null;
    registeredHere = false;
    asked = 0;
    nextMs = next;
    if (lost != null) {
      lost.close();
    }
  }

  private void finish() {
    leads = false;
    ended.complete(null);
    unlink(Long.MAX_VALUE);
    registration = null;
  }
}
