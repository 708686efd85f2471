package io.millrace.broker.replica.core;

import static io.millrace.broker.replica.core.CoreDriver.of;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.FlushMode;
import io.millrace.common.MillraceError;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** When a leader with followers says that records are gone (S33, KIP-107). */
class DeleteRecordsTest {
  private static final int RECORDS = 10;
  private static final Set<Integer> ALL = Set.of(1, 2, 3);

  private final CoreDriver driver = CoreDriver.os();
  private int partitionEpoch;

  /** Leads with all in sync, and all have all records, deleted nowhere. */
  private void leadWith(Set<Integer> isr) {
    driver.leading(of(1, partitionEpoch, isr, 2)).followed();
    driver.produce(BatchFacts.plain(RECORDS), Acks.LEADER);
    told(2, 0);
    told(3, 0);
  }

  /** The follower has all records from its log start on. */
  private void told(int follower, long logStart) {
    driver.acknowledge(follower, RECORDS, 0, logStart);
  }

  private void inSync(Set<Integer> isr) {
    driver.on(new PartitionEvent.StateCommitted(of(1, ++partitionEpoch, isr, 2)));
  }

  private long lowWatermark(RequestToken deletion) {
    return ((DeleteRecordsOutcome.Deleted) outcome(deletion)).lowWatermark();
  }

  private MillraceError refusal(RequestToken deletion) {
    return ((DeleteRecordsOutcome.Refused) outcome(deletion)).error();
  }

  private DeleteRecordsOutcome outcome(RequestToken deletion) {
    return Objects.requireNonNull(driver.deletes.get(deletion), "not answered");
  }

  @Test
  void S33_recordsAreSaidToBeGoneWhenNoReplicaInSyncHasThem() {
    leadWith(ALL);

    var deletion = driver.deleteRecords(5);
    assertThat(driver.core.logStartOffset()).as("the leader begins at once").isEqualTo(5);
    told(2, 5);
    told(3, 4);
    assertThat(driver.deletes).isEmpty();
    told(3, 7);

    assertThat(lowWatermark(deletion)).isEqualTo(5);
  }

  @Test
  void S33_aDeletionWaitsForALiveReplicaThatIsNotInSyncAndForNoDeadOne() {
    driver.leading(of(1, 0, Set.of(1, 2), 2)).followed();
    driver.produce(BatchFacts.plain(RECORDS), Acks.LEADER);
    told(2, 0);
    driver.acknowledge(3, RECORDS - 1, 0, 0);
    driver.eligible(2, 3);
    var deletion = driver.deleteRecords(5);

    told(2, 5);
    assertThat(driver.deletes).isEmpty();
    driver.eligible(2);

    assertThat(lowWatermark(deletion)).isEqualTo(5);
  }

  @Test
  void S33_aDeadReplicaIsWaitedForUntilItIsOutOfTheCommittedIsr() {
    leadWith(ALL);
    driver.eligible(2);
    var deletion = driver.deleteRecords(5);

    told(2, 5);
    assertThat(driver.deletes).as("it may be elected yet").isEmpty();
    inSync(Set.of(1, 2));

    assertThat(lowWatermark(deletion)).isEqualTo(5);
  }

  @Test
  void S33_aDeletionWaitsWhileOthersMayBeEligibleToLead() {
    leadWith(ALL);
    inSync(Set.of(1));
    var deletion = driver.deleteRecords(5);
    assertThat(driver.deletes).as("fewer in sync than the min ISR").isEmpty();

    told(2, 5);
    inSync(Set.of(1, 2));

    assertThat(lowWatermark(deletion)).isEqualTo(5);
  }

  @Test
  void S33_whatTheLeaderHasDeletedAlreadyIsWaitedForAtTheOthers() {
    leadWith(ALL);
    driver.on(new PartitionEvent.LogStartMoved(6));

    var deletion = driver.deleteRecords(5);
    assertThat(driver.deletes).isEmpty();
    told(2, 6);
    told(3, 6);

    assertThat(lowWatermark(deletion)).isEqualTo(6);
  }

  @Test
  void S33_aFollowerOfWhichNothingWasHeardMayHaveEverything() {
    leadWith(ALL);
    told(2, 5);
    told(3, 5);
    driver.subscribe(3, RECORDS);

    var deletion = driver.deleteRecords(5);
    assertThat(driver.deletes).as("its log may be another one now").isEmpty();
    told(3, 5);

    assertThat(lowWatermark(deletion)).isEqualTo(5);
  }

  @Test
  void S33_aFollowerThatDoesNotTellItsLogStartIsNotWaitedFor() {
    leadWith(ALL);
    told(2, LeadingEvent.LOG_START_UNTOLD);

    var deletion = driver.deleteRecords(5);
    assertThat(driver.deletes).as("the other one tells").isEmpty();
    told(3, 5);

    assertThat(lowWatermark(deletion)).isEqualTo(5);
  }

  @Test
  void S33_aDeletionThatTakesTooLongNamesWhoIsBehindAndGoesOn() {
    leadWith(ALL);
    var late = driver.deleteRecords(5);
    told(2, 5);

    assertThat(driver.timers).contains(driver.nowMs + 500);
    driver.advanceTo(driver.nowMs + 499);
    assertThat(driver.deletes).isEmpty();
    driver.advanceTo(driver.nowMs + 1);
    assertThat(refusal(late).code()).isEqualTo(ErrorCode.REQUEST_TIMED_OUT);
    assertThat(refusal(late).details())
        .containsEntry("brokers_behind", "3")
        .containsEntry("log_start_offset", "5")
        .containsEntry("in_sync_replicas", "3")
        .containsEntry("min_insync_replicas", "2");

    var again = driver.deleteRecords(5);
    told(3, 5);
    assertThat(lowWatermark(again)).isEqualTo(5);
  }

  @Test
  void S33_aDeletionWhoseDeadlinePassedInTheQueueDeletesNothing() {
    leadWith(ALL);
    var late = new CoreDriver.Token(1_000);

    driver.on(new PartitionEvent.DeleteRecords(late, 5, PartitionEvent.ANY_EPOCH, driver.nowMs));

    assertThat(refusal(late).code()).isEqualTo(ErrorCode.REQUEST_TIMED_OUT);
    assertThat(driver.core.logStartOffset()).isZero();
  }

  @Test
  void S33_ofDeletionsThatWaitAThousandAreTakenWithOneTimer() {
    leadWith(ALL);
    List<RequestToken> taken = new ArrayList<>();
    for (int i = 0; i < DeleteRequests.MAX_WAITING; i++) {
      taken.add(driver.deleteRecords(5));
    }
    assertThat(driver.deletes).isEmpty();
    assertThat(driver.history).containsOnlyOnce(new Effect.SetTimer(driver.nowMs + 500));

    RequestToken tooMany = driver.deleteRecords(6);
    assertThat(refusal(tooMany).code()).isEqualTo(ErrorCode.THROTTLED);
    assertThat(driver.core.logStartOffset()).as("a refused one deletes nothing").isEqualTo(5);

    told(2, 5);
    told(3, 5);
    assertThat(driver.deletes).containsKeys(taken.toArray(RequestToken[]::new));
    assertThat(driver.deletes.get(driver.deleteRecords(5))).isNotNull();
  }

  @Test
  void S33_aTimerIsSetAnewForTheDeletionsThatCameLater() {
    leadWith(ALL);
    driver.deleteRecords(5);
    driver.advanceTo(driver.nowMs + 200);
    var later = driver.deleteRecords(5);
    long deadlineMs = driver.nowMs + 500;
    assertThat(driver.timers).doesNotContain(deadlineMs);

    driver.advanceTo(deadlineMs - 200);
    assertThat(driver.timers).contains(deadlineMs);
    driver.advanceTo(deadlineMs);

    assertThat(refusal(later).code()).isEqualTo(ErrorCode.REQUEST_TIMED_OUT);
  }

  @Test
  void S33_aDeletionWaitsOnWhenTheBrokerLeadsAnew() {
    leadWith(ALL);
    var deletion = driver.deleteRecords(5);
    told(2, 5);
    driver.leading(of(2, ++partitionEpoch, ALL, 2));
    driver.subscribe(2, RECORDS);
    driver.subscribe(3, RECORDS);

    told(3, 5);
    assertThat(driver.deletes).as("what was told before counts no more").isEmpty();
    told(2, 5);

    assertThat(lowWatermark(deletion)).isEqualTo(5);
  }

  @Test
  void S33_nobodyJoinsTheIsrWithRecordsThatWereSaidToBeGone() {
    leadWith(Set.of(1, 2));
    var deletion = driver.deleteRecords(5);
    told(2, 5);
    assertThat(lowWatermark(deletion)).isEqualTo(5);

    driver.eligible(2, 3);
    told(3, 4);
    assertThat(driver.proposals()).isEmpty();
    told(3, 5);

    assertThat(driver.proposals()).containsExactly(List.of(1, 2, 3));
  }

  @Test
  void S33_nobodyJoinsANewLeadersIsrWithRecordsThatItDoesNotHave() {
    CoreDriver another =
        new CoreDriver(
            new PartitionSettings(FlushMode.OS, true), new LogPositions(5, RECORDS, 0, RECORDS));
    another.epochs = another.epochs.begin(0, 0);
    another.leading(of(1, 0, Set.of(1, 2), 2));
    another.eligible(2, 3);
    another.subscribe(3, RECORDS);

    another.acknowledge(3, RECORDS, 0, 4);
    assertThat(another.proposals()).isEmpty();
    another.acknowledge(3, RECORDS, 0, 5);

    assertThat(another.proposals()).containsExactly(List.of(1, 2, 3));
  }
}
