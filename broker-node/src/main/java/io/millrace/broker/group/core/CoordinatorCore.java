package io.millrace.broker.group.core;

import io.millrace.broker.group.core.CoordinatorEvent.AppendFailed;
import io.millrace.broker.group.core.CoordinatorEvent.Asked;
import io.millrace.broker.group.core.CoordinatorEvent.Committed;
import io.millrace.broker.group.core.CoordinatorEvent.LoadEnded;
import io.millrace.broker.group.core.CoordinatorEvent.LoadRestarted;
import io.millrace.broker.group.core.CoordinatorEvent.Loaded;
import io.millrace.broker.group.core.CoordinatorEvent.Resigned;
import io.millrace.broker.group.core.CoordinatorEvent.SettingsChanged;
import io.millrace.broker.group.core.CoordinatorEvent.StreamClosed;
import io.millrace.broker.group.core.CoordinatorEvent.Submitted;
import io.millrace.broker.group.core.CoordinatorEvent.Tick;
import io.millrace.broker.group.core.CoordinatorEvent.TopicsChanged;
import io.millrace.broker.group.core.GroupAnswer.MemberState;
import io.millrace.broker.group.core.GroupAnswer.Refused;
import io.millrace.broker.group.core.GroupCommand.Heartbeat;
import io.millrace.broker.group.core.Planner.SweepState;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.fault.FaultHandler;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides everything about the groups of one partition of the offsets topic: who is a member, who
 * owns what, which offsets are committed. Confined to the thread that drives it; pure: nothing
 * happens but through the effects it hands out.
 *
 * <p>Commands that come while an append is under way wait for it; then all that wait are decided
 * together, and appended together. Every command is answered exactly once, from committed state. If
 * the append fails, what it was to make is forgotten, and the committed image stands.
 */
public final class CoordinatorCore {
  /** How many commands may wait. */
  private static final int MAX_WAITING = 20_000;

  /** When upkeep whose append failed is tried again. */
  private static final long RETRY_MS = 1_000;

  /** How often all groups are swept. */
  private static final long SWEEP_INTERVAL_MS = 600_000;

  /** A tick that is later than this shows that this broker was held up, not the members. */
  private static final long LATE_MS = 500;

  private enum Role {
    LOADING,
    READY,
    CLOSED
  }

  private final FaultHandler faults;
  private final Parts parts;
  private final TopicMatches matches;
  private final LiveMembers live;
  private final MemberWatch watch;
  private final SweepState sweep = new SweepState();
  private final Queue<Work> waiting = new ArrayDeque<>();
  private GroupSettings settings;
  private Role role = Role.LOADING;

  /** What requests are told while this core is not ready. */
  private MillraceError refusal = Refusals.LOADING;

  /** What is committed; while it loads, what was loaded so far. */
  private GroupsImage committed = GroupsImage.EMPTY;

  /** The append under way, if there is one; its number is {@link #appends}. */
  private @Nullable Plan inFlight;

  private long appends;

  /** How often a group's partitions were assigned anew, since this core was made. */
  private long rebalances;

  private long refreshAtMs = Deadlines.NEVER;
  private long sweepAtMs = Deadlines.NEVER;
  private long wakeAtMs = Deadlines.NEVER;

  /**
   * Makes the core of a partition that is to be loaded.
   *
   * @param settings the settings
   * @param faults told of events that can't be
   */
  public CoordinatorCore(GroupSettings settings, FaultHandler faults) {
    this(settings, faults, new Parts());
  }

  CoordinatorCore(GroupSettings settings, FaultHandler faults, Parts parts) {
    this.settings = settings;
    this.faults = faults;
    this.parts = parts;
    this.matches = parts.matches;
    this.live = parts.live;
    this.watch = parts.watch();
  }

  /** How much there is. Looks at each group: not to be asked for with every event. */
  public Census census() {
    int members = 0;
    for (GroupImage group : committed.groups().values()) {
      members += group.members().size();
    }
    return new Census(committed.groups().size(), members, rebalances);
  }

  /**
   * How much a core coordinates.
   *
   * @param groups the groups
   * @param members the members of all of them
   * @param rebalances how often a group's partitions were assigned anew, since the core was made
   */
  public record Census(int groups, int members, long rebalances) {
    /** Of nothing. */
    public static final Census NONE = new Census(0, 0, 0);
  }

  /** The committed image; for tests. */
  GroupsImage image() {
    return committed;
  }

  /**
   * Takes an event.
   *
   * @param event what happened
   * @param now when
   * @param effects takes what is to be done, in order
   */
  public void on(CoordinatorEvent event, Now now, List<CoordinatorEffect> effects) {
    if (event instanceof Submitted submitted) {
      submitted(submitted, now, effects);
    } else if (event instanceof Asked asked) {
      effects.add(new CoordinatorEffect.Answer(asked.token(), answer(asked.query())));
    } else if (event instanceof Resigned resigned) {
      close(resigned.error(), effects);
    } else if (event instanceof SettingsChanged changed) {
      settings = changed.settings();
    } else if (event instanceof StreamClosed closed) {
      live.streamClosed(closed.stream());
    } else if (event instanceof TopicsChanged changed) {
      topicsChanged(changed, now);
    } else if (role != Role.CLOSED) {
      ofTheLog(event, now, effects);
    }
    if (role == Role.READY) {
      run(now, effects);
      wake(effects);
    }
  }

  private void ofTheLog(CoordinatorEvent event, Now now, List<CoordinatorEffect> effects) {
    if (event instanceof Loaded loaded) {
      load(loaded, effects);
    } else if (event instanceof LoadRestarted) {
      restartLoad();
    } else if (event instanceof LoadEnded) {
      loadEnded(now);
    } else if (event instanceof Committed append) {
      Plan plan = ended(append.number());
      inFlight = null;
      deliver(plan, now, effects);
    } else if (event instanceof AppendFailed failure) {
      failed(failure, now, effects);
    } else if (event instanceof Tick) {
      tick(now);
    } else {
      throw faults.fatal("event without a rule: " + event, null);
    }
  }

  // ---- loading

  private void load(Loaded loaded, List<CoordinatorEffect> effects) {
    if (role != Role.LOADING) {
      throw faults.fatal("records were loaded into a core that is " + role, null);
    }
    try {
      for (EncodedRecord record : loaded.records()) {
        committed = committed.replay(GroupRecordCodec.decode(record));
      }
    } catch (RuntimeException e) {
      MillraceError error =
          new MillraceError(ErrorCode.INTERNAL, "the offsets topic can't be loaded: " + e);
      close(error, effects);
      effects.add(new CoordinatorEffect.LoadFailed(error));
    }
  }

  /** A record that is gone from the log meanwhile must not outlive it here. */
  private void restartLoad() {
    if (role != Role.LOADING) {
      throw faults.fatal("a load was begun anew in a core that is " + role, null);
    }
    committed = GroupsImage.EMPTY;
  }

  private void loadEnded(Now now) {
    if (role != Role.LOADING || !matches.known()) {
      throw faults.fatal(
          "loading ended in a core that is %s, with topics known: %s (expected: LOADING, true)"
              .formatted(role, matches.known()),
          null);
    }
    role = Role.READY;
    watch.begin(committed, now);
    refreshAtMs = now.ms();
    sweepAtMs = now.ms();
  }

  // ---- requests

  private void submitted(Submitted submitted, Now now, List<CoordinatorEffect> effects) {
    if (role != Role.READY) {
      effects.add(new CoordinatorEffect.Answer(submitted.token(), new Refused(refusal)));
    } else if (waiting.size() >= MAX_WAITING) {
      MillraceError full =
          new MillraceError(
              ErrorCode.THROTTLED,
              "commands that wait for the offsets topic: "
                  + waiting.size()
                  + " (expected: fewer; to be sent again later)");
      effects.add(new CoordinatorEffect.Answer(submitted.token(), new Refused(full)));
    } else {
      if (submitted.command() instanceof Heartbeat heartbeat) {
        watch.heard(committed, heartbeat, now);
      }
      waiting.add(new Work.Request(submitted.token(), submitted.command()));
    }
  }

  private GroupAnswer answer(GroupQuery query) {
    return role == Role.READY
        ? GroupQueries.answer(committed, query, matches.topics())
        : new Refused(refusal);
  }

  // ---- appends

  private void run(Now now, List<CoordinatorEffect> effects) {
    while (inFlight == null) {
      queueUpkeep(now);
      if (waiting.isEmpty()) {
        return;
      }
      if (matches.isFull()) {
        forgetUnusedExpressions();
      }
      Plan plan = new Planner(committed, parts, sweep, settings, now).plan(waiting);
      plan.defects().forEach(defect -> effects.add(new CoordinatorEffect.Defect(defect)));
      if (plan.changes().isEmpty()) {
        deliver(plan, now, effects);
      } else {
        inFlight = plan;
        appends++;
        effects.add(new CoordinatorEffect.Append(appends, plan.changes().records()));
      }
    }
  }

  private void queueUpkeep(Now now) {
    if (refreshAtMs <= now.ms()) {
      refreshAtMs = Deadlines.NEVER;
      waiting.add(new Work.Refresh());
    }
    if (sweepAtMs <= now.ms()) {
      sweepAtMs = Deadlines.NEVER;
      waiting.add(new Work.Sweep());
    }
  }

  private Plan ended(long number) {
    @Nullable Plan plan = inFlight;
    if (plan == null || number != appends) {
      throw faults.fatal(
          "append %d ended (expected: %d, under way: %s)".formatted(number, appends, plan != null),
          null);
    }
    return plan;
  }

  /** The plan's records, if there are any, are committed. */
  private void deliver(Plan plan, Now now, List<CoordinatorEffect> effects) {
    GroupsImage before = committed;
    committed = plan.changes().image();
    rebalances += plan.changes().mark().raised().size();
    effects.addAll(plan.answers());
    plan.replaced()
        .forEach(stream -> effects.add(new CoordinatorEffect.EndStream(stream, Refusals.REPLACED)));
    for (MemberKey key : plan.changes().mark().changed()) {
      GroupImage group = committed.group(key.groupId());
      boolean present = group.member(key.memberId()).filter(member -> !member.away()).isPresent();
      if (present) {
        Assignment then = before.group(key.groupId()).assignment(key.memberId());
        watch.revocation(key, then, group, now);
        if (!plan.told().contains(key)) {
          push(key, before, effects);
        }
      } else {
        endStream(key, group, plan.fenced(), effects);
      }
    }
    if (plan.work().contains(new Work.Sweep())) {
      sweepAtMs = sweep.more ? now.ms() : now.ms() + SWEEP_INTERVAL_MS;
    }
  }

  private void push(MemberKey key, GroupsImage before, List<CoordinatorEffect> effects) {
    Assignment now = committed.group(key.groupId()).assignment(key.memberId());
    Assignment then = before.group(key.groupId()).assignment(key.memberId());
    if (now.epoch() != then.epoch() || !now.assigned().equals(then.assigned())) {
      MemberState state =
          new MemberState(
              now.epoch(),
              settings.heartbeatIntervalMs(),
              committed
                  .group(key.groupId())
                  .member(key.memberId())
                  .map(member -> member.profile().sessionTimeoutMs())
                  .orElse(settings.sessionTimeoutMs()),
              Optional.of(Partitions.sorted(now.assigned().keySet())));
      live.stream(key).ifPresent(stream -> effects.add(new CoordinatorEffect.Push(stream, state)));
    }
  }

  /** Who is gone is forgotten; who is away keeps its session. */
  private void endStream(
      MemberKey key,
      GroupImage group,
      Map<MemberKey, MillraceError> fenced,
      List<CoordinatorEffect> effects) {
    MillraceError why = fenced.getOrDefault(key, Refusals.GONE);
    Optional<StreamToken> stream = live.stream(key);
    if (group.member(key.memberId()).isPresent()) {
      stream.ifPresent(live::streamClosed);
      live.revocations.cancel(key);
    } else {
      live.forget(key);
    }
    stream.ifPresent(open -> effects.add(new CoordinatorEffect.EndStream(open, why)));
  }

  private void failed(AppendFailed failure, Now now, List<CoordinatorEffect> effects) {
    Plan plan = ended(failure.number());
    inFlight = null;
    refuse(plan.work(), failure.error(), effects);
    plan.replaced()
        .forEach(stream -> effects.add(new CoordinatorEffect.EndStream(stream, Refusals.REPLACED)));
    if (failure.maybeWritten()) {
      reload(effects);
      return;
    }
    live.retain(key -> committed.group(key.groupId()).member(key.memberId()).isPresent());
    for (Work work : plan.work()) {
      if (work instanceof Work.SessionDue due) {
        live.sessions.remind(due.key(), now.ms() + RETRY_MS);
      } else if (work instanceof Work.RevocationDue due) {
        live.revocations.remind(due.key(), now.ms() + RETRY_MS);
      } else if (work instanceof Work.Refresh) {
        refreshAtMs = Math.min(refreshAtMs, now.ms() + RETRY_MS);
      } else if (work instanceof Work.Sweep) {
        sweepAtMs = Math.min(sweepAtMs, now.ms() + RETRY_MS);
        sweep.after = "";
      }
    }
  }

  private static void refuse(
      Iterable<Work> work, MillraceError error, List<CoordinatorEffect> effects) {
    for (Work piece : work) {
      if (piece instanceof Work.Request request) {
        effects.add(new CoordinatorEffect.Answer(request.token(), new Refused(error)));
      }
    }
  }

  // ---- time and topics

  private void tick(Now now) {
    if (role != Role.READY) {
      return;
    }
    if (wakeAtMs != Deadlines.NEVER && now.ms() - wakeAtMs > LATE_MS) {
      // Heartbeats may have waited as long as the tick did: there is time to hear them.
      long heldUpMs = now.ms() - wakeAtMs + settings.heartbeatIntervalMs();
      live.sessions.extend(heldUpMs);
      live.revocations.extend(heldUpMs);
    }
    live.sessions.due(now.ms()).forEach(key -> waiting.add(new Work.SessionDue(key)));
    live.revocations.due(now.ms()).forEach(key -> waiting.add(new Work.RevocationDue(key)));
  }

  private void wake(List<CoordinatorEffect> effects) {
    long next = Math.min(live.sessions.nextMs(), live.revocations.nextMs());
    if (inFlight == null) {
      next = Math.min(next, Math.min(refreshAtMs, sweepAtMs));
    }
    if (next != wakeAtMs && next != Deadlines.NEVER) {
      effects.add(new CoordinatorEffect.WakeAt(next));
    }
    wakeAtMs = next;
  }

  private void topicsChanged(TopicsChanged event, Now now) {
    TopicsView before = matches.topics();
    matches.topicsChanged(event.topics(), event.changed());
    if (role != Role.READY) {
      return;
    }
    forgetUnusedExpressions();
    boolean deleted =
        event.changed().stream()
            .flatMap(name -> before.topic(name).stream())
            .anyMatch(topic -> event.topics().topic(topic.id()).isEmpty());
    refreshAtMs = now.ms();
    if (deleted) {
      sweep.after = "";
      sweepAtMs = now.ms();
    }
  }

  /** What an append under way uses besides is compiled again when it is looked for. */
  private void forgetUnusedExpressions() {
    Set<String> used = new HashSet<>();
    for (GroupImage group : committed.groups().values()) {
      group.members().values().forEach(member -> used.add(member.subscription().topicRegex()));
    }
    matches.retain(used);
  }

  // ---- the end, or a new beginning

  private void reload(List<CoordinatorEffect> effects) {
    leave(Refusals.LOADING, Role.LOADING, effects);
    effects.add(new CoordinatorEffect.Reload());
  }

  private void close(MillraceError error, List<CoordinatorEffect> effects) {
    if (role != Role.CLOSED) {
      leave(error, Role.CLOSED, effects);
    }
  }

  private void leave(MillraceError why, Role next, List<CoordinatorEffect> effects) {
    if (inFlight != null) {
      refuse(inFlight.work(), why, effects);
      inFlight = null;
    }
    refuse(waiting, why, effects);
    waiting.clear();
    live.streams().forEach(stream -> effects.add(new CoordinatorEffect.EndStream(stream, why)));
    live.clear();
    committed = GroupsImage.EMPTY;
    refusal = why;
    role = next;
    refreshAtMs = Deadlines.NEVER;
    sweepAtMs = Deadlines.NEVER;
    wakeAtMs = Deadlines.NEVER;
    sweep.after = "";
  }
}
