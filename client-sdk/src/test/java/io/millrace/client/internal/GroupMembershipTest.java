package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.GroupConfig;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.proto.v1.Assignment;
import io.millrace.proto.v1.HeartbeatRequest;
import io.millrace.proto.v1.HeartbeatResponse;
import io.millrace.proto.v1.Subscription;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A membership in virtual time: what it sends, and what it tells its consumer. */
class GroupMembershipTest {
  private static final long POLLING = PollClock.POLLING;
  private static final UUID TOPIC = new UUID(1, 2);
  private static final TopicIdPartition P0 = new TopicIdPartition(TOPIC, 0);
  private static final TopicIdPartition P1 = new TopicIdPartition(TOPIC, 1);
  private static final Subscription ORDERS = Subscription.newBuilder().addTopics("orders").build();
  private static final int INTERVAL_MS = 3_000;
  private static final int SESSION_MS = 9_000;

  private final AtomicInteger ids = new AtomicInteger();
  private GroupMembership membership = membership(GroupConfig.of("g"));
  private long now = 1_000_000;

  private GroupMembership membership(GroupConfig group) {
    return new GroupMembership(
        new GroupMembership.Member(group, () -> "m" + ids.incrementAndGet(), "app", "r1", 30_000),
        new Backoff(Duration.ofMillis(50), Duration.ofMillis(200), new SplittableRandom(1)));
  }

  private static HeartbeatResponse state(int epoch) {
    return HeartbeatResponse.newBuilder()
        .setMemberEpoch(epoch)
        .setHeartbeatIntervalMs(INTERVAL_MS)
        .setSessionTimeoutMs(SESSION_MS)
        .build();
  }

  private static HeartbeatResponse state(int epoch, TopicIdPartition... partitions) {
    return state(epoch).toBuilder()
        .setAssignment(
            Assignment.newBuilder().addAllTopics(Partitions.toProto(List.of(partitions))))
        .build();
  }

  private static MillraceException error(ErrorCode code) {
    return new MillraceException(code, "told by the test");
  }

  private static MemberAction.Assign assign(long incarnation, TopicIdPartition... partitions) {
    return new MemberAction.Assign(incarnation, Set.of(partitions));
  }

  private static HeartbeatRequest opened(List<MemberAction> actions) {
    assertThat(actions).hasSize(1).first().isInstanceOf(MemberAction.Open.class);
    return ((MemberAction.Open) actions.get(0)).first();
  }

  private static HeartbeatRequest sent(List<MemberAction> actions) {
    List<MemberAction.Send> sent =
        actions.stream()
            .filter(MemberAction.Send.class::isInstance)
            .map(MemberAction.Send.class::cast)
            .toList();
    assertThat(sent).as("%s", actions).hasSize(1);
    return sent.get(0).heartbeat();
  }

  private static Set<TopicIdPartition> owned(HeartbeatRequest frame) {
    assertThat(frame.hasOwned()).isTrue();
    return Partitions.fromProto(frame.getOwned().getTopicsList());
  }

  /** A member on stream 1, with epoch 5 and these partitions, of which it has told all it has. */
  private void member(TopicIdPartition... partitions) {
    membership.subscribe(ORDERS, now);
    told(1, state(5, partitions), now);
    membership.owns(Set.of(partitions), now);
  }

  /** Told in answer to all that was sent. */
  private List<MemberAction> told(long stream, HeartbeatResponse state, long nowMs) {
    return membership.told(stream, Long.MAX_VALUE, state, nowMs);
  }

  private List<MemberAction> tickWhenDue() {
    now = Math.max(now, membership.nextTickMs(POLLING));
    return membership.tick(now, POLLING);
  }

  @Test
  void joinsWithEpochZeroAndTellsAllOfItself() {
    membership =
        membership(
            GroupConfig.builder("g")
                .instanceId("i")
                .assignor("range")
                .sessionTimeout(Duration.ofSeconds(9))
                .build());
    HeartbeatRequest first = opened(membership.subscribe(ORDERS, now));
    assertThat(first.getMemberEpoch()).isZero();
    assertThat(first.getGroupId()).isEqualTo("g");
    assertThat(first.getInstanceId()).isEqualTo("i");
    assertThat(first.getAssignor()).isEqualTo("range");
    assertThat(first.getClientId()).isEqualTo("app");
    assertThat(first.getRack()).isEqualTo("r1");
    assertThat(first.getSessionTimeoutMs()).isEqualTo(9_000);
    assertThat(first.getRebalanceTimeoutMs()).isEqualTo(300_000);
    assertThat(first.getSubscription()).isEqualTo(ORDERS);
    assertThat(owned(first)).isEmpty();
  }

  @Test
  void tellsTheConsumerAndConfirmsEachEpochAtOnce() {
    membership.subscribe(ORDERS, now);
    List<MemberAction> actions = told(1, state(5, P0), now);
    assertThat(actions).contains(assign(1, P0));
    assertThat(sent(actions).getMemberEpoch()).isEqualTo(5);
    assertThat(owned(sent(actions))).containsExactly(P0);
    assertThat(sent(told(1, state(6), now)).getMemberEpoch()).isEqualTo(6);
    assertThat(told(1, state(6), now)).as("nothing new is not answered").isEmpty();
    assertThat(membership.identity())
        .isEqualTo(new MemberIdentity(membership.identity().memberId(), 6, 1));
  }

  @Test
  void sendsASignOfLifeAtTheInterval() {
    member(P0);
    told(1, state(5), now);
    long before = now;
    HeartbeatRequest heartbeat = sent(tickWhenDue());
    assertThat(now - before).isEqualTo(INTERVAL_MS);
    assertThat(heartbeat.hasOwned()).as("unchanged").isFalse();
    assertThat(heartbeat.hasSubscription()).as("unchanged").isFalse();
  }

  /** S36: until the consumer has given a partition up, the coordinator is told that it has it. */
  @Test
  void S36_waitsForTheConsumerBeforeItSaysThatAPartitionIsGivenUp() {
    member(P0, P1);
    List<MemberAction> actions = told(1, state(5, P0), now);
    assertThat(actions).containsExactly(assign(1, P0));
    assertThat(sent(tickWhenDue()).hasOwned()).as("a heartbeat in between").isFalse();
    assertThat(owned(opened(reopened()))).as("on a new stream").containsExactlyInAnyOrder(P0, P1);
    told(2, state(5), now);
    assertThat(owned(sent(membership.owns(Set.of(P0), now)))).containsExactly(P0);
  }

  private List<MemberAction> reopened() {
    membership.ended(1, error(ErrorCode.UNAVAILABLE), now);
    return tickWhenDue();
  }

  /**
   * S36: the consumer may begin to read what it was told to at any time; so it counts as its own,
   * even if it is taken away again before the consumer has looked.
   */
  @Test
  void S36_ownsWhatTheConsumerMayHaveBegunToRead() {
    member(P0);
    assertThat(owned(sent(told(1, state(6, P0, P1), now)))).containsExactlyInAnyOrder(P0, P1);
    told(1, state(6, P0), now);
    assertThat(sent(tickWhenDue()).hasOwned()).as("both still").isFalse();
    assertThat(owned(sent(membership.owns(Set.of(P0), now)))).containsExactly(P0);
  }

  /** What the consumer says may be older than what it is about to be told. */
  @Test
  void S36_keepsWhatWasAssignedWhileTheConsumerSpokeOfBefore() {
    member(P0);
    told(1, state(6, P0, P1), now);
    assertThat(membership.owns(Set.of(P0), now)).as("no news").isEmpty();
    assertThat(owned(opened(reopened()))).containsExactlyInAnyOrder(P0, P1);
  }

  /** The coordinator keeps a join's old partitions as its own until it hears what it owns. */
  @Test
  void saysThatItOwnsNothingWhenItsJoinIsAnsweredWithNothing() {
    membership.subscribe(ORDERS, now);
    HeartbeatRequest confirmed = sent(told(1, state(5, new TopicIdPartition[0]), now));
    assertThat(confirmed.getMemberEpoch()).isEqualTo(5);
    assertThat(owned(confirmed)).isEmpty();
  }

  /** What it gave and took away again while no answer came is released by what the member says. */
  @Test
  void saysWhatItOwnsUnderEachEpoch() {
    member(P0);
    opened(reopened());
    HeartbeatRequest confirmed = sent(told(2, state(6, P0), now));
    assertThat(confirmed.getMemberEpoch()).isEqualTo(6);
    assertThat(owned(confirmed)).containsExactly(P0);
  }

  @Test
  void comesBackWithItsEpochAndAllThatItHasWhenAnAnswerIsLost() {
    member(P0);
    assertThat(membership.ended(1, error(ErrorCode.UNAVAILABLE), now)).isEmpty();
    HeartbeatRequest first = opened(tickWhenDue());
    assertThat(first.getMemberEpoch()).isEqualTo(5);
    assertThat(owned(first)).containsExactly(P0);
    assertThat(first.getSubscription()).isEqualTo(ORDERS);
    List<MemberAction> actions = told(2, state(7, P0), now);
    assertThat(actions).as("kept: the consumer is not told").hasSize(1);
    assertThat(sent(actions).getMemberEpoch()).isEqualTo(7);
  }

  @Test
  void joinsAgainUnderItsIdWhenTheAnswerToTheJoinIsLost() {
    String id = opened(membership.subscribe(ORDERS, now)).getMemberId();
    membership.ended(1, error(ErrorCode.REQUEST_TIMED_OUT), now);
    HeartbeatRequest again = opened(tickWhenDue());
    assertThat(again.getMemberEpoch()).isZero();
    assertThat(again.getMemberId()).isEqualTo(id);
  }

  @ParameterizedTest
  @EnumSource(
      value = ErrorCode.class,
      names = {
        "NOT_COORDINATOR",
        "COORDINATOR_LOADING",
        "COORDINATOR_NOT_AVAILABLE",
        "UNAVAILABLE",
        "UNRELEASED_INSTANCE_ID",
        "INTERNAL"
      })
  void keepsItsPartitionsWhileTheCoordinatorMoves(ErrorCode why) {
    member(P0);
    long stream = 1;
    for (int i = 0; i < 20; i++) {
      assertThat(membership.ended(stream, error(why), now)).isEmpty();
      assertThat(opened(tickWhenDue()).getMemberEpoch()).isEqualTo(5);
      stream++;
    }
    assertThat(membership.identity().epoch()).isEqualTo(5);
  }

  @Test
  void leavesACoordinatorThatSaysNothing() {
    member(P0);
    told(1, state(5), now);
    sent(tickWhenDue());
    long asked = now;
    assertThat(membership.nextTickMs(POLLING)).isEqualTo(asked + INTERVAL_MS);
    sent(tickWhenDue());
    List<MemberAction> actions = tickWhenDue();
    assertThat(now - asked).isEqualTo(GroupMembership.ANSWER_PATIENCE_MS);
    assertThat(actions).containsExactly(new MemberAction.Abandon());
    assertThat(opened(tickWhenDue()).getMemberEpoch()).isEqualTo(5);
    assertThat(told(1, state(9, P1), now)).as("of the stream that was left").isEmpty();
  }

  /** S36: the coordinator gives them to others then, whether the member hears of it or not. */
  @Test
  void S36_losesItsPartitionsWhenNoHeartbeatOfASessionWasAnswered() {
    member(P0);
    told(1, state(5), now);
    sent(tickWhenDue());
    long answered = now;
    told(1, state(5), now);
    membership.ended(1, error(ErrorCode.UNAVAILABLE), now);
    List<MemberAction> actions = List.of();
    for (long stream = 2; !isLoss(actions); stream++) {
      assertThat(now).isLessThan(answered + SESSION_MS);
      membership.ended(stream, error(ErrorCode.UNAVAILABLE), now);
      actions = tickWhenDue();
    }
    assertThat(now).isEqualTo(answered + SESSION_MS);
    assertThat(membership.nextTickMs(POLLING)).isEqualTo(Long.MAX_VALUE);
    assertThat(membership.identity().epoch()).isZero();
    assertThat(opened(membership.dropped(now)).getMemberEpoch()).isZero();
  }

  private static boolean isLoss(List<MemberAction> actions) {
    return actions.stream().anyMatch(MemberAction.Lose.class::isInstance);
  }

  /** What is pushed does not show that the coordinator hears the member. */
  @Test
  void S36_doesNotTakeWhatIsPushedForAnAnswer() {
    membership.subscribe(ORDERS, now);
    long joined = now;
    membership.told(1, 1, state(5, P0), now);
    List<MemberAction> actions = List.of();
    while (!isLoss(actions)) {
      assertThat(now).isLessThan(joined + SESSION_MS);
      actions = tickWhenDue();
      membership.told(1, 1, state(5), now);
    }
    assertThat(now).isEqualTo(joined + SESSION_MS);
  }

  @Test
  void doesNotGoBackToAnEpochThatANewerOneHasOvertaken() {
    member(P0);
    told(1, state(7, P0, P1), now);
    assertThat(told(1, state(6, P0), now)).isEmpty();
    assertThat(membership.identity().epoch()).isEqualTo(7);
  }

  @ParameterizedTest
  @EnumSource(
      value = ErrorCode.class,
      names = {"UNKNOWN_MEMBER_ID", "FENCED_MEMBER_EPOCH", "STALE_MEMBER_EPOCH"})
  void losesItsPartitionsWhenFencedAndJoinsOnceTheyAreDropped(ErrorCode why) {
    member(P0);
    assertThat(membership.ended(1, error(why), now))
        .singleElement()
        .isInstanceOf(MemberAction.Lose.class);
    assertThat(membership.identity().epoch()).isZero();
    assertThat(membership.identity().incarnation()).isEqualTo(2);
    assertThat(membership.nextTickMs(POLLING)).isEqualTo(Long.MAX_VALUE);
    assertThat(membership.owns(Set.of(P0), now)).isEmpty();
    HeartbeatRequest again = opened(membership.dropped(now));
    assertThat(again.getMemberEpoch()).isZero();
    assertThat(owned(again)).isEmpty();
    assertThat(told(2, state(1, P0), now)).contains(assign(2, P0));
  }

  @Test
  void joinsAgainWhenAJoiningMemberIsUnknown() {
    membership.subscribe(ORDERS, now);
    assertThat(membership.ended(1, error(ErrorCode.UNKNOWN_MEMBER_ID), now)).isEmpty();
    assertThat(opened(tickWhenDue()).getMemberEpoch()).isZero();
  }

  @Test
  void doesNotBelieveAStreamThatIsOver() {
    member(P0);
    membership.ended(1, error(ErrorCode.NOT_COORDINATOR), now);
    assertThat(told(1, state(9, P1), now)).isEmpty();
    opened(tickWhenDue());
    assertThat(told(1, state(9, P1), now)).isEmpty();
    assertThat(membership.ended(1, error(ErrorCode.FENCED_MEMBER_EPOCH), now)).isEmpty();
    assertThat(membership.identity().epoch()).isEqualTo(5);
  }

  @Test
  void leavesWhenItsConsumerDoesNotPollAndComesBackAsAnotherOne() {
    member(P0);
    told(1, state(5), now);
    long idle = now;
    long due = idle + GroupConfig.of("g").maxPollInterval().toMillis();
    while (membership.nextTickMs(idle) < due) {
      now = membership.nextTickMs(idle);
      assertThat(membership.tick(now, idle)).singleElement().isInstanceOf(MemberAction.Send.class);
      told(1, state(5), now);
    }
    now = due;
    List<MemberAction> actions = membership.tick(now, idle);
    assertThat(actions).hasSize(2);
    MemberAction.Leave leave = (MemberAction.Leave) actions.get(0);
    assertThat(leave.leave().getMemberEpoch()).isEqualTo(5);
    assertThat(actions.get(1)).isInstanceOf(MemberAction.Lose.class);
    assertThat(membership.nextTickMs(idle)).isEqualTo(Long.MAX_VALUE);
    assertThat(opened(membership.dropped(now)).getMemberId())
        .as("a late leave is not to mean this one")
        .isNotEqualTo(leave.leave().getMemberId());
  }

  @ParameterizedTest
  @EnumSource(
      value = ErrorCode.class,
      names = {"INVALID_REGULAR_EXPRESSION", "UNSUPPORTED_ASSIGNOR", "INVALID_GROUP_ID"})
  void stopsAtARefusalForGoodUntilItIsSubscribedAnew(ErrorCode why) {
    membership.subscribe(ORDERS, now);
    assertThat(membership.ended(1, error(why), now))
        .singleElement()
        .isInstanceOf(MemberAction.Fail.class);
    assertThat(membership.nextTickMs(POLLING)).isEqualTo(Long.MAX_VALUE);
    opened(membership.subscribe(ORDERS, now));
  }

  /** Which of two subscriptions is refused is known only once the newer one was sent by itself. */
  @Test
  void asksForTheNewerSubscriptionByItselfWhenAnOlderOneMayBeRefused() {
    Subscription bad = Subscription.newBuilder().setTopicRegex("(").build();
    MillraceException refusal = error(ErrorCode.INVALID_REGULAR_EXPRESSION);
    membership.subscribe(bad, now);
    assertThat(membership.subscribe(ORDERS, now)).as("while it joins").isEmpty();
    assertThat(membership.ended(1, refusal, now)).isEmpty();
    assertThat(opened(tickWhenDue()).getSubscription()).isEqualTo(ORDERS);

    told(2, state(5, P0), now);
    sent(membership.subscribe(bad, now));
    sent(membership.subscribe(ORDERS.toBuilder().addTopics("payments").build(), now));
    assertThat(membership.ended(2, refusal, now)).as("as a member").isEmpty();
    assertThat(opened(tickWhenDue()).getSubscription().getTopicsList()).contains("payments");

    assertThat(told(3, state(5, P0), now)).isEmpty();
    sent(membership.subscribe(bad, now));
    assertThat(membership.ended(3, refusal, now)).as("it may be the one before").isEmpty();
    assertThat(opened(tickWhenDue()).getSubscription()).isEqualTo(bad);
    assertThat(membership.ended(4, refusal, now))
        .hasAtLeastOneElementOfType(MemberAction.Fail.class);
  }

  /** S39: whoever was replaced under its instance id does not fight for it. */
  @Test
  void S39_losesItsPartitionsForGoodToAnotherOneWithItsInstanceId() {
    member(P0);
    List<MemberAction> actions = membership.ended(1, error(ErrorCode.FENCED_INSTANCE_ID), now);
    assertThat(actions).hasSize(2);
    assertThat(actions.get(0)).isInstanceOf(MemberAction.Lose.class);
    assertThat(actions.get(1)).isInstanceOf(MemberAction.Fail.class);
    assertThat(membership.dropped(now)).isEmpty();
  }

  @Test
  void reportsTroubleThatLastsAndGoesOnTrying() {
    membership.subscribe(ORDERS, now);
    long begin = now;
    long stream = 1;
    List<MemberAction> told = List.of();
    while (told.isEmpty()) {
      told = membership.ended(stream++, error(ErrorCode.COORDINATOR_NOT_AVAILABLE), now);
      opened(tickWhenDue());
    }
    assertThat(told).singleElement().isInstanceOf(MemberAction.Report.class);
    assertThat(now - begin).isBetween(30_000L, 31_000L);
  }

  @Test
  void tellsANewSubscriptionAtOnce() {
    member(P0);
    Subscription both = ORDERS.toBuilder().addTopics("payments").build();
    assertThat(sent(membership.subscribe(both, now)).getSubscription()).isEqualTo(both);
    assertThat(told(1, state(5), now)).isEmpty();
  }

  @Test
  void tellsASubscriptionThatChangedWhileItJoinedWithTheAnswer() {
    membership.subscribe(ORDERS, now);
    Subscription both = ORDERS.toBuilder().addTopics("payments").build();
    assertThat(membership.subscribe(both, now)).isEmpty();
    assertThat(sent(told(1, state(1, P0), now)).getSubscription()).isEqualTo(both);
  }

  @Test
  void leavesForGoodOrAsAStaticMemberForAWhile() {
    member(P0);
    MemberAction.Leave leave = (MemberAction.Leave) membership.leave().get(0);
    assertThat(leave.leave().getKeepStatic()).isFalse();
    assertThat(told(1, state(6, P1), now)).isEmpty();
    assertThat(membership.leave()).isEmpty();

    membership = membership(GroupConfig.builder("g").instanceId("i").build());
    member(P0);
    leave = (MemberAction.Leave) membership.leave().get(0);
    assertThat(leave.leave().getKeepStatic()).isTrue();
  }
}
