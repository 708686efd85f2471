package io.millrace.broker.group.core;

import io.millrace.broker.group.core.GroupCommand.Heartbeat;
import io.millrace.broker.group.core.GroupCommand.Leave;
import io.millrace.broker.group.core.GroupCommand.MemberProfile;
import io.millrace.broker.group.core.GroupRecord.AssignmentFact;
import io.millrace.broker.group.core.GroupRecord.MemberFact;
import io.millrace.broker.group.core.GroupRecord.TargetFact;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;

/**
 * Who is a member, and what members tell of themselves. Every method throws {@link
 * io.millrace.common.MillraceException} for a refusal. Confined to the core.
 *
 * <p>Not final: tests put defects in.
 */
class MembershipDecisions {
  private final TopicMatches matches;
  private final LiveMembers live;

  MembershipDecisions(TopicMatches matches, LiveMembers live) {
    this.matches = matches;
    this.live = live;
  }

  // ---- heartbeats

  /** A heartbeat; the answer is the member's state in the end. */
  void heartbeat(Changes changes, Heartbeat heartbeat, GroupSettings settings, Now now) {
    Checks.heartbeat(heartbeat);
    heartbeat
        .subscription()
        .map(Subscription::topicRegex)
        .filter(regex -> !regex.isEmpty())
        .ifPresent(matches::check);
    if (heartbeat.memberEpoch() == 0) {
      join(changes, heartbeat, settings, now);
    } else {
      signOfLife(changes, heartbeat);
    }
  }

  private void signOfLife(Changes changes, Heartbeat heartbeat) {
    MemberKey key = new MemberKey(heartbeat.groupId(), heartbeat.memberId());
    GroupImage group = changes.group(key.groupId());
    Member member =
        group
            .member(key.memberId())
            .orElseThrow(() -> unknown(group, key, heartbeat.profile()).exception());
    Assignment assignment = group.assignment(key.memberId());
    if (member.away() || !isTold(heartbeat, assignment)) {
      throw Refusals.fenced(key, heartbeat.memberEpoch(), assignment).exception();
    }
    tell(changes, key, member, heartbeat);
    if (heartbeat.memberEpoch() == assignment.epoch()) {
      live.knows(key, assignment.epoch());
      heartbeat.owned().ifPresent(owned -> release(changes, key, Partitions.sorted(owned)));
      changes.move(key);
    }
  }

  /**
   * Whether the member was told that epoch last. The epoch before is that of a member that lost an
   * answer: it owns no more than it was left with when the epoch went up.
   */
  boolean isTold(Heartbeat heartbeat, Assignment assignment) {
    int came = heartbeat.memberEpoch();
    if (came == assignment.epoch()) {
      return true;
    }
    return came == assignment.previousEpoch()
        && heartbeat.owned().stream().flatMap(Set::stream).allMatch(assignment::holds);
  }

  private static MillraceError unknown(GroupImage group, MemberKey key, MemberProfile profile) {
    Optional<String> holder =
        Optional.of(profile.instanceId())
            .filter(instance -> !instance.isEmpty())
            .flatMap(group::memberOfInstance);
    return holder.isEmpty()
        ? Refusals.unknownMember(key)
        : new MillraceError(
            ErrorCode.FENCED_INSTANCE_ID,
            "instance_id: "
                + profile.instanceId()
                + " (expected: one that no other member took over)",
            Map.of("group_id", key.groupId(), "instance_id", profile.instanceId()));
  }

  /** What the member says that it owns: what it was to give up and is not among it is free. */
  void release(Changes changes, MemberKey key, SortedSet<TopicIdPartition> owned) {
    Assignment before = changes.group(key.groupId()).assignment(key.memberId());
    Assignment after = before.releasing(owned);
    if (!after.equals(before)) {
      changes.add(new AssignmentFact(key.groupId(), key.memberId(), Optional.of(after)));
      changes.unsettle(key.groupId());
    }
    if (after.revoking().isEmpty() && owned.equals(after.assigned().keySet())) {
      live.owns(key, after);
    }
  }

  /** What the member says of itself, if that is new. */
  private static void tell(Changes changes, MemberKey key, Member before, Heartbeat heartbeat) {
    Member after =
        new Member(
            before.profile(),
            heartbeat.subscription().orElse(before.subscription()),
            heartbeat.assignor().filter(name -> !name.isEmpty()).orElse(before.assignor()),
            before.away());
    change(changes, key, before, after);
  }

  private static void change(Changes changes, MemberKey key, Member before, Member after) {
    if (!after.assignsLike(before)) {
      changes.raiseEpoch(key.groupId());
    }
    if (!after.equals(before)) {
      changes.add(new MemberFact(key.groupId(), key.memberId(), Optional.of(after)));
    }
  }

  // ---- joining

  void join(Changes changes, Heartbeat heartbeat, GroupSettings settings, Now now) {
    MemberKey key = new MemberKey(heartbeat.groupId(), heartbeat.memberId());
    Member member = asked(heartbeat, settings);
    GroupImage group = changes.group(key.groupId());
    Optional<Member> known = group.member(key.memberId());
    String instance = member.profile().instanceId();
    if (known.isPresent() && !known.get().profile().instanceId().equals(instance)) {
      throw Refusals.invalid(
              "instance_id: "
                  + instance
                  + " (expected: "
                  + known.get().profile().instanceId()
                  + ", with which the member joined)")
          .exception();
    }
    Optional<String> holder =
        instance.isEmpty() ? Optional.empty() : group.memberOfInstance(instance);
    if (known.isPresent() && !known.get().away()) {
      // It joined already and lost the answer, or what it had. What it holds stays with it: the
      // heartbeat may have come late, and the member may own it by now.
      change(changes, key, known.get(), member);
      if (group.assignment(key.memberId()).epoch() == 0) {
        changes.raiseEpoch(key.groupId());
      }
      changes.move(key);
    } else if (holder.isPresent()) {
      takeOver(changes, new MemberKey(key.groupId(), holder.get()), key, member);
    } else {
      if (group.members().size() >= settings.maxSize()) {
        throw full(group, settings).exception();
      }
      changes.raiseEpoch(key.groupId());
      changes.add(new MemberFact(key.groupId(), key.memberId(), Optional.of(member)));
    }
    live.sessions.set(key, now.ms() + member.profile().sessionTimeoutMs());
  }

  private static Member asked(Heartbeat heartbeat, GroupSettings settings) {
    MemberProfile profile = Checks.profile(heartbeat.profile(), settings);
    if (heartbeat.owned().filter(owned -> !owned.isEmpty()).isPresent()) {
      throw Refusals.invalid("owned: not empty (expected: nothing, when joining)").exception();
    }
    Subscription subscription =
        heartbeat
            .subscription()
            .orElseThrow(
                () -> Refusals.invalid("subscription: none (expected: one, to join)").exception());
    return new Member(profile, subscription, heartbeat.assignor().orElse(""), false);
  }

  private static MillraceError full(GroupImage group, GroupSettings settings) {
    return new MillraceError(
        ErrorCode.GROUP_FULL,
        "members: "
            + group.members().size()
            + " (expected: fewer than group.max.size, "
            + settings.maxSize()
            + ")");
  }

  /** A static member is back, under the same id or another: it has the place that was kept. */
  private static void takeOver(Changes changes, MemberKey from, MemberKey to, Member member) {
    GroupImage group = changes.group(from.groupId());
    Member old = group.member(from.memberId()).orElseThrow();
    if (!old.away()) {
      throw new MillraceError(
              ErrorCode.UNRELEASED_INSTANCE_ID,
              "instance_id: "
                  + member.profile().instanceId()
                  + " (expected: one that no live member has)",
              Map.of("group_id", from.groupId(), "instance_id", member.profile().instanceId()))
          .exception();
    }
    changes.raiseEpoch(from.groupId());
    int epoch = changes.group(from.groupId()).head().epoch();
    Assignment kept = group.assignment(from.memberId()).givenAnewIn(epoch);
    changes.add(new MemberFact(to.groupId(), to.memberId(), Optional.of(member)));
    changes.add(
        new TargetFact(to.groupId(), to.memberId(), Optional.of(group.target(from.memberId()))));
    if (!from.equals(to)) {
      changes.add(new MemberFact(from.groupId(), from.memberId(), Optional.empty()));
      changes.removeRemnants(from);
    }
    changes.add(new AssignmentFact(to.groupId(), to.memberId(), Optional.of(kept)));
    changes.comeBack(to);
  }

  // ---- leaving

  /** A member leaves; one that is not there has left. */
  void leave(Changes changes, Leave leave, Now now) {
    Checks.groupId(leave.groupId());
    Checks.memberId(leave.memberId());
    MemberKey key = new MemberKey(leave.groupId(), leave.memberId());
    GroupImage group = changes.group(key.groupId());
    Optional<Member> known = group.member(key.memberId());
    if (known.isEmpty()) {
      return;
    }
    Member member = known.get();
    Assignment assignment = group.assignment(key.memberId());
    boolean knowsNone = assignment.previousEpoch() == 0 && !live.hasConfirmed(key, assignment);
    boolean told =
        leave.memberEpoch() == 0
            ? knowsNone
            : leave.memberEpoch() == assignment.epoch()
                || leave.memberEpoch() == assignment.previousEpoch();
    if (!told) {
      throw Refusals.fenced(key, leave.memberEpoch(), assignment).exception();
    }
    if (leave.keepStatic() && !member.profile().instanceId().isEmpty()) {
      stayAway(changes, key, member, assignment);
      live.sessions.set(key, now.ms() + member.profile().sessionTimeoutMs());
    } else {
      changes.remove(key);
    }
  }

  private static void stayAway(
      Changes changes, MemberKey key, Member member, Assignment assignment) {
    changes.add(new MemberFact(key.groupId(), key.memberId(), Optional.of(member.withAway(true))));
    if (!assignment.revoking().isEmpty()) {
      changes.add(
          new AssignmentFact(
              key.groupId(), key.memberId(), Optional.of(assignment.releasing(Partitions.NONE))));
      changes.unsettle(key.groupId());
    }
  }

  // ---- fencing

  /** Puts a member out if its session is over; whether it did. */
  boolean expireSession(Changes changes, MemberKey key, Now now) {
    boolean over = live.sessions.isOver(key, now.ms()) && isMember(changes, key);
    if (over) {
      changes.remove(key);
    }
    return over;
  }

  /** Puts a member out if it took too long to give up what it is to; whether it did. */
  boolean expireRevocation(Changes changes, MemberKey key, Now now) {
    boolean over =
        live.revocations.isOver(key, now.ms())
            && isMember(changes, key)
            && !changes.group(key.groupId()).assignment(key.memberId()).revoking().isEmpty();
    if (over) {
      changes.remove(key);
    }
    return over;
  }

  private static boolean isMember(Changes changes, MemberKey key) {
    return changes.group(key.groupId()).member(key.memberId()).isPresent();
  }
}
