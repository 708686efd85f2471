package io.millrace.client.internal;

import io.millrace.client.api.GroupConfig;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.proto.v1.HeartbeatRequest;
import io.millrace.proto.v1.HeartbeatResponse;
import io.millrace.proto.v1.LeaveGroupRequest;
import io.millrace.proto.v1.Subscription;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A consumer's membership in its group (KIP-848's member, over a stream): what happens comes in,
 * with the time on it, what is to be done comes out. No threads, clocks or network; confined to its
 * driver.
 *
 * <p>It goes through: out → joining → member; a member that the coordinator has forgotten or fenced
 * has lost its partitions, and joins again only once the consumer says that it has dropped them. A
 * refusal for good ends it until it is subscribed anew.
 */
final class GroupMembership {
  /** A coordinator that says nothing for so long is looked for again. */
  static final long ANSWER_PATIENCE_MS = 5_000;

  /** Refusals that do not pass by themselves. */
  private static final Set<ErrorCode> FINAL =
      Set.of(
          ErrorCode.INVALID_REQUEST,
          ErrorCode.UNSUPPORTED,
          ErrorCode.INVALID_GROUP_ID,
          ErrorCode.GROUP_FULL,
          ErrorCode.FENCED_INSTANCE_ID,
          ErrorCode.UNSUPPORTED_ASSIGNOR,
          ErrorCode.INVALID_REGULAR_EXPRESSION);

  /** Refusals that say that the partitions are lost. */
  private static final Set<ErrorCode> FENCED =
      Set.of(
          ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.FENCED_MEMBER_EPOCH, ErrorCode.STALE_MEMBER_EPOCH);

  private static final long NEVER = Long.MAX_VALUE;

  /**
   * Who the member is.
   *
   * @param ids draws member ids
   * @param reportAfterMs trouble that lasts so long is reported, and again after as long
   */
  record Member(
      GroupConfig group, Supplier<String> ids, String clientId, String rack, long reportAfterMs) {}

  private enum Phase {
    OUT,
    JOINING,
    MEMBER,
    /** Until the consumer has dropped what is lost. */
    LOST,
    FAILED
  }

  private final Member member;
  private final Backoff backoff;
  private final List<MemberAction> actions = new ArrayList<>();

  /** Another one after each leaving, which may arrive late. */
  private String memberId;

  private Phase phase = Phase.OUT;
  private Subscription wanted = Subscription.getDefaultInstance();
  private long incarnation = 1;
  private int epoch;

  /** What the coordinator told last. */
  private Set<TopicIdPartition> assigned = Set.of();

  /**
   * What the consumer reads, or may begin to read at any time: all that it was told to since it
   * last said what it has. {@code assigned} is a part of it.
   */
  private Set<TopicIdPartition> held = Set.of();

  private long stream;
  private boolean open;

  /** What the coordinator knows by the frames of the open stream. */
  private int sentEpoch;

  private Set<TopicIdPartition> sentHeld = Set.of();
  private Subscription sentWanted = Subscription.getDefaultInstance();

  /** What the open stream's first frame asked for. */
  private Subscription openedFor = Subscription.getDefaultInstance();

  /** When the heartbeats were sent that are not answered, on the open stream. */
  private final Queue<Long> unansweredMs = new ArrayDeque<>();

  private long answeredHeartbeats;

  /** When the last heartbeat was sent that the coordinator has answered. */
  private long heardMs;

  private long sessionTimeoutMs;
  private long heartbeatIntervalMs;
  private long lastSentMs;

  /** When the coordinator counts as silent; {@link #NEVER} while no frame is unanswered. */
  private long answerDueMs = NEVER;

  private long reconnectAtMs;
  private long troubledSinceMs = NEVER;

  /**
   * Out of the group.
   *
   * @param backoff between streams
   */
  GroupMembership(Member member, Backoff backoff) {
    this.member = member;
    this.backoff = backoff;
    this.memberId = member.ids().get();
  }

  /** As whom the consumer commits. */
  MemberIdentity identity() {
    return new MemberIdentity(memberId, phase == Phase.MEMBER ? epoch : 0, incarnation);
  }

  /** The consumer is to be a member that reads these topics. */
  List<MemberAction> subscribe(Subscription topics, long nowMs) {
    wanted = topics;
    switch (phase) {
      case OUT, FAILED -> join(nowMs);
      case JOINING, MEMBER -> tellNews(nowMs);
      case LOST -> {
        // It joins, and with these, once what is lost was dropped.
      }
    }
    return take();
  }

  /** The consumer is to be a member no more. */
  List<MemberAction> leave() {
    if (isIn()) {
      leave(member.group().instanceId().isPresent());
    }
    phase = Phase.OUT;
    return take();
  }

  /** The consumer has these partitions now, and reads no others. */
  List<MemberAction> owns(Set<TopicIdPartition> partitions, long nowMs) {
    if (phase == Phase.MEMBER) {
      hold(partitions);
      tellNews(nowMs);
    }
    return take();
  }

  /** The consumer has dropped what was lost. */
  List<MemberAction> dropped(long nowMs) {
    if (phase == Phase.LOST) {
      join(nowMs);
    }
    return take();
  }

  /**
   * The coordinator told the member's state.
   *
   * @param answered how many of the stream's heartbeats it has answered
   */
  List<MemberAction> told(long onStream, long answered, HeartbeatResponse state, long nowMs) {
    if (!open || onStream != stream || !isIn()) {
      return take();
    }
    backoff.reset();
    troubledSinceMs = NEVER;
    answerDueMs = NEVER;
    heard(answered);
    if (state.getMemberEpoch() < epoch) {
      // It was overtaken by a newer one.
      return take();
    }
    sessionTimeoutMs = state.getSessionTimeoutMs();
    heartbeatIntervalMs = Math.max(1, state.getHeartbeatIntervalMs());
    epoch = state.getMemberEpoch();
    phase = Phase.MEMBER;
    if (state.hasAssignment()) {
      assign(Partitions.fromProto(state.getAssignment().getTopicsList()));
    }
    tellNews(nowMs);
    return take();
  }

  /** Only an answer shows that the coordinator hears the member; what is pushed does not. */
  private void heard(long answered) {
    while (answeredHeartbeats < answered && !unansweredMs.isEmpty()) {
      heardMs = unansweredMs.remove();
      answeredHeartbeats++;
    }
  }

  /** The stream is over, or there was none to be had. */
  List<MemberAction> ended(long onStream, MillraceException why, long nowMs) {
    if (!open || onStream != stream) {
      return take();
    }
    open = false;
    if (isIn()) {
      refused(why, nowMs);
    }
    return take();
  }

  /**
   * Time has passed.
   *
   * @param idleSinceMs when the consumer polled last; {@link PollClock#POLLING} while it does
   */
  List<MemberAction> tick(long nowMs, long idleSinceMs) {
    if (!isIn()) {
      return take();
    }
    if (nowMs >= pollDueMs(idleSinceMs)) {
      leave(false);
      lose(neverPolled(nowMs - idleSinceMs));
    } else if (nowMs >= sessionDueMs()) {
      abandon();
      lose(sessionOver());
    } else if (open && nowMs >= answerDueMs) {
      abandon();
      refused(silent(), nowMs);
    } else if (!open && nowMs >= reconnectAtMs) {
      connect(nowMs);
    } else if (open && phase == Phase.MEMBER && nowMs >= lastSentMs + heartbeatIntervalMs) {
      heartbeat(nowMs);
    }
    return take();
  }

  /** When {@link #tick} is due; {@code Long.MAX_VALUE} for never. */
  long nextTickMs(long idleSinceMs) {
    if (!isIn()) {
      return NEVER;
    }
    long next = Math.min(pollDueMs(idleSinceMs), open ? answerDueMs : reconnectAtMs);
    next = Math.min(next, sessionDueMs());
    return open && phase == Phase.MEMBER ? Math.min(next, lastSentMs + heartbeatIntervalMs) : next;
  }

  private long pollDueMs(long idleSinceMs) {
    return idleSinceMs == PollClock.POLLING
        ? NEVER
        : idleSinceMs + member.group().maxPollInterval().toMillis();
  }

  /** From then on the coordinator may have given its partitions to others. */
  private long sessionDueMs() {
    return phase == Phase.MEMBER && sessionTimeoutMs > 0 ? heardMs + sessionTimeoutMs : NEVER;
  }

  private void abandon() {
    if (open) {
      open = false;
      actions.add(new MemberAction.Abandon());
    }
  }

  private boolean isIn() {
    return phase == Phase.JOINING || phase == Phase.MEMBER;
  }

  private void join(long nowMs) {
    phase = Phase.JOINING;
    epoch = 0;
    connect(nowMs);
  }

  private void leave(boolean keepStatic) {
    actions.add(
        new MemberAction.Leave(
            LeaveGroupRequest.newBuilder()
                .setGroupId(member.group().groupId())
                .setMemberId(memberId)
                .setMemberEpoch(epoch)
                .setKeepStatic(keepStatic)
                .build()));
    open = false;
    memberId = member.ids().get();
    forget();
  }

  /** What this membership was given counts no more. */
  private void forget() {
    incarnation++;
    epoch = 0;
    assigned = Set.of();
    held = Set.of();
  }

  private void lose(MillraceException why) {
    forget();
    phase = Phase.LOST;
    actions.add(new MemberAction.Lose(why));
  }

  private void refused(MillraceException why, long nowMs) {
    // One that came after another subscription was sent may mean either: the newer one is asked for
    // by itself.
    if (FINAL.contains(why.code()) && openedFor.equals(wanted)) {
      if (phase == Phase.MEMBER) {
        lose(why);
      }
      phase = Phase.FAILED;
      actions.add(new MemberAction.Fail(why));
    } else if (FENCED.contains(why.code()) && phase == Phase.MEMBER) {
      lose(why);
    } else {
      troubledSinceMs = Math.min(troubledSinceMs, nowMs);
      reconnectAtMs = nowMs + backoff.nextMs();
      if (nowMs - troubledSinceMs >= member.reportAfterMs()) {
        troubledSinceMs = nowMs;
        actions.add(new MemberAction.Report(why));
      }
    }
  }

  private void assign(Set<TopicIdPartition> partitions) {
    if (partitions.equals(assigned)) {
      return;
    }
    assigned = partitions;
    hold(held);
    actions.add(new MemberAction.Assign(incarnation, assigned));
  }

  private void hold(Set<TopicIdPartition> partitions) {
    Set<TopicIdPartition> all = new HashSet<>(partitions);
    all.addAll(assigned);
    held = Set.copyOf(all);
  }

  /** On a new stream everything is told: what the last one carried may be lost. */
  private void connect(long nowMs) {
    stream++;
    open = true;
    unansweredMs.clear();
    answeredHeartbeats = 0;
    HeartbeatRequest.Builder first =
        frame().setSubscription(wanted).setOwned(Partitions.toOwned(held));
    GroupConfig group = member.group();
    group.instanceId().ifPresent(first::setInstanceId);
    group.assignor().ifPresent(first::setAssignor);
    group.sessionTimeout().ifPresent(t -> first.setSessionTimeoutMs((int) t.toMillis()));
    first
        .setRack(member.rack())
        .setClientId(member.clientId())
        .setRebalanceTimeoutMs((int) Math.max(1_000, group.maxPollInterval().toMillis()));
    openedFor = wanted;
    sent(nowMs);
    answerDueMs = nowMs + ANSWER_PATIENCE_MS;
    actions.add(new MemberAction.Open(stream, first.build()));
  }

  /** Says at once what the coordinator does not know, or has not seen confirmed. */
  private void tellNews(long nowMs) {
    boolean news = sentEpoch != epoch || !sentHeld.equals(held) || !sentWanted.equals(wanted);
    if (open && phase == Phase.MEMBER && news) {
      heartbeat(nowMs);
    }
  }

  private void heartbeat(long nowMs) {
    HeartbeatRequest.Builder frame = frame();
    if (!sentWanted.equals(wanted)) {
      frame.setSubscription(wanted);
    }
    // Under another epoch it was not listened to.
    if (sentEpoch != epoch || !sentHeld.equals(held)) {
      frame.setOwned(Partitions.toOwned(held));
    }
    sent(nowMs);
    answerDueMs = Math.min(answerDueMs, nowMs + ANSWER_PATIENCE_MS);
    actions.add(new MemberAction.Send(frame.build()));
  }

  private HeartbeatRequest.Builder frame() {
    return HeartbeatRequest.newBuilder()
        .setGroupId(member.group().groupId())
        .setMemberId(memberId)
        .setMemberEpoch(epoch);
  }

  private void sent(long nowMs) {
    sentEpoch = epoch;
    sentHeld = held;
    sentWanted = wanted;
    lastSentMs = nowMs;
    unansweredMs.add(nowMs);
  }

  private static MillraceException silent() {
    return new MillraceException(
        ErrorCode.REQUEST_TIMED_OUT,
        "the group's coordinator said nothing for " + ANSWER_PATIENCE_MS + " ms");
  }

  private MillraceException sessionOver() {
    return new MillraceException(
        ErrorCode.UNKNOWN_MEMBER_ID,
        "the coordinator of group "
            + member.group().groupId()
            + " answered no heartbeat of the last "
            + sessionTimeoutMs
            + " ms (expected: one, or it may have put the consumer out)");
  }

  private MillraceException neverPolled(long forMs) {
    return new MillraceException(
        ErrorCode.UNKNOWN_MEMBER_ID,
        "the consumer left group "
            + member.group().groupId()
            + ", as it had not polled for "
            + forMs
            + " ms (expected: at least every "
            + member.group().maxPollInterval().toMillis()
            + " ms, maxPollInterval)");
  }

  private List<MemberAction> take() {
    List<MemberAction> taken = List.copyOf(actions);
    actions.clear();
    return taken;
  }
}
