package io.millrace.metadata;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.fault.FaultHandler;
import io.millrace.common.time.Clock;
import io.millrace.common.time.Scheduler;
import io.millrace.metadata.MetadataLog.Outcome;
import io.millrace.metadata.QuorumHealth.State;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.Controller;
import io.millrace.metadata.controller.ControllerPlan;
import io.millrace.metadata.controller.ControllerPlan.Step;
import io.millrace.metadata.controller.UpkeepCommand.RepairPartitions;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.proto.internal.v1.MetadataEntry;
import io.millrace.proto.internal.v1.MetadataRecord;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the controller over a metadata log. Everything but the public methods is confined to its
 * mailbox, and so is every field that is neither final nor volatile.
 *
 * <p>Group commit: while one entry is on its way, commands gather; the next entry holds all that
 * fit. Answers wait until the entry that they depend on has taken effect, refusals too, for they
 * may rest on what the entry's other commands did.
 *
 * <p>An entry whose outcome can't be told ends the controller's epoch: it resigns, and starts anew
 * from the image when it leads again.
 *
 * <p>A change that takes several entries is never left half done while a controller is active. One
 * that becomes active looks for what earlier ones left, and so does one whose command is given up
 * in the middle, because nobody waits for it any longer. That look at all the metadata happens then
 * only.
 */
public final class QuorumRuntime implements MetadataQuorum {
  private static final Logger LOG = LoggerFactory.getLogger(QuorumRuntime.class);

  /** Some minutes of a busy cluster, or one entry of the largest kind several times. */
  private static final long FEED_BYTES = 8L << 20;

  private final QuorumSettings settings;
  private final Controller controller;
  private final MetadataLog log;
  private final Clock clock;
  private final Mailbox mailbox;
  private final ListenerHub listeners;
  private final EntryFeed feed = new EntryFeed(FEED_BYTES);

  /** The commands that are not answered; bounds what waits. */
  private final AtomicInteger pending = new AtomicInteger();

  /** The commands that wait for an entry, the oldest first. */
  private final Deque<PendingCommand> waiting = new ArrayDeque<>();

  /** Finishes what is half done; the last one, which may be answered. */
  private @Nullable PendingCommand repair;

  /** The entry on its way, if there is one. */
  private @Nullable Flight flight;

  /** The epoch in which the log says that this node leads, or 0. */
  private long leadingEpoch;

  /** How many entries were proposed. */
  private long flights;

  private long lastEntryMs;
  private volatile State state = State.STARTING;

  /** The node that leads while this one follows. */
  private volatile int otherController;

  /** Set first of all by {@link #close}. */
  private volatile boolean closed;

  /**
   * An entry on its way.
   *
   * @param number tells it from the entries before
   * @param epoch the epoch in which it was proposed
   * @param commands the commands that it carries out
   * @param steps what becomes of each of them when it takes effect
   * @param timer ends the wait
   */
  private record Flight(
      long number,
      long epoch,
      List<PendingCommand> commands,
      List<Step> steps,
      Scheduler.Cancellable timer) {}

  /**
   * A runtime that is not started.
   *
   * @param controllerScheduler runs the controller, on one thread
   * @param listenerScheduler runs the listeners, on one thread; may be the same
   */
  public QuorumRuntime(
      QuorumSettings settings,
      Controller controller,
      MetadataLog log,
      Clock clock,
      Scheduler controllerScheduler,
      Scheduler listenerScheduler,
      FaultHandler faults) {
    this.settings = settings;
    this.controller = controller;
    this.log = log;
    this.clock = clock;
    this.mailbox = new Mailbox(controllerScheduler, faults, "the controller");
    this.listeners = new ListenerHub(new Mailbox(listenerScheduler, faults, "a metadata listener"));
  }

  @Override
  public void start() {
    log.start(new LogEvents());
    mailbox.execute(
        () -> {
          if (state == State.STARTING) {
            state = State.NO_CONTROLLER;
          }
        });
    mailbox.schedule(settings.idleEntryIntervalMs(), this::keepMoving);
  }

  @Override
  public CompletableFuture<CommandResult> submit(Command command, Duration timeout) {
    PendingCommand submitted = new PendingCommand(command);
    if (pending.incrementAndGet() > settings.maxWaitingCommands()) {
      pending.decrementAndGet();
      submitted.refuse(
          ErrorCode.THROTTLED,
          settings.maxWaitingCommands() + " metadata commands are waiting; try again later");
      return submitted.answer();
    }
    CompletableFuture<CommandResult> answer =
        submitted.answer().whenComplete((result, failure) -> pending.decrementAndGet());
    mailbox.execute(() -> enqueue(submitted, timeout.toMillis()));
    if (closed) { // The mailbox may not run any more.
      submitted.refuse(ErrorCode.UNAVAILABLE, "the node is stopping");
    }
    return answer;
  }

  @Override
  public MetadataImage image() {
    return log.image();
  }

  @Override
  public void subscribe(MetadataListener listener) {
    listeners.subscribe(listener);
  }

  /** The latest entries, for nodes that are not voters. */
  public EntryFeed feed() {
    return feed;
  }

  @Override
  public boolean isActiveController() {
    return state == State.ACTIVE;
  }

  @Override
  public QuorumHealth health() {
    Optional<String> failure = log.failure();
    MetadataImage image = log.image();
    State seen = failure.isPresent() && state != State.CLOSED ? State.FAILED : state;
    int controller = controller(seen);
    return new QuorumHealth(
        seen,
        controller,
        image.controller().epoch(),
        image.revision(),
        failure.orElseGet(() -> describe(seen, controller)));
  }

  private int controller(State seen) {
    return switch (seen) {
      case ACTIVE -> settings.nodeId();
      case FOLLOWING -> otherController;
      case STARTING, NO_CONTROLLER, FAILED, CLOSED -> 0;
    };
  }

  @Override
  public void close() {
    closed = true;
    mailbox.execute(this::closeCommands);
    log.close();
  }

  private void closeCommands() {
    state = State.CLOSED;
    giveUpFlight("the node is stopping");
    refuseWaiting(ErrorCode.UNAVAILABLE, "the node is stopping");
  }

  private void enqueue(PendingCommand command, long timeoutMs) {
    switch (state) {
      case CLOSED -> command.refuse(ErrorCode.UNAVAILABLE, "the node is stopping");
      case FOLLOWING -> command.complete(new CommandResult.Refused(notController()));
      case STARTING, NO_CONTROLLER, ACTIVE, FAILED -> {
        command.expireBy(mailbox.schedule(timeoutMs, () -> expire(command, timeoutMs)));
        waiting.addLast(command);
        pump();
      }
    }
  }

  private void expire(PendingCommand command, long timeoutMs) {
    if (!command.answered()) {
      boolean waited = waiting.remove(command);
      command.giveUp(
          ErrorCode.REQUEST_TIMED_OUT,
          "the metadata quorum did not answer in " + timeoutMs + " ms");
      if (waited && command.halfDone()) {
        repair();
        pump();
      }
    }
  }

  /**
   * Finishes what is half done, without a limit of time, and not by doing the rest of what was
   * asked for: that may have been undone since. Goes by the image alone. One is enough at a time:
   * it looks until it finds nothing.
   */
  private void repair() {
    if (repair == null || repair.answered()) {
      repair = new PendingCommand(new RepairPartitions());
      waiting.addLast(repair);
    }
  }

  /** Proposes the next entry, if one can be. */
  private void pump() {
    while (state == State.ACTIVE && flight == null && !waiting.isEmpty()) {
      List<PendingCommand> commands = new ArrayList<>(waiting);
      ControllerPlan plan =
          controller.plan(
              log.image(), commands.stream().map(PendingCommand::command).toList(), clock.wallMs());
      plan.defects()
          .forEach(
              defect ->
                  LOG.error(
                      "[controller {}] has a defect: a command is refused, please report this",
                      settings.nodeId(),
                      defect));
      List<PendingCommand> planned = List.copyOf(commands.subList(0, plan.steps().size()));
      planned.forEach(command -> waiting.removeFirst());
      if (plan.records().isEmpty()) {
        settle(planned, plan.steps());
      } else {
        planned.forEach(PendingCommand::begin);
        propose(plan.records(), planned, plan.steps());
      }
    }
  }

  private void propose(
      List<MetadataRecord> records, List<PendingCommand> commands, List<Step> steps) {
    MetadataEntry entry =
        MetadataEntry.newBuilder()
            .setControllerEpoch(leadingEpoch)
            .setExpectedRevision(log.image().revision())
            .addAllRecords(records)
            .build();
    lastEntryMs = clock.monotonicMs();
    long number = ++flights;
    Scheduler.Cancellable timer =
        mailbox.schedule(settings.proposalTimeoutMs(), () -> landed(number, Outcome.UNKNOWN));
    flight = new Flight(number, leadingEpoch, commands, steps, timer);
    log.append(entry, outcome -> mailbox.execute(() -> landed(number, outcome)));
  }

  /** The outcome of an entry is known, or waited for no longer. */
  private void landed(long number, Outcome outcome) {
    Flight landing = flight;
    if (landing == null || landing.number() != number) {
      return; // Given up before.
    }
    landing.timer().cancel();
    flight = null;
    switch (outcome) {
      case APPLIED -> {
        settle(landing.commands(), landing.steps());
        if (state != State.ACTIVE && leadingEpoch == landing.epoch()) {
          activated();
        }
      }
      case VOID -> {
        requeue(landing.commands());
        stepDown(landing.epoch(), "an entry was void: another controller has written since");
      }
      case UNKNOWN -> {
        giveUp(landing.commands(), "the metadata log gave no answer");
        stepDown(landing.epoch(), "the outcome of an entry is unknown");
      }
    }
    pump();
  }

  private void settle(List<PendingCommand> commands, List<Step> steps) {
    List<PendingCommand> again = new ArrayList<>();
    for (int i = 0; i < commands.size(); i++) {
      PendingCommand command = commands.get(i);
      if (steps.get(i) instanceof Step.Answer answer) {
        command.complete(answer.result());
      } else {
        command.goOn();
        again.add(command);
      }
    }
    requeue(again);
    if (again.stream().anyMatch(PendingCommand::answered)) {
      repair();
    }
  }

  /** Puts commands back to where they were: before all that wait. */
  private void requeue(List<PendingCommand> commands) {
    for (int i = commands.size() - 1; i >= 0; i--) {
      if (!commands.get(i).answered()) {
        waiting.addFirst(commands.get(i));
      }
    }
    if (state == State.FOLLOWING) {
      passOn();
    }
  }

  /** The commands that wait are for the other controller to carry out. */
  private void passOn() {
    List<PendingCommand> refused = List.copyOf(waiting);
    waiting.clear();
    refused.forEach(command -> command.passOn(notController()));
  }

  private void lead(long epoch) {
    if (state == State.CLOSED || leadingEpoch == epoch) {
      return;
    }
    leadingEpoch = epoch;
    giveUpFlight("the controller changed");
    state = State.NO_CONTROLLER;
    propose(controller.activation(log.image(), settings.nodeId()), List.of(), List.of());
  }

  private void activated() {
    state = State.ACTIVE;
    repair();
    LOG.info(
        "[controller {}] active in epoch {} at revision {}",
        settings.nodeId(),
        leadingEpoch,
        log.image().revision());
  }

  private void stepDown(long epoch, String why) {
    if (leadingEpoch != epoch) {
      return; // Deposed before.
    }
    LOG.warn("[controller {}] steps down in epoch {}: {}", settings.nodeId(), epoch, why);
    deactivate(State.NO_CONTROLLER);
    log.resign(epoch);
  }

  private void deactivate(State to) {
    if (state == State.CLOSED) {
      return;
    }
    if (state == State.ACTIVE) {
      LOG.info("[controller {}] no longer active in epoch {}", settings.nodeId(), leadingEpoch);
    }
    state = to;
    leadingEpoch = 0;
    if (to == State.FOLLOWING) {
      passOn();
    }
  }

  private void giveUpFlight(String why) {
    Flight lost = flight;
    if (lost != null) {
      flight = null;
      lost.timer().cancel();
      giveUp(lost.commands(), why);
    }
  }

  private static void giveUp(List<PendingCommand> commands, String why) {
    commands.stream()
        .filter(command -> !command.answered())
        .forEach(command -> command.giveUp(ErrorCode.UNAVAILABLE, why));
  }

  private void refuseWaiting(ErrorCode code, String why) {
    List<PendingCommand> refused = List.copyOf(waiting);
    waiting.clear();
    refused.forEach(command -> command.giveUp(code, why));
  }

  /** Keeps an idle log moving, so that a follower that lost its disk finds an entry to follow. */
  private void keepMoving() {
    if (state == State.CLOSED) {
      return;
    }
    boolean idle = clock.monotonicMs() - lastEntryMs >= settings.idleEntryIntervalMs();
    if (state == State.ACTIVE && flight == null && idle) {
      propose(controller.idle(), List.of(), List.of());
    }
    mailbox.schedule(settings.idleEntryIntervalMs(), this::keepMoving);
  }

  private MillraceError notController() {
    return new MillraceError(
        ErrorCode.NOT_CONTROLLER,
        "node "
            + settings.nodeId()
            + " is not the active controller (expected: node "
            + otherController
            + ")",
        Map.of("controller_id", "" + otherController));
  }

  private static String describe(State state, int controller) {
    return switch (state) {
      case STARTING -> "the metadata log is being read";
      case NO_CONTROLLER ->
          "no active controller is known: an election is under way, or this node is no voter yet";
      case ACTIVE -> "this node's controller is active";
      case FOLLOWING -> "following the controller of node " + controller;
      case FAILED -> "the metadata log failed";
      case CLOSED -> "closed";
    };
  }

  /** The log's events, each handed to the mailbox. */
  private final class LogEvents implements MetadataLog.Listener {
    @Override
    public void onImage(MetadataImage image, MetadataDelta delta) {
      listeners.publish(image, delta);
      if (delta.toRevision() != delta.fromRevision() + 1) {
        feed.installed(image);
      }
    }

    @Override
    public void onEntry(MetadataImage image, MetadataEntry entry) {
      feed.applied(image, entry);
    }

    @Override
    public void onLeading(long epoch) {
      mailbox.execute(() -> lead(epoch));
    }

    @Override
    public void onNotLeading() {
      mailbox.execute(() -> deactivate(State.NO_CONTROLLER));
    }

    @Override
    public void onOtherLeading(int nodeId) {
      mailbox.execute(
          () -> {
            otherController = nodeId;
            deactivate(State.FOLLOWING);
          });
    }
  }
}
