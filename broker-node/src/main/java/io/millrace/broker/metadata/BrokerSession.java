package io.millrace.broker.metadata;

import io.millrace.broker.replica.DirectoryAssignments;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.time.Backoff;
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
import io.millrace.metadata.image.MetadataImage;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This broker's session with the active controller, on whichever node that is: registers the
 * process, asks to lead, and tells by heartbeats that it lives. While there is no controller, it
 * looks for one, and the broker goes on with what it leads.
 *
 * <p>It goes on asking for as long as it takes, and says now and then why it may not lead. It ends
 * only with what no wait can mend, and only before the broker has led: then {@link #start} fails.
 *
 * <p>Confined to its scheduler, but for the public methods, which are thread-safe.
 */
public final class BrokerSession implements DirectoryAssignments {
  private static final Logger LOG = LoggerFactory.getLogger(BrokerSession.class);
  private static final Duration SUBMIT_TIMEOUT = Duration.ofSeconds(10);

  /** The epoch of a process that is not registered. */
  public static final long NOT_REGISTERED = -1;

  /** How often the session looks around, before it leads and then. */
  private static final long STARTING_TICK_MS = 20;

  private static final long TICK_MS = 100;

  /** The first wait after a question was in vain; and while this broker's image is behind. */
  private static final long RETRY_MS = 50;

  private static final long CATCH_UP_MS = 20;

  /** How often it is said that the broker does not lead, or has lost the controller. */
  private static final long SAY_MS = 10_000;

  private static final int QUESTIONS_IN_A_SESSION = 3;

  private final Settings settings;
  private final MetadataQuorum quorum;
  private final SessionLinks links;
  private final Scheduler scheduler;
  private final Clock clock;
  private final Backoff retry;
  private final Backoff catchUp;
  private final IdInUse idInUse = new IdInUse();
  private final CompletableFuture<Void> started = new CompletableFuture<>();
  private final CompletableFuture<Boolean> handedOver = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private volatile long epoch = NOT_REGISTERED;

  /** Whether the controller lets the broker lead, as it said last. */
  private volatile boolean leads;

  /** Why the broker does not lead, or the controller is not reached. */
  private volatile String standing = "not registered";

  /** What the process registers with, as it is at the time; empty before and after the session. */
  private Optional<Supplier<RegisterBroker>> registration = Optional.empty();

  /** The log directories that have failed while the process ran. */
  private final Set<UUID> failedDirectories = new HashSet<>();

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

  /** The revision at which the controller last let the broker lead. */
  private long leadsSince;

  /** When the controller last said that the broker leads, and when it was last said that not. */
  private long wellMs;

  private long saidMs;

  /**
   * The revision at which others lead what they can of this broker's; {@link Long#MAX_VALUE} while
   * the controller has not said.
   */
  private long othersLeadSince = Long.MAX_VALUE;

  private boolean electing;
  private boolean wantShutDown;
  private boolean wantFence;

  /**
   * How the session is kept; times in milliseconds.
   *
   * @param brokerId this node
   * @param heartbeatMs how often the broker tells that it lives
   * @param answerTimeoutMs how long an answer is waited for; a third of it while the broker leads
   */
  public record Settings(int brokerId, long heartbeatMs, long answerTimeoutMs) {}

  /**
   * A session that is not begun.
   *
   * @param jitter values from 0 (inclusive) to 1 (exclusive) that spread what is asked again
   */
  public BrokerSession(
      Settings settings,
      MetadataQuorum quorum,
      SessionLinks links,
      Scheduler scheduler,
      Clock clock,
      DoubleSupplier jitter) {
    this.settings = settings;
    this.quorum = quorum;
    this.links = links;
    this.scheduler = scheduler;
    this.clock = clock;
    this.retry = new Backoff(RETRY_MS, Math.max(RETRY_MS, settings.heartbeatMs()), jitter);
    this.catchUp = new Backoff(CATCH_UP_MS, Math.max(CATCH_UP_MS, settings.heartbeatMs()), jitter);
  }

  /** The epoch of the registration, or -1 before it. */
  public long epoch() {
    return epoch;
  }

  /** Whether the controller lets the broker lead, as far as is known here. */
  public boolean leads() {
    return leads;
  }

  /** One sentence for a person: why the broker does not lead. */
  public String standing() {
    return standing;
  }

  /**
   * Begins: registers the process and asks to lead, and from then on keeps the session.
   *
   * @param process what it registers with, as it is at the time; called on the session's thread
   * @return done when the broker may lead, whenever that is; fails if the controller refuses the
   *     process for good
   */
  public CompletableFuture<Void> start(Supplier<RegisterBroker> process) {
    scheduler.schedule(
        0,
        () -> {
          registration = Optional.of(process);
          wellMs = clock.monotonicMs();
          tick();
        });
    return started;
  }

  /** A log directory has failed: the controller is told, so that others lead what lies there. */
  public void directoryFailed(UUID directory) {
    scheduler.schedule(
        0,
        () -> {
          failedDirectories.add(directory);
          askSoon();
        });
  }

  /**
   * Asks the controller to move away what the broker leads, if there are other brokers.
   *
   * @return done when nothing can be moved any more, and the metadata here show it; perhaps never,
   *     without a controller. Whether there was somebody to take over
   */
  public CompletableFuture<Boolean> handOver() {
    scheduler.schedule(
        0,
        () -> {
          if (!leads || isOnlyBroker()) {
            handedOver.complete(false);
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
    if (epoch == NOT_REGISTERED) {
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
      sayNowAndThen();
      scheduler.schedule(started.isDone() ? TICK_MS : STARTING_TICK_MS, this::tick);
    }
  }

  /** Does what is due. */
  private void step() {
    long nowMs = clock.monotonicMs();
    QuorumHealth health = quorum.health();
    heedImage(quorum.image());
    boolean moved = link != null && health.ready() && health.controllerId() != linkedNode;
    boolean silent = asked != 0 && nowMs >= answerByMs;
    if (moved || silent) {
      inVain(silent ? "node " + linkedNode + " does not answer" : "the controller has changed");
    }
    if (!health.ready() && (wantShutDown || wantFence)) {
      goWithoutFarewell();
    }
    if (registration.isEmpty() || asked != 0 || nowMs < nextMs) {
      return;
    }
    SessionLink to = link;
    if (to == null) {
      if (!health.ready()) {
        standing = health.detail();
        return;
      }
      to = links.open(health.controllerId());
      link = to;
      linkedNode = health.controllerId();
    }
    ask(to, registeredHere ? heartbeat() : registration.get().get(), nowMs);
  }

  /** What the metadata say goes before an older word of a controller that may not be reached. */
  private void heedImage(MetadataImage image) {
    if (leads && image.revision() >= leadsSince && fencedBy(image)) {
      LOG.warn("[broker {}] fenced, as the metadata say", settings.brokerId());
      leads = false;
      standing = "fenced, as the metadata say";
    }
    if (image.revision() >= othersLeadSince) {
      handedOver.complete(true);
    }
  }

  private boolean fencedBy(MetadataImage image) {
    return image
        .broker(settings.brokerId())
        .filter(me -> me.epoch() == epoch && !me.fenced())
        .isEmpty();
  }

  private void sayNowAndThen() {
    long nowMs = clock.monotonicMs();
    if (wantFence || nowMs - Math.max(wellMs, saidMs) < SAY_MS) {
      return;
    }
    saidMs = nowMs;
    LOG.warn(
        "[broker {}] {} for {} s: {}",
        settings.brokerId(),
        leads
            ? "goes on with what it leads; no word from the controller"
            : "asks again to be let lead, without success",
        (nowMs - wellMs) / 1_000,
        standing);
  }

  /** Nobody is there to take over, and an election is not waited for. */
  private void goWithoutFarewell() {
    handedOver.complete(false);
    if (wantFence) {
      finish();
    }
  }

  private BrokerHeartbeat heartbeat() {
    MetadataImage image = quorum.image();
    Set<UUID> toTell = new HashSet<>(failedDirectories);
    image.broker(settings.brokerId()).ifPresent(known -> toTell.retainAll(known.directories()));
    return new BrokerHeartbeat(
        settings.brokerId(), epoch, image.revision(), wantFence, wantShutDown, toTell);
  }

  private void ask(SessionLink to, Command command, long nowMs) {
    long question = ++questions;
    asked = question;
    long patienceMs = patienceMs();
    answerByMs = nowMs + patienceMs;
    nextMs = nowMs + settings.heartbeatMs();
    CompletableFuture<Void> unused =
        to.ask(command, Duration.ofMillis(patienceMs))
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

  /** A broker that leads has a session to lose: there must be time for other questions in it. */
  private long patienceMs() {
    return leads ? settings.answerTimeoutMs() / QUESTIONS_IN_A_SESSION : settings.answerTimeoutMs();
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
    standing = "registered with the controller of node " + linkedNode + ", not yet unfenced";
    idInUse.ends();
    askSoon();
  }

  private void stands(HeartbeatResult result) {
    long nowMs = clock.monotonicMs();
    if (leads == result.fenced()) {
      LOG.info(
          "[broker {}] {} by the controller of node {}",
          settings.brokerId(),
          leads ? "fenced" : "unfenced",
          linkedNode);
    }
    leads = !result.fenced();
    retry.reset();
    if (leads) {
      leadsSince = result.revision();
      wellMs = nowMs;
      standing = "";
      catchUp.reset();
      begin();
    } else if (result.caughtUp()) {
      standing = "fenced by the controller of node " + linkedNode;
    } else {
      standing =
          "the metadata here are at revision %d (expected by the controller of node %d: %d or later)"
              .formatted(quorum.image().revision(), linkedNode, epoch);
      nextMs = nowMs + catchUp.nextMs();
    }
    if (wantShutDown && result.shouldShutDown() && othersLeadSince == Long.MAX_VALUE) {
      othersLeadSince = result.revision();
      heedImage(quorum.image());
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
    String why = "node " + linkedNode + " refuses: " + error;
    switch (error.code()) {
      case STALE_BROKER_EPOCH -> {
        // Another process, or none, is registered: this one no longer leads.
        leads = false;
        registeredHere = false;
        again(why);
      }
      case BROKER_ID_IN_USE -> {
        again(why);
        if (idInUse.lasts(error, clock.monotonicMs())) {
          turnedAway(error);
        }
      }
      case INVALID_REQUEST, UNSUPPORTED -> {
        again(why);
        turnedAway(error);
      }
      default -> inVain(why);
    }
  }

  /** A process that starts ends; one that has led goes on asking, as the reason may be gone. */
  private void turnedAway(MillraceError error) {
    if (started.completeExceptionally(error.exception())) {
      LOG.error("[broker {}] refused for good: {}", settings.brokerId(), error);
      finish();
    }
  }

  /** The controller answered, and is asked again. */
  private void again(String why) {
    standing = why;
    nextMs = clock.monotonicMs() + retry.nextMs();
  }

  /** The controller is not there: perhaps another one is. */
  private void inVain(String why) {
    idInUse.ends();
    unlink();
    again(why);
  }

  private void unlink() {
    SessionLink lost = link;
    link = null;
    registeredHere = false;
    asked = 0;
    if (lost != null) {
      lost.close();
    }
  }

  private void finish() {
    leads = false;
    standing = "the session is over";
    ended.complete(null);
    unlink();
    nextMs = Long.MAX_VALUE;
    registration = Optional.empty();
  }
}
