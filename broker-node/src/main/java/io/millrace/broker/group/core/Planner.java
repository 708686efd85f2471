package io.millrace.broker.group.core;

import io.millrace.broker.group.core.GroupAnswer.Done;
import io.millrace.broker.group.core.GroupAnswer.MemberState;
import io.millrace.broker.group.core.GroupAnswer.Refused;
import io.millrace.broker.group.core.GroupCommand.CommitOffsets;
import io.millrace.broker.group.core.GroupCommand.DeleteGroup;
import io.millrace.broker.group.core.GroupCommand.DeleteOffsets;
import io.millrace.broker.group.core.GroupCommand.Heartbeat;
import io.millrace.broker.group.core.GroupCommand.Leave;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;

/**
 * Decides what waits, all together: each piece on the image that the pieces before it make, then
 * what follows for each group. What waits may go on for as long as the append stays small. One use,
 * then thrown away.
 *
 * <p>A piece whose decision breaks down shows a defect here. It is refused with INTERNAL, the
 * defect is told, and nothing of it is kept: to stop the process would hand the same command to the
 * next coordinator.
 */
final class Planner {
  /** No more is decided into an append of that many bytes. */
  private static final long APPEND_BYTES = 512 * 1024;

  private final MembershipDecisions memberships;
  private final OffsetDecisions offsets;
  private final Settlement settlement;
  private final ExpirySweep expiry;
  private final LiveMembers live;
  private final SweepState sweep;
  private final GroupSettings settings;
  private final Now now;

  private final Changes changes;
  private final List<Work> done = new ArrayList<>();
  private final List<Reply> replies = new ArrayList<>();
  private final Map<MemberKey, MillraceError> fenced = new LinkedHashMap<>();
  private final List<StreamToken> replaced = new ArrayList<>();
  private final List<RuntimeException> defects = new ArrayList<>();

  /**
   * An answer, or the member whose state in the end is the answer.
   *
   * @param joins whether the member joins: then it is told what it has, whatever it said before
   */
  private record Reply(
      RequestToken token,
      Optional<GroupAnswer> answer,
      Optional<MemberKey> stateOf,
      boolean joins) {
    Reply(RequestToken token, GroupAnswer answer) {
      this(token, Optional.of(answer), Optional.empty(), false);
    }
  }

  /** How far the sweep is; confined to the core. */
  static final class SweepState {
    /** The last group that was looked at; empty before the first. */
    String after = "";

    /** Whether there are more after it. */
    boolean more;
  }

  Planner(GroupsImage committed, Parts parts, SweepState sweep, GroupSettings settings, Now now) {
    this.memberships = parts.memberships();
    this.offsets = parts.offsets();
    this.settlement = parts.settlement();
    this.expiry = parts.sweep();
    this.live = parts.live;
    this.sweep = sweep;
    this.settings = settings;
    this.now = now;
    this.changes = new Changes(committed);
  }

  /** Decides the first of what waits, and takes it out. */
  Plan plan(Queue<Work> waiting) {
    while (!waiting.isEmpty() && changes.bytes() < APPEND_BYTES) {
      Work work = waiting.remove();
      done.add(work);
      decide(work);
    }
    for (String groupId : changes.mark().unsettled()) {
      guarded(() -> settlement.settle(changes, groupId, now.wallMs()));
    }
    for (MemberKey key : changes.mark().moved()) {
      if (!changes.mark().unsettled().contains(key.groupId())) {
        guarded(() -> settlement.settle(changes, key));
      }
    }
    List<CoordinatorEffect.Answer> answers = new ArrayList<>();
    Set<MemberKey> told = new HashSet<>();
    for (Reply reply : replies) {
      reply.stateOf().ifPresent(told::add);
      GroupAnswer answer =
          reply
              .answer()
              .or(() -> reply.stateOf().map(key -> state(key, reply.joins())))
              .orElseThrow();
      answers.add(new CoordinatorEffect.Answer(reply.token(), answer));
    }
    return new Plan(changes, done, answers, told, fenced, replaced, defects);
  }

  private GroupAnswer state(MemberKey key, boolean joins) {
    GroupImage group = changes.group(key.groupId());
    Optional<Member> member = group.member(key.memberId());
    if (member.isEmpty()) {
      return new Refused(Refusals.unknownMember(key));
    }
    Assignment assignment = group.assignment(key.memberId());
    return new MemberState(
        assignment.epoch(),
        settings.heartbeatIntervalMs(),
        member.get().profile().sessionTimeoutMs(),
        !joins && live.ownsAll(key, assignment)
            ? Optional.empty()
            : Optional.of(Partitions.sorted(assignment.assigned().keySet())));
  }

  // ---- pieces of work

  private void decide(Work work) {
    if (work instanceof Work.Request request) {
      request(request);
    } else {
      guarded(() -> upkeep(work));
    }
  }

  /** Does a piece, or nothing of it. */
  private Optional<RuntimeException> guarded(Runnable piece) {
    Changes.State before = changes.mark();
    try {
      piece.run();
      return Optional.empty();
    } catch (MillraceException refusal) {
      changes.backTo(before);
      return Optional.of(refusal);
    } catch (RuntimeException defect) {
      changes.backTo(before);
      defects.add(defect);
      return Optional.of(defect);
    }
  }

  private void request(Work.Request request) {
    guarded(() -> replies.add(reply(request.token(), request.command())))
        .ifPresent(failure -> replies.add(new Reply(request.token(), refused(failure))));
  }

  private static Refused refused(RuntimeException failure) {
    return failure instanceof MillraceException refusal
        ? new Refused(refusal.error())
        : new Refused(
            new MillraceError(
                ErrorCode.INTERNAL, "the coordinator failed to decide this: " + failure));
  }

  private Reply reply(RequestToken token, GroupCommand command) {
    if (command instanceof Heartbeat heartbeat) {
      MemberKey key = new MemberKey(heartbeat.groupId(), heartbeat.memberId());
      memberships.heartbeat(changes, heartbeat, settings, now);
      heartbeat.stream().flatMap(stream -> live.speaksOn(key, stream)).ifPresent(replaced::add);
      return new Reply(token, Optional.empty(), Optional.of(key), heartbeat.memberEpoch() == 0);
    } else if (command instanceof Leave leave) {
      memberships.leave(changes, leave, now);
      return new Reply(token, new Done());
    } else if (command instanceof CommitOffsets commit) {
      return new Reply(token, offsets.commit(changes, commit, settings, now));
    } else if (command instanceof DeleteOffsets delete) {
      return new Reply(token, offsets.delete(changes, delete));
    } else if (command instanceof DeleteGroup delete) {
      offsets.deleteGroup(changes, delete);
      return new Reply(token, new Done());
    }
    throw new IllegalStateException("no decision for a " + command.getClass().getSimpleName());
  }

  private void upkeep(Work work) {
    if (work instanceof Work.SessionDue due) {
      if (memberships.expireSession(changes, due.key(), now)) {
        fenced.put(due.key(), Refusals.SILENT);
      }
    } else if (work instanceof Work.RevocationDue due) {
      if (memberships.expireRevocation(changes, due.key(), now)) {
        fenced.put(due.key(), Refusals.TOO_SLOW);
      }
    } else if (work instanceof Work.Refresh) {
      refresh();
    } else if (work instanceof Work.Sweep) {
      Optional<String> last = expiry.sweep(changes, sweep.after, settings, now.wallMs());
      sweep.after = last.orElse("");
      sweep.more = last.isPresent();
    } else {
      throw new IllegalStateException("no decision for a " + work.getClass().getSimpleName());
    }
  }

  private void refresh() {
    for (var entry : changes.image().groups().entrySet()) {
      GroupImage group = entry.getValue();
      if (!group.members().isEmpty() && settlement.isOutdated(group)) {
        changes.raiseEpoch(entry.getKey());
      } else if (group.targetHead().epoch() != group.head().epoch()) {
        changes.unsettle(entry.getKey());
      }
    }
  }
}
