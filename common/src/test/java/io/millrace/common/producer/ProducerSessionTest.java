package io.millrace.common.producer;

import static io.millrace.common.ErrorCode.BATCH_TOO_LARGE;
import static io.millrace.common.ErrorCode.DUPLICATE_SEQUENCE;
import static io.millrace.common.ErrorCode.INVALID_PRODUCER_EPOCH;
import static io.millrace.common.ErrorCode.NOT_LEADER;
import static io.millrace.common.ErrorCode.OUTCOME_UNKNOWN;
import static io.millrace.common.ErrorCode.OUT_OF_ORDER_SEQUENCE;
import static io.millrace.common.ErrorCode.PREVIOUS_FRAME_FAILED;
import static io.millrace.common.ErrorCode.REQUEST_TIMED_OUT;
import static io.millrace.common.ErrorCode.THROTTLED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.producer.BatchOutcome.Acknowledged;
import io.millrace.common.producer.BatchOutcome.Failed;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProducerSessionTest {
  private static final int WINDOW = 3;
  private static final long DELIVERY_MS = 10_000;
  private static final long ANSWER_MS = 2_000;

  private static ProducerSettings settings(Acks acks) {
    return new ProducerSettings(acks, WINDOW, DELIVERY_MS, ANSWER_MS, 100, 1_000);
  }

  private static ScriptedOwner idempotent() {
    return new ScriptedOwner(settings(Acks.ALL), Optional.of(ScriptedOwner.IDENTITY), 0);
  }

  private static ScriptedOwner plain(Acks acks) {
    return new ScriptedOwner(settings(acks), Optional.empty(), 0);
  }

  /** An owner that has sent a, b and c and seen none answered. */
  private static ScriptedOwner withThreeInFlight() {
    ScriptedOwner owner = idempotent();
    owner.open();
    owner.offer("a", "b", "c");
    assertThat(owner.takeEffects()).containsExactly("send a@0:0", "send b@0:10", "send c@0:20");
    return owner;
  }

  @Test
  void sendsNothingWithoutAStreamAndEverythingInOrderOnceThereIsOne() {
    ScriptedOwner owner = idempotent();
    owner.offer("a", "b");
    assertThat(owner.takeEffects()).isEmpty();

    owner.open();

    assertThat(owner.takeEffects()).containsExactly("send a@0:0", "send b@0:10");
  }

  @Test
  void S28_keepsTheWindowFromTheOldestUnansweredBatchToTheNewest() {
    ScriptedOwner owner = withThreeInFlight();
    owner.offer("d");

    owner.acknowledge("b", 110);
    assertThat(owner.takeEffects()).isEmpty();
    owner.acknowledge("a", 100);

    assertThat(owner.takeEffects()).containsExactly("send d@0:30");
    assertThat(owner.outcomes)
        .containsEntry("a", new Acknowledged(100, 109, -1))
        .containsEntry("b", new Acknowledged(110, 119, -1))
        .doesNotContainKey("c");
  }

  @Test
  void takesTheSmallerOfItsOwnWindowAndTheBrokers() {
    ScriptedOwner owner = idempotent();
    owner.offer("a", "b");

    owner.session.streamOpened(1, 1, false, owner.nowMs);

    assertThat(owner.takeEffects()).containsExactly("send a@0:0");
  }

  @Test
  void S28b_resumesAtTheRefusedBatchWhenAllAnswersAreInAndTheBackOffIsOver() {
    ScriptedOwner owner = withThreeInFlight();
    owner.acknowledge("a", 0);
    owner.refuse("b", THROTTLED);
    owner.offer("d");
    owner.nowMs += 1_000;
    owner.session.tick(owner.nowMs);
    assertThat(owner.takeEffects()).as("c is not answered yet").isEmpty();

    owner.refuse("c", PREVIOUS_FRAME_FAILED);
    assertThat(owner.takeEffects()).as("backing off").isEmpty();
    owner.waitForTimer();

    assertThat(owner.takeEffects())
        .containsExactly("resume 10", "send b@0:10", "send c@0:20", "send d@0:30");
  }

  /** The pause was for the leader that refused. */
  @Test
  void doesNotBackOffFromTheNextStream() {
    ScriptedOwner owner = withThreeInFlight();
    owner.refuse("a", NOT_LEADER);
    owner.refuse("b", PREVIOUS_FRAME_FAILED);
    owner.close();
    assertThat(owner.takeEffects()).isEmpty();

    owner.open();
    assertThat(owner.takeEffects()).containsExactly("send a@0:0", "send b@0:10", "send c@0:20");

    long before = owner.nowMs;
    owner.refuse("a", THROTTLED);
    owner.refuse("b", PREVIOUS_FRAME_FAILED);
    owner.refuse("c", PREVIOUS_FRAME_FAILED);
    owner.waitForTimer();
    assertThat(owner.takeEffects()).as("it would be over if it were the first").isEmpty();
    owner.waitForTimer();
    assertThat(owner.takeEffects()).contains("resume 0", "send a@0:0");
    assertThat(owner.nowMs - before).as("the second failure in a row").isEqualTo(200);
  }

  @Test
  void doesNotRepeatWhatWasAppendedBehindARefusedBatch() {
    ScriptedOwner owner = withThreeInFlight();
    owner.refuse("a", REQUEST_TIMED_OUT);
    owner.acknowledge("b", 110);
    owner.refuse("c", REQUEST_TIMED_OUT);
    owner.waitForTimer();

    assertThat(owner.takeEffects()).containsExactly("resume 0", "send a@0:0", "send c@0:20");
  }

  @Test
  void waitsLongerAfterEachFailureInARowUpToTheBound() {
    ScriptedOwner owner = idempotent();
    owner.open();
    owner.offer("a");
    long[] waits = new long[6];
    for (int i = 0; i < waits.length; i++) {
      long before = owner.nowMs;
      owner.refuse("a", THROTTLED);
      owner.waitForTimer();
      waits[i] = owner.nowMs - before;
    }
    assertThat(waits).containsExactly(100, 200, 400, 800, 1_000, 1_000);
  }

  @Test
  void S28_sendsTheSameSequencesAgainAfterALostStreamWithoutResume() {
    ScriptedOwner owner = withThreeInFlight();
    owner.acknowledge("a", 0);
    owner.close();
    owner.open();
    assertThat(owner.takeEffects()).containsExactly("send b@0:10", "send c@0:20");

    owner.answer("b", new FrameResult.Appended(55, 64, -1, true));

    assertThat(owner.outcomes).containsEntry("b", new Acknowledged(55, 64, -1));
  }

  @Test
  void ignoresAnswersAndTheEndOfAnOlderStream() {
    ScriptedOwner owner = withThreeInFlight();
    long old = owner.sendIds.get("a");
    owner.close();
    owner.open();
    owner.takeEffects();

    owner.session.answered(1, old, new FrameResult.Appended(0, 9, -1, false), owner.nowMs);
    owner.session.streamClosed(1, owner.nowMs);
    owner.session.answered(2, old, new FrameResult.Appended(0, 9, -1, false), owner.nowMs);

    assertThat(owner.outcomes).isEmpty();
    owner.acknowledge("a", 0);
    assertThat(owner.outcomes).containsOnlyKeys("a");
  }

  @Test
  void joinsAStreamAgainThatItHadLeftAndIgnoresTheAnswersOfTheFirstTime() {
    ScriptedOwner owner = withThreeInFlight();
    long first = owner.sendIds.get("a");
    owner.close();
    owner.open();
    owner.close();
    owner.takeEffects();

    owner.session.streamOpened(1, 64, false, owner.nowMs);
    owner.stream = 1;
    owner.session.answered(1, first, new FrameResult.Appended(0, 9, -1, false), owner.nowMs);

    assertThat(owner.takeEffects()).containsExactly("send a@0:0", "send b@0:10", "send c@0:20");
    assertThat(owner.outcomes).isEmpty();
    owner.acknowledge("a", 0);
    assertThat(owner.outcomes).containsOnlyKeys("a");
  }

  @Test
  void givesUpAStreamThatDoesNotAnswer() {
    ScriptedOwner owner = withThreeInFlight();
    owner.waitForTimer();

    assertThat(owner.takeEffects()).containsExactly("abandon");
    assertThat(owner.nowMs).isEqualTo(1000 + ANSWER_MS);
    owner.open();
    assertThat(owner.takeEffects()).containsExactly("send a@0:0", "send b@0:10", "send c@0:20");
  }

  @Test
  void aBatchThatWasNeverSentTimesOutWithoutAHole() {
    ScriptedOwner owner = idempotent();
    owner.offer("a");
    owner.nowMs += 10;
    owner.offer("b");
    owner.waitForTimer();
    owner.open();

    assertThat(((Failed) owner.outcomes.get("a")).maybeAppended()).isFalse();
    assertThat(owner.takeEffects()).containsExactly("send b@0:0");
  }

  @Test
  void aRefusedBatchThatTimesOutLeavesItsSequenceToTheNext() {
    ScriptedOwner owner = idempotent();
    owner.open();
    owner.offer("a");
    owner.nowMs += 500;
    owner.offer("b");
    while (!owner.outcomes.containsKey("a")) {
      owner.refuse("a", THROTTLED);
      owner.refuse("b", PREVIOUS_FRAME_FAILED);
      owner.takeEffects();
      owner.waitForTimer();
    }

    assertThat(((Failed) owner.outcomes.get("a")).maybeAppended()).isFalse();
    assertThat(owner.takeEffects()).containsExactly("resume 0", "send b@0:0");
  }

  @Test
  void aDoubtfulBatchThatTimesOutAsksForANewEpochAndTakesTheOtherDoubtfulOnesAlong() {
    ScriptedOwner owner = idempotent();
    owner.open();
    owner.offer("a");
    owner.nowMs += 500;
    owner.offer("b");
    owner.close();
    owner.offer("c");
    owner.takeEffects();
    while (!owner.outcomes.containsKey("a")) {
      owner.waitForTimer();
    }

    assertThat(owner.takeEffects()).containsExactly("identity OUTCOME_UNKNOWN");
    assertThat(failure(owner, "a").error().code()).isEqualTo(REQUEST_TIMED_OUT);
    assertThat(failure(owner, "b").error().code()).isEqualTo(OUTCOME_UNKNOWN);
    assertThat(failure(owner, "a").maybeAppended()).isTrue();
    assertThat(failure(owner, "b").maybeAppended()).isTrue();
    owner.open();
    assertThat(owner.takeEffects()).isEmpty();
    owner.session.identityGranted(new ProducerIdentity(7, 1), owner.nowMs);
    assertThat(owner.takeEffects()).containsExactly("resume 0", "send c@1:0");
  }

  @Test
  void aBatchThatCannotGetThroughLeavesItsSequenceToTheLaterOnes() {
    ScriptedOwner owner = withThreeInFlight();
    owner.acknowledge("a", 0);
    owner.refuse("b", BATCH_TOO_LARGE);
    owner.refuse("c", PREVIOUS_FRAME_FAILED);
    owner.offer("d");

    assertThat(failure(owner, "b").maybeAppended()).isFalse();
    assertThat(owner.takeEffects()).containsExactly("resume 10", "send c@0:10", "send d@0:20");
  }

  /** KIP-360: the log lost what it had acknowledged; nothing sent since is in doubt. */
  @Test
  void S28_startsANewEpochAtZeroWhenTheLogLostItsTailAndNothingIsInDoubt() {
    ScriptedOwner owner = withThreeInFlight();
    owner.acknowledge("a", 0);
    owner.refuse("b", OUT_OF_ORDER_SEQUENCE);
    owner.refuse("c", PREVIOUS_FRAME_FAILED);
    assertThat(owner.takeEffects()).containsExactly("identity OUT_OF_ORDER_SEQUENCE");

    owner.session.identityGranted(new ProducerIdentity(7, 1), owner.nowMs);

    assertThat(owner.takeEffects()).containsExactly("resume 0", "send b@1:0", "send c@1:10");
    assertThat(owner.outcomes).containsOnlyKeys("a");
  }

  @Test
  void givesUpWhatIsInDoubtWhenTheLogLostItsTail() {
    ScriptedOwner owner = withThreeInFlight();
    owner.acknowledge("a", 0);
    owner.close();
    owner.offer("d");
    owner.open();
    owner.refuse("b", OUT_OF_ORDER_SEQUENCE);
    owner.refuse("c", PREVIOUS_FRAME_FAILED);
    owner.refuse("d", PREVIOUS_FRAME_FAILED);
    owner.takeEffects();
    owner.session.identityGranted(new ProducerIdentity(7, 1), owner.nowMs);

    assertThat(failure(owner, "b").error().code()).isEqualTo(OUT_OF_ORDER_SEQUENCE);
    assertThat(failure(owner, "c").maybeAppended()).isTrue();
    assertThat(owner.takeEffects()).containsExactly("resume 0", "send d@1:0");
  }

  @Test
  void aGapReportedForALaterBatchOnlyRepeats() {
    ScriptedOwner owner = withThreeInFlight();
    owner.refuse("a", THROTTLED);
    owner.refuse("b", OUT_OF_ORDER_SEQUENCE);
    owner.refuse("c", OUT_OF_ORDER_SEQUENCE);
    owner.waitForTimer();

    assertThat(owner.takeEffects())
        .containsExactly("resume 0", "send a@0:0", "send b@0:10", "send c@0:20");
  }

  @Test
  void S28_aRepeatThatIsNoLongerRememberedCountsAsAppended() {
    ScriptedOwner owner = withThreeInFlight();

    owner.refuse("a", DUPLICATE_SEQUENCE);

    assertThat(owner.outcomes).containsEntry("a", new Acknowledged(-1, -1, -1));
  }

  @ParameterizedTest
  @EnumSource(names = {"INVALID_PRODUCER_EPOCH", "UNKNOWN_TOPIC_ID"})
  void endsWithEveryBatchFailedWhenNothingCanGetThrough(ErrorCode code) {
    ScriptedOwner owner = withThreeInFlight();
    owner.offer("d");
    owner.refuse("a", code);
    owner.offer("e");

    assertThat(owner.takeEffects()).containsExactly("ended " + code);
    assertThat(owner.outcomes).containsOnlyKeys("a", "b", "c", "d", "e");
    assertThat(failure(owner, "b").maybeAppended()).isTrue();
    assertThat(failure(owner, "d").maybeAppended()).isFalse();
    assertThat(owner.session.hasEnded()).isTrue();
  }

  @Test
  void S28_sequencesWrapFromTheLargestToZero() {
    ScriptedOwner owner =
        new ScriptedOwner(
            settings(Acks.ALL), Optional.of(ScriptedOwner.IDENTITY), Integer.MAX_VALUE - 14);
    owner.open();
    owner.offer("a", "b", "c");

    assertThat(owner.takeEffects())
        .containsExactly("send a@0:2147483633", "send b@0:2147483643", "send c@0:5");
  }

  @Test
  void aProducerWithoutIdentityRepeatsInOrderAndResumesWithoutSequence() {
    ScriptedOwner owner = plain(Acks.LEADER);
    owner.open();
    owner.offer("a", "b");
    owner.refuse("a", NOT_LEADER);
    owner.refuse("b", PREVIOUS_FRAME_FAILED);
    owner.takeEffects();
    owner.waitForTimer();

    assertThat(owner.takeEffects()).containsExactly("resume -1", "send a@-1:-1", "send b@-1:-1");
  }

  @Test
  void aProducerWithoutIdentityGivesASingleBatchUpAndGoesOn() {
    ScriptedOwner owner = plain(Acks.ALL);
    owner.open();
    owner.offer("a", "b");
    owner.takeEffects();
    owner.refuse("a", OUT_OF_ORDER_SEQUENCE);
    owner.refuse("b", PREVIOUS_FRAME_FAILED);

    assertThat(owner.outcomes).containsOnlyKeys("a");
    assertThat(owner.takeEffects()).containsExactly("resume -1", "send b@-1:-1");
  }

  @Test
  void S08_withoutAcksEverythingIsSentAtOnceAndLateRefusalsAreReported() {
    ScriptedOwner owner = plain(Acks.NONE);
    owner.open();
    owner.offer("a", "b", "c", "d");
    assertThat(owner.outcomes.values())
        .hasSize(4)
        .allMatch(outcome -> outcome instanceof BatchOutcome.Unacknowledged);
    owner.takeEffects();

    owner.refuse("b", BATCH_TOO_LARGE);
    owner.offer("e");

    assertThat(owner.refusedUnacknowledged).containsExactly(2L);
    assertThat(owner.takeEffects()).containsExactly("resume -1", "send e@-1:-1");
  }

  @Test
  void refusesAnIdempotentProducerWithoutAcks() {
    assertThatThrownBy(
            () -> new ScriptedOwner(settings(Acks.NONE), Optional.of(ScriptedOwner.IDENTITY), 0))
        .hasMessageContaining("expected: 1 or all");
  }

  @Test
  void anIdentityThatNobodyAskedForIsIgnored() {
    ScriptedOwner owner = withThreeInFlight();
    owner.session.identityGranted(new ProducerIdentity(7, 1), owner.nowMs);
    owner.close();
    owner.open();

    assertThat(owner.takeEffects()).containsExactly("send a@0:0", "send b@0:10", "send c@0:20");
  }

  @Test
  void tellsHowMuchIsPending() {
    ScriptedOwner owner = withThreeInFlight();
    owner.offer("d");
    owner.acknowledge("b", 10);
    assertThat(owner.session.pendingBatches()).isEqualTo(3);
    assertThat(owner.session.isIdle()).isFalse();

    owner.refuse("a", INVALID_PRODUCER_EPOCH);

    assertThat(owner.session.pendingBatches()).isZero();
    assertThat(owner.session.isIdle()).isTrue();
  }

  private static Failed failure(ScriptedOwner owner, String batch) {
    return (Failed) owner.outcomes.get(batch);
  }

  private static void cutsInTwo(ScriptedOwner owner, String batch) {
    owner.parts.put(
        batch, List.of(new BatchPart<>(batch + "1", 4), new BatchPart<>(batch + "2", 6)));
  }

  @Test
  void S28b_sendsThePartsOfABatchThatIsTooLargeInItsPlaceAndWithItsSequences() {
    ScriptedOwner owner = withThreeInFlight();
    cutsInTwo(owner, "b");
    owner.acknowledge("a", 0);
    owner.refuse("b", BATCH_TOO_LARGE);
    assertThat(owner.takeEffects()).containsExactly("split b");
    owner.offer("d");
    assertThat(owner.takeEffects()).as("c is not answered yet").isEmpty();

    owner.refuse("c", PREVIOUS_FRAME_FAILED);

    assertThat(owner.takeEffects())
        .as("without a pause, and no more than the window")
        .containsExactly("resume 10", "send b1@0:10", "send b2@0:14", "send c@0:20");
    owner.acknowledge("b1", 10);
    assertThat(owner.takeEffects()).containsExactly("send d@0:30");
    assertThat(owner.outcomes).containsOnlyKeys("a", "b1");
  }

  @Test
  void keepsPartsBackThatDoNotFitIntoTheWindow() {
    ScriptedOwner owner = withThreeInFlight();
    cutsInTwo(owner, "a");
    owner.refuse("a", BATCH_TOO_LARGE);
    owner.refuse("b", PREVIOUS_FRAME_FAILED);
    owner.refuse("c", PREVIOUS_FRAME_FAILED);
    assertThat(owner.takeEffects())
        .containsExactly("split a", "resume 0", "send a1@0:0", "send a2@0:4", "send b@0:10");

    owner.acknowledge("a2", 4);
    assertThat(owner.takeEffects()).as("the oldest holds the window").isEmpty();
    owner.acknowledge("a1", 0);

    assertThat(owner.takeEffects()).containsExactly("send c@0:20");
  }

  @Test
  void losesABatchOfOneRecordOrOneThatCannotBeCutAndClosesTheHole() {
    ScriptedOwner owner = withThreeInFlight();
    owner.refuse("a", BATCH_TOO_LARGE);
    owner.refuse("b", PREVIOUS_FRAME_FAILED);
    owner.refuse("c", PREVIOUS_FRAME_FAILED);

    assertThat(owner.takeEffects()).containsExactly("resume 0", "send b@0:0", "send c@0:10");
    assertThat(owner.outcomes.get("a")).isInstanceOf(Failed.class);
    cutsInTwo(owner, "one");
    owner.session.offer("one", 1, owner.nowMs);
    owner.acknowledge("b", 0);
    owner.acknowledge("c", 10);
    owner.refuse("one", BATCH_TOO_LARGE);
    assertThat(owner.takeEffects()).doesNotContain("split one");
  }

  @Test
  void S28_doesNotCutABatchThatMayHaveBeenAppendedBefore() {
    ScriptedOwner owner = withThreeInFlight();
    cutsInTwo(owner, "a");
    owner.close();
    owner.open();
    owner.takeEffects();

    owner.refuse("a", BATCH_TOO_LARGE);

    assertThat(owner.takeEffects()).isEmpty();
    assertThat(owner.outcomes.get("a"))
        .isInstanceOfSatisfying(Failed.class, f -> assertThat(f.maybeAppended()).isTrue());
  }

  @Test
  void partsKeepTheDeadlineOfTheirBatch() {
    ScriptedOwner owner = idempotent();
    cutsInTwo(owner, "a");
    owner.open();
    owner.session.offer("a", 10, owner.nowMs + 500, owner.nowMs);
    owner.nowMs += 400;
    owner.refuse("a", BATCH_TOO_LARGE);
    owner.waitForTimer();

    assertThat(owner.nowMs).isEqualTo(1_500);
    assertThat(owner.outcomes).containsOnlyKeys("a1", "a2");
  }
}
