package io.millrace.broker.group.core;

import static io.millrace.broker.group.core.TestCoordinator.GROUP;
import static io.millrace.broker.group.core.TestCoordinator.ORDERS;
import static io.millrace.broker.group.core.TestCoordinator.beat;
import static io.millrace.broker.group.core.TestCoordinator.commitOf;
import static io.millrace.broker.group.core.TestCoordinator.join;
import static io.millrace.broker.group.core.TestCoordinator.joinAs;
import static io.millrace.broker.group.core.TestCoordinator.matching;
import static io.millrace.broker.group.core.TestCoordinator.on;
import static io.millrace.broker.group.core.TestCoordinator.orders;
import static io.millrace.broker.group.core.TestCoordinator.quiet;
import static io.millrace.broker.group.core.TestCoordinator.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.group.core.GroupAnswer.Description;
import io.millrace.broker.group.core.GroupAnswer.Done;
import io.millrace.broker.group.core.GroupAnswer.GroupState;
import io.millrace.broker.group.core.GroupAnswer.Groups;
import io.millrace.broker.group.core.GroupAnswer.MemberState;
import io.millrace.broker.group.core.GroupAnswer.Offsets;
import io.millrace.broker.group.core.GroupAnswer.PartitionResults;
import io.millrace.broker.group.core.GroupCommand.DeleteGroup;
import io.millrace.broker.group.core.GroupCommand.DeleteOffsets;
import io.millrace.broker.group.core.GroupCommand.Leave;
import io.millrace.broker.group.core.GroupQuery.GetGroup;
import io.millrace.broker.group.core.GroupQuery.GetOffsets;
import io.millrace.broker.group.core.GroupQuery.ListGroups;
import io.millrace.broker.group.core.TestCoordinator.Stream;
import io.millrace.broker.group.core.TestCoordinator.Token;
import io.millrace.broker.group.core.TopicsView.Topic;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class CoordinatorCoreTest {
  private static final UUID BILLS = new UUID(2, 2);

  private final TestCoordinator coordinator = new TestCoordinator();

  private Description group() {
    return (Description) coordinator.ask(new GetGroup(GROUP));
  }

  private Optional<Long> committed(int partition) {
    Offsets offsets =
        (Offsets) coordinator.ask(new GetOffsets(GROUP, Optional.of(List.of(orders(partition)))));
    return offsets.offsets().get(0).committed().map(CommittedOffset::offset);
  }

  private <E extends CoordinatorEffect> List<E> effects(Class<E> kind) {
    return coordinator.effects.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  // ---- appends

  @Test
  void nothingIsAnsweredBeforeItIsCommitted() {
    coordinator.commitsAtOnce = false;
    Token join = coordinator.submit(join("m"));
    assertThat(coordinator.answer(join)).isEmpty();
    assertThat(refusal(coordinator.ask(new GetGroup(GROUP)))).isEqualTo(ErrorCode.UNKNOWN_GROUP);
    coordinator.commit();
    assertThat(coordinator.answer(join))
        .get()
        .isInstanceOfSatisfying(
            MemberState.class, state -> assertThat(state.assigned().orElseThrow()).hasSize(4));
  }

  @Test
  void thousandMembersThatJoinTogetherAreOneAppendAndOneAssignment() {
    coordinator.commitsAtOnce = false;
    coordinator.submit(join("first"));
    List<Token> joins = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      joins.add(coordinator.submit(join("m" + i)));
    }
    coordinator.commit();
    coordinator.commit();
    assertThat(coordinator.appends).hasSize(2);
    assertThat(joins).allSatisfy(join -> assertThat(coordinator.answer(join)).isPresent());
    assertThat(group().groupEpoch()).isEqualTo(2);
    assertThat(group().assignmentEpoch()).isEqualTo(2);
  }

  @Test
  void failedAppendIsAsIfItNeverWas() {
    coordinator.joined("m");
    coordinator.commitsAtOnce = false;
    Token failed = coordinator.submit(join("other"));
    Token next = coordinator.submit(join("third"));
    coordinator.fail(false);
    assertThat(coordinator.answer(failed).map(TestCoordinator::refusal))
        .contains(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    coordinator.commit();
    assertThat(coordinator.answer(next)).get().isInstanceOf(MemberState.class);
    assertThat(group().members()).extracting("memberId").containsExactly("m", "third");
  }

  @Test
  void appendThatMayBeWrittenIsFoundOutByLoadingAgain() {
    coordinator.commitsAtOnce = false;
    Token join = coordinator.submit(join("m"));
    coordinator.fail(true);
    assertThat(coordinator.answer(join).map(TestCoordinator::refusal))
        .contains(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    assertThat(effects(CoordinatorEffect.Reload.class)).hasSize(1);
    assertThat(refusal(coordinator.run(join("m")))).isEqualTo(ErrorCode.COORDINATOR_LOADING);
    coordinator.tell(new CoordinatorEvent.Loaded(coordinator.appends.get(0).records()));
    coordinator.tell(new CoordinatorEvent.LoadEnded());
    assertThat(group().members()).extracting("memberId").containsExactly("m");
  }

  @Test
  void whatWasLoadedBeforeTheLoadBeganAnewIsForgotten() {
    coordinator.commitsAtOnce = false;
    coordinator.submit(join("m"));
    coordinator.fail(true);
    coordinator.tell(new CoordinatorEvent.Loaded(coordinator.appends.get(0).records()));
    coordinator.tell(new CoordinatorEvent.LoadRestarted());
    coordinator.tell(new CoordinatorEvent.LoadEnded());
    assertThat(coordinator.core.image()).isEqualTo(GroupsImage.EMPTY);
  }

  @Test
  void recordOfTheFutureIsNotPassedOver() {
    CoordinatorCore core = TestCoordinator.newCore(GroupSettings.DEFAULTS);
    List<CoordinatorEffect> effects = new ArrayList<>();
    EncodedRecord unknown = new EncodedRecord(new byte[] {0, 99, 0, 0, 0, 0}, null);
    core.on(new CoordinatorEvent.Loaded(List.of(unknown)), new Now(0, 0), effects);
    assertThat(effects)
        .singleElement()
        .isInstanceOfSatisfying(
            CoordinatorEffect.LoadFailed.class,
            failure -> assertThat(failure.error().message()).contains("a newer version"));
  }

  @Test
  void whoResignsAnswersAllThatWaits() {
    coordinator.commitsAtOnce = false;
    Token first = coordinator.submit(join("m"));
    Token second = coordinator.submit(join("n"));
    MillraceError gone = new MillraceError(ErrorCode.NOT_COORDINATOR, "moved");
    coordinator.tell(new CoordinatorEvent.Resigned(gone));
    coordinator.tell(new CoordinatorEvent.Committed(1));
    for (Token token : List.of(first, second, coordinator.submit(join("o")))) {
      assertThat(coordinator.answer(token).map(TestCoordinator::refusal))
          .contains(ErrorCode.NOT_COORDINATOR);
    }
  }

  // ---- members

  @Test
  void partitionGoesToItsNewOwnerOnlyAfterTheOldOneGaveItUp() {
    MemberState one = coordinator.joined("one");
    MemberState two = coordinator.state(join("two"));
    assertThat(two.assigned().orElseThrow()).isEmpty();
    MemberState left = coordinator.state(beat("one", one.memberEpoch(), one.assigned().get()));
    assertThat(left.memberEpoch()).isEqualTo(one.memberEpoch());
    assertThat(left.assigned().orElseThrow()).hasSize(2);
    assertThat(group().state()).isEqualTo(GroupState.RECONCILING);
    MemberState waits = coordinator.state(beat("two", two.memberEpoch(), List.of()));
    assertThat(waits.assigned()).isEmpty();
    assertThat(coordinator.state(beat("one", one.memberEpoch(), left.assigned().get())).assigned())
        .isEmpty();
    MemberState gained = coordinator.state(beat("two", two.memberEpoch(), List.of()));
    assertThat(gained.memberEpoch()).isGreaterThan(two.memberEpoch());
    assertThat(gained.assigned().orElseThrow()).hasSize(2);
    assertThat(group().state()).isEqualTo(GroupState.STABLE);
  }

  @Test
  void memberOnAStreamHearsOfItsStateAtOnce() {
    Stream stream = new Stream();
    MemberState one = coordinator.joined("one");
    coordinator.run(on(stream, beat("one", one.memberEpoch(), one.assigned().get())));
    coordinator.run(join("two"));
    assertThat(effects(CoordinatorEffect.Push.class))
        .singleElement()
        .satisfies(
            push -> {
              assertThat(push.stream()).isSameAs(stream);
              assertThat(push.state().assigned().orElseThrow()).hasSize(2);
            });
    coordinator.run(new Leave(GROUP, "one", one.memberEpoch(), false));
    assertThat(effects(CoordinatorEffect.EndStream.class))
        .singleElement()
        .satisfies(end -> assertThat(end.stream()).isSameAs(stream));
  }

  @Test
  void memberThatIsSilentForItsSessionIsPutOut() {
    coordinator.joined("m");
    coordinator.passTime(44_900);
    assertThat(group().members()).hasSize(1);
    coordinator.passTime(200);
    assertThat(refusal(coordinator.run(beat("m", 1, List.of()))))
        .isEqualTo(ErrorCode.UNKNOWN_MEMBER_ID);
  }

  @Test
  void sessionsAreFullAgainAfterAFailover() {
    coordinator.joined("m");
    coordinator.passTime(40_000);
    coordinator.failOver();
    coordinator.passTime(44_900);
    assertThat(group().members()).hasSize(1);
    coordinator.passTime(200);
    assertThat(refusal(coordinator.ask(new GetGroup(GROUP)))).isEqualTo(ErrorCode.UNKNOWN_GROUP);
  }

  @Test
  void lateTickIsNotTheMembersFault() {
    coordinator.joined("m");
    coordinator.nowMs += 100_000;
    coordinator.tell(new CoordinatorEvent.Tick());
    assertThat(group().members()).hasSize(1);
  }

  @Test
  void slowMemberIsPutOutWhenItMustHaveKnown() {
    MemberState one = coordinator.joined("one");
    MemberState two = coordinator.joined("two");
    for (int i = 0; i < 344; i++) {
      coordinator.passTime(1_000);
      coordinator.run(beat("one", one.memberEpoch(), one.assigned().get()));
      coordinator.run(beat("two", two.memberEpoch(), List.of()));
    }
    assertThat(group().members()).hasSize(2);
    coordinator.passTime(2_000);
    assertThat(group().members()).extracting("memberId").containsExactly("two");
  }

  @Test
  void slowMemberHasTimeAnewForWhatItIsToGiveUpBesides() {
    MemberState one = coordinator.joined("one");
    MemberState two = coordinator.joined("two");
    Optional<MemberState> three = Optional.empty();
    for (int second = 0; second < 644; second++) {
      coordinator.passTime(1_000);
      coordinator.run(beat("one", one.memberEpoch(), one.assigned().orElseThrow()));
      coordinator.run(beat("two", two.memberEpoch(), List.of()));
      if (second == 300) {
        three = Optional.of(coordinator.joined("three"));
        assertThat(group().members().get(0).revoking()).hasSize(3);
      }
      three.ifPresent(state -> coordinator.run(beat("three", state.memberEpoch(), List.of())));
    }
    assertThat(group().members()).extracting("memberId").containsExactly("one", "three", "two");
    coordinator.passTime(4_000);
    assertThat(group().members()).extracting("memberId").doesNotContain("one");
  }

  @Test
  void staticMemberThatComesBackHasItsPartitionsAgain() {
    MemberState before = coordinator.state(joinAs("m1", "static"));
    assertThat(refusal(coordinator.run(joinAs("m2", "static"))))
        .isEqualTo(ErrorCode.UNRELEASED_INSTANCE_ID);
    assertThat(coordinator.run(new Leave(GROUP, "m1", before.memberEpoch(), true)))
        .isEqualTo(new Done());
    coordinator.joined("other");
    MemberState after = coordinator.state(joinAs("m2", "static"));
    assertThat(after.assigned().orElseThrow()).hasSize(2);
    assertThat(before.assigned().get()).containsAll(after.assigned().get());
    assertThat(refusal(coordinator.run(withInstance(beat("m1", 1, List.of()), "static"))))
        .isEqualTo(ErrorCode.FENCED_INSTANCE_ID);
  }

  private static GroupCommand withInstance(GroupCommand.Heartbeat beat, String instance) {
    return new GroupCommand.Heartbeat(
        beat.groupId(),
        beat.memberId(),
        beat.memberEpoch(),
        TestCoordinator.profile(instance),
        beat.subscription(),
        beat.assignor(),
        beat.owned(),
        beat.stream());
  }

  @Test
  void staticMemberThatComesBackForAnotherTopicHoldsUpNobody() {
    coordinator.topicsAre(coordinator.topics.with(new Topic(BILLS, "bills", 3)), "bills");
    MemberState before = coordinator.state(joinAs("m", "static"));
    coordinator.run(new Leave(GROUP, "m", before.memberEpoch(), true));
    MemberState after = coordinator.state(joinAs("m", "static", "bills"));
    assertThat(after.assigned().orElseThrow()).isEmpty();
    assertThat(group().members().get(0).revoking()).isEmpty();
    MemberState given = coordinator.state(quiet("m", after.memberEpoch()));
    assertThat(given.assigned().orElseThrow()).hasSize(3);
    assertThat(group().state()).isEqualTo(GroupState.STABLE);
  }

  @Test
  void memberThatCameBackAndWasToldOfItsPartitionsGivesThemUpItself() {
    MemberState before = coordinator.state(joinAs("m", "static"));
    coordinator.run(new Leave(GROUP, "m", before.memberEpoch(), true));
    assertThat(coordinator.state(joinAs("m", "static")).assigned().orElseThrow()).hasSize(4);
    coordinator.joined("other");
    assertThat(group().members().get(0).revoking()).hasSize(2);
  }

  @Test
  void whatAMemberThatIsAwayLosesIsGivenToOthersAtOnce() {
    MemberState before = coordinator.state(joinAs("m", "static"));
    coordinator.run(new Leave(GROUP, "m", before.memberEpoch(), true));
    assertThat(coordinator.state(join("a")).assigned().orElseThrow()).hasSize(2);
  }

  @Test
  void staticMemberThatStaysAwayLosesItsPlace() {
    MemberState state = coordinator.state(joinAs("m", "static"));
    coordinator.run(new Leave(GROUP, "m", state.memberEpoch(), true));
    coordinator.passTime(44_900);
    assertThat(group().members()).hasSize(1);
    coordinator.passTime(200);
    assertThat(refusal(coordinator.ask(new GetGroup(GROUP)))).isEqualTo(ErrorCode.UNKNOWN_GROUP);
  }

  @Test
  void wrongHeartbeatsAreRefusedWithWhatWasExpected() {
    MemberState one = coordinator.joined("one");
    assertThat(refusal(coordinator.run(beat("one", 17, List.of()))))
        .isEqualTo(ErrorCode.FENCED_MEMBER_EPOCH);
    assertThat(refusal(coordinator.run(beat("stranger", 1, List.of()))))
        .isEqualTo(ErrorCode.UNKNOWN_MEMBER_ID);
    assertThat(refusal(coordinator.run(join("with space")))).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(refusal(coordinator.run(new Leave("bad\u0000id", "m", 0, false))))
        .isEqualTo(ErrorCode.INVALID_GROUP_ID);
    assertThat(refusal(coordinator.run(new Leave(GROUP, "one", 17, false))))
        .isEqualTo(ErrorCode.FENCED_MEMBER_EPOCH);
    assertThat(group().members()).hasSize(1);
    assertThat(one.assigned().orElseThrow()).hasSize(4);
  }

  @Test
  void groupTakesNoMoreThanItsMaximum() {
    TestCoordinator small =
        new TestCoordinator(new GroupSettings(45_000, 6_000, 60_000, 5_000, 1, 1_000, 10));
    small.joined("one");
    assertThat(refusal(small.run(join("two")))).isEqualTo(ErrorCode.GROUP_FULL);
    assertThat(small.run(join("one"))).isInstanceOf(MemberState.class);
  }

  @Test
  void topicThatGrowsIsSharedAgain() {
    coordinator.joined("m");
    Topic larger = new Topic(ORDERS, "orders", 6);
    coordinator.topicsAre(coordinator.topics.with(larger), "orders");
    assertThat(group().members().get(0).assigned()).hasSize(6);
    assertThat(group().groupEpoch()).isEqualTo(2);
    coordinator.topicsAre(coordinator.topics.with(new Topic(new UUID(1, 2), "x", 1)), "x");
    assertThat(group().groupEpoch()).isEqualTo(2);
  }

  @Test
  void expressionsOfWhoIsRefusedAreNotKept() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(refusal(coordinator.run(matching("stranger", 1, "x" + i))))
          .isEqualTo(ErrorCode.UNKNOWN_MEMBER_ID);
    }
    assertThat(refusal(coordinator.run(matching("stranger", 1, "("))))
        .isEqualTo(ErrorCode.INVALID_REGULAR_EXPRESSION);
    assertThat(coordinator.parts.matches.expressionCount()).isZero();
  }

  @Test
  void expressionsThatNobodyUsesAnyMoreAreForgottenInTime() {
    int epoch = coordinator.state(matching("m", 0, "o.*")).memberEpoch();
    for (int i = 0; i < 1_000; i++) {
      epoch = coordinator.state(matching("m", epoch, "x" + i + "|o.*")).memberEpoch();
    }
    assertThat(coordinator.parts.matches.expressionCount()).isLessThan(100);
    assertThat(group().members().get(0).assigned()).hasSize(4);
  }

  // ---- offsets

  @Test
  void commitsAreFencedByTheEpochInWhichThePartitionWasGiven() {
    MemberState one = coordinator.joined("one");
    assertThat(errors(coordinator.run(commitOf("one", one.memberEpoch(), orders(0), 5)))).isEmpty();
    assertThat(refusal(coordinator.run(commitOf("one", 99, orders(0), 6))))
        .isEqualTo(ErrorCode.STALE_MEMBER_EPOCH);
    assertThat(errors(coordinator.run(commitOf("one", 0, orders(0), 6))))
        .containsExactly(ErrorCode.STALE_MEMBER_EPOCH);
    assertThat(refusal(coordinator.run(commitOf("other", 1, orders(0), 6))))
        .isEqualTo(ErrorCode.UNKNOWN_MEMBER_ID);
    assertThat(refusal(coordinator.run(commitOf("", 0, orders(0), 6))))
        .isEqualTo(ErrorCode.UNKNOWN_MEMBER_ID);
    assertThat(committed(0)).contains(5L);
  }

  private static List<ErrorCode> errors(GroupAnswer answer) {
    return ((PartitionResults) answer)
        .results().stream()
            .flatMap(result -> result.error().stream())
            .map(MillraceError::code)
            .toList();
  }

  @Test
  void outsiderCommitsWhileThereAreNoMembers() {
    assertThat(errors(coordinator.run(commitOf("", 0, orders(1), 7)))).isEmpty();
    assertThat(errors(coordinator.run(commitOf("", 0, orders(4), 7))))
        .containsExactly(ErrorCode.UNKNOWN_PARTITION);
    assertThat(errors(coordinator.run(commitOf("", 0, orders(1), -1))))
        .containsExactly(ErrorCode.INVALID_REQUEST);
    coordinator.failOver();
    assertThat(committed(1)).contains(7L);
    assertThat(group().state()).isEqualTo(GroupState.EMPTY);
  }

  @Test
  void offsetsExpireAfterTheGroupBecameEmptyAndNotBefore() {
    long weekMs = GroupSettings.DEFAULTS.offsetsRetentionMs();
    MemberState state = coordinator.joined("m");
    coordinator.run(commitOf("m", state.memberEpoch(), orders(0), 5));
    coordinator.nowMs += 2 * weekMs;
    coordinator.failOver();
    assertThat(committed(0)).contains(5L);
    coordinator.run(new Leave(GROUP, "m", state.memberEpoch(), false));
    coordinator.nowMs += weekMs - 1;
    coordinator.failOver();
    assertThat(committed(0)).contains(5L);
    coordinator.nowMs += 1;
    coordinator.failOver();
    assertThat(committed(0)).isEmpty();
    assertThat(coordinator.core.image()).isEqualTo(GroupsImage.EMPTY);
  }

  @Test
  void offsetsOfDeletedTopicsGo() {
    coordinator.run(commitOf("", 0, orders(1), 7));
    coordinator.topicsAre(coordinator.topics.without("orders"), "orders");
    assertThat(committed(1)).isEmpty();
  }

  @Test
  void offsetsAreDeletedOnlyWhereNobodyReads() {
    coordinator.run(commitOf("", 0, orders(1), 7));
    MemberState state = coordinator.joined("m");
    DeleteOffsets delete = new DeleteOffsets(GROUP, List.of(orders(1)));
    assertThat(errors(coordinator.run(delete)))
        .containsExactly(ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC);
    assertThat(refusal(coordinator.run(new DeleteGroup(GROUP))))
        .isEqualTo(ErrorCode.GROUP_NOT_EMPTY);
    coordinator.run(new Leave(GROUP, "m", state.memberEpoch(), false));
    assertThat(errors(coordinator.run(delete))).isEmpty();
    assertThat(committed(1)).isEmpty();
  }

  @Test
  void groupIsDeletedWithItsOffsetsAndCanBeginAnewInTheSameAppend() {
    coordinator.run(commitOf("", 0, orders(1), 7));
    MemberState state = coordinator.joined("m");
    coordinator.commitsAtOnce = false;
    coordinator.submit(join("other"));
    coordinator.submit(new Leave(GROUP, "m", state.memberEpoch(), false));
    coordinator.submit(new Leave(GROUP, "other", 2, false));
    coordinator.submit(new DeleteGroup(GROUP));
    Token again = coordinator.submit(join("third"));
    coordinator.commit();
    coordinator.commit();
    assertThat(coordinator.answer(again))
        .get()
        .isInstanceOfSatisfying(
            MemberState.class, joined -> assertThat(joined.assigned().orElseThrow()).hasSize(4));
    assertThat(committed(1)).isEmpty();
  }

  @Test
  void groupsAreListedByNameInPages() {
    for (String name : List.of("b", "a", "c")) {
      coordinator.run(
          new GroupCommand.CommitOffsets(
              name, "", 0, List.of(new GroupCommand.OffsetToCommit(orders(0), 1, -1, ""))));
    }
    Groups first = (Groups) coordinator.ask(new ListGroups("", 2));
    assertThat(first.groups()).extracting("groupId").containsExactly("a", "b");
    assertThat(first.more()).isTrue();
    Groups second = (Groups) coordinator.ask(new ListGroups("b", 2));
    assertThat(second.groups()).extracting("groupId").containsExactly("c");
    assertThat(second.more()).isFalse();
  }
}
