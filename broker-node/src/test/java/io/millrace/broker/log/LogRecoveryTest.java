package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultPlan.Operation;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import io.millrace.common.file.MemoryFileStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** S31: what opening a log does after a crash, and what it does not do after an orderly close. */
class LogRecoveryTest {
  private static final LogConfig CONFIG =
      LogConfig.DEFAULT.toBuilder().segmentBytes(400).indexIntervalBytes(100).build();

  private final MemoryFileStore disk = TestLog.emptyDisk();
  private final TestLog test = new TestLog(disk, CONFIG);

  /** Where the batches of one segment end. */
  private final List<Integer> ends = new ArrayList<>();

  /** Batches of two records in one segment. */
  private void fillOneSegment() {
    fillOneSegment(4);
  }

  private void fillOneSegment(int batches) {
    for (int i = 0; i < batches; i++) {
      test.append("left " + i, "right " + i);
      ends.add(test.log.snapshot().active().size());
    }
    assertThat(test.log.snapshot().segmentCount()).isEqualTo(1);
    test.log.abandon();
  }

  private int wholeBatchesIn(int bytes) {
    return (int) ends.stream().filter(end -> end <= bytes).count();
  }

  @Test
  void S31_cutsTheLogAtTheFirstBadBatchForEveryLengthOfTheFile() throws IOException {
    fillOneSegment();
    byte[] whole = test.read(TestLog.files(0).log());
    for (int length = 0; length <= whole.length; length++) {
      test.store = disk.killClone();
      try (StoredFile file = test.store.open(TestLog.files(0).log(), OpenMode.READ_WRITE)) {
        file.truncate(length);
      }
      test.reopen(false);

      int batches = wholeBatchesIn(length);
      assertThat(test.log.logEndOffset()).as("cut at byte %d", length).isEqualTo(2L * batches);
      assertThat(test.values(0)).hasSize(2 * batches);
      int goodBytes = batches == 0 ? 0 : ends.get(batches - 1);
      assertThat(test.store.size(TestLog.files(0).log())).isEqualTo(goodBytes);
      assertThat(test.log.recovery().cutBytes()).isEqualTo(length - goodBytes);
      assertThat(test.log.recovery().defect().isEmpty()).isEqualTo(length == goodBytes);
      test.append("after");
      assertThat(test.values(0)).hasSize(2 * batches + 1).endsWith("after");
    }
  }

  @Test
  void S25_S31_findsEveryFlippedBitOfEveryByteFromTheRecoveryPointOn() throws IOException {
    fillOneSegment(2);
    int bits = test.read(TestLog.files(0).log()).length * 8;
    for (int bit = 0; bit < bits; bit++) {
      test.store = disk.killClone();
      test.flipBit(TestLog.files(0).log(), bit);
      test.reopen(false);

      int good = wholeBatchesIn(bit / 8);
      assertThat(test.log.logEndOffset()).as("bit %d flipped", bit).isEqualTo(2L * good);
      assertThat(test.values(0)).hasSize(2 * good);
    }
  }

  /** The system shows what it has given up writing out, and says that the next sync is well. */
  @Test
  void S31_S34_afterAFailedSyncTheNextProcessWritesAgainWhatItFinds() throws IOException {
    test.append("durable");
    test.flush();
    test.append("in doubt");
    // The sync failed, and then the process died.
    disk.giveUp(TestLog.files(0).log());
    MemoryFileStore seen = disk.killClone();
    test.store = seen;
    test.log = test.open(1, false);
    test.append("after");
    test.flush();

    test.store = seen.crashClone(0);
    test.log = test.open(test.log.recoveryPoint(), false);

    assertThat(test.log.recovery().unclean()).isFalse();
    assertThat(test.values(0)).containsExactly("durable", "in doubt", "after");
  }

  @Test
  void S31_tellsHowFarItIsWithinALargeSegmentToo() {
    test.log.reconfigure(CONFIG.toBuilder().segmentBytes(100 << 20).build());
    test.append(20, 1 << 20);
    test.log.abandon();
    List<Long> told = new ArrayList<>();
    LogOpening opening = test.opening(0, false);
    PartitionLog.open(
        new LogOpening(
            opening.store(),
            opening.directory(),
            opening.id(),
            opening.name(),
            opening.config(),
            opening.clock(),
            opening.budget(),
            0,
            false,
            (checked, total) -> told.add(checked)));

    assertThat(told).hasSize(2).isSorted();
    assertThat(told.get(0)).isBetween(16L << 20, 18L << 20);
  }

  @Test
  void S28_aProducerOutlivesTheSegmentsThatARecoverySealed() {
    test.append(9L, 0, 0, "of a producer that is silent from now on");
    test.append(6, 100);
    assertThat(test.log.snapshot().segmentCount()).isGreaterThan(2);
    test.log.abandon();
    test.reopen(false);
    test.flush();
    test.moveLogStartTo(5);
    test.retain(7).forEach(DetachedSegment::delete);
    assertThat(disk.exists(TestLog.files(0).log())).isFalse();
    test.log.abandon();
    test.reopen(false);

    assertThat(test.log.producers().check(9, (short) 0, 0, 0))
        .isEqualTo(new SequenceCheck.Duplicate(0, 0, -1));
  }

  @Test
  void S31_aTornTailThatWasCutOffDoesNotComeBackBeforeTheNextSegment() throws IOException {
    test.append("durable");
    test.flush();
    int durable = test.log.snapshot().active().size();
    test.append("torn");
    test.log.abandon();
    try (StoredFile file = disk.open(TestLog.files(0).log(), OpenMode.READ_WRITE)) {
      file.truncate(durable + 40);
    }
    disk.forceAll();
    test.log = test.open(1, false);
    test.append("x".repeat(400));
    assertThat(test.log.snapshot().segmentCount()).isEqualTo(2);

    // Power is lost before anything of it was flushed.
    for (int seed = 0; seed < 100; seed++) {
      test.store = disk.crashClone(seed);
      test.log = test.open(1, false);
      assertThat(test.values(0)).as("seed %d", seed).startsWith("durable");
      assertThat(test.log.snapshot().offsetForTimestamp(Long.MAX_VALUE, Long.MAX_VALUE)).isEmpty();
    }
  }

  @Test
  void S33_whatWasDeletedBeforeItWasDurableIsNotMissed() throws IOException {
    test.append("deleted", "deleted too");
    test.moveLogStartTo(2);
    test.log.abandon();
    try (StoredFile file = disk.open(TestLog.files(0).log(), OpenMode.READ_WRITE)) {
      file.truncate(0);
    }
    test.log = test.open(2, false);

    assertThat(test.log.logStartOffset()).isEqualTo(2);
    assertThat(test.log.logEndOffset()).isEqualTo(2);
    test.append("goes on");
    assertThat(test.values(2)).containsExactly("goes on");
  }

  @Test
  void whatIsDurableForSureIsNotWrittenAgain() throws IOException {
    test.append("durable");
    test.flush();
    int durable = test.log.snapshot().active().size();
    test.append("in doubt");
    FaultPlan plan = new FaultPlan();
    AtomicInteger writes = new AtomicInteger();
    plan.on(Operation.WRITE).path("**.log").run(writes::incrementAndGet);
    test.store = new FaultyFileStore(disk.killClone(), plan);

    PartitionLog log = test.open(2, false);

    assertThat(writes).hasValue(0);
    log.abandon();
    test.store = disk.killClone();
    try (StoredFile file = test.store.open(TestLog.files(0).log(), OpenMode.READ_WRITE)) {
      file.truncate(durable);
    }
    test.store = new FaultyFileStore(test.store, plan);
    test.open(1, false);
    assertThat(writes).hasValue(0);
  }

  @Test
  void S25_checksABatchThatIsLargerThanWhatIsReadAtOnce() throws IOException {
    test.append("first");
    test.append("x".repeat(3 << 20));
    test.log.abandon();
    for (int megabyte = 0; megabyte < 3; megabyte++) {
      test.store = disk.killClone();
      test.flipBit(TestLog.files(1).log(), 8L * ((megabyte << 20) + 1_000));
      test.reopen(false);

      assertThat(test.values(0)).as("bit flipped in MiB %d", megabyte).containsExactly("first");
    }
    test.store = disk.killClone();
    test.reopen(false);
    assertThat(test.log.logEndOffset()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 12, 60, 61, 100, 5000})
  void cutsOffATailOfPreallocatedZeros(int zeros) throws IOException {
    fillOneSegment();
    try (StoredFile file = disk.open(TestLog.files(0).log(), OpenMode.READ_WRITE)) {
      file.write(ByteBuffer.allocate(zeros), file.size());
    }
    test.reopen(false);

    assertThat(test.log.logEndOffset()).isEqualTo(8);
    assertThat(test.log.recovery().cutBytes()).isEqualTo(zeros);
    assertThat(test.log.recovery().defect()).contains("zeros to the end of the file");
  }

  @Test
  void startsWithAnEmptySegmentWhenTheFileIsEmpty() throws IOException {
    test.log.abandon();
    assertThat(disk.size(TestLog.files(0).log())).isZero();

    test.reopen(false);

    assertThat(test.log.recovery()).isEqualTo(RecoveryResult.NOTHING_TO_DO);
    test.append("first");
    assertThat(test.values(0)).containsExactly("first");
  }

  @Test
  void keepsABadBatchBelowTheRecoveryPointButNeverServesIt() throws IOException {
    fillOneSegment();
    test.flipBit(TestLog.files(0).log(), 8L * (ends.get(0) + 70));
    test.log = test.open(8, false);

    assertThat(test.log.logEndOffset()).isEqualTo(8);
    assertThat(TestLog.values(test.log.snapshot(), 4, 8)).hasSize(4);
    assertThat(test.log.snapshot().read(0, 1000, 8, true).nextOffset()).isEqualTo(2);
  }

  @Test
  void cutsAtAMissingSegment() throws IOException {
    test.append(12, 100);
    assertThat(test.log.snapshot().segmentCount()).isEqualTo(6);
    test.log.abandon();
    disk.delete(TestLog.files(4).log());

    test.reopen(false);

    assertThat(test.log.logEndOffset()).isEqualTo(4);
    assertThat(test.log.recovery().defect()).contains("segment 6 does not follow (expected: 4)");
    assertThat(test.values(0)).hasSize(4);
  }

  @Test
  void S31_readsNoBatchAfterAnOrderlyClose() {
    test.append(40, 50);
    test.log.close();
    FaultPlan plan = new FaultPlan();
    AtomicInteger reads = new AtomicInteger();
    plan.on(Operation.READ).path("**.log").run(reads::incrementAndGet);
    test.store = new FaultyFileStore(disk, plan);
    test.log = test.open(40, true);

    // One read of a header: when the last segment's first batch was made.
    assertThat(reads.get()).isLessThanOrEqualTo(1);
    assertThat(test.log.recovery()).isEqualTo(RecoveryResult.NOTHING_TO_DO);
    assertThat(test.values(0)).hasSize(40);
  }

  @Test
  void S31_readsOnlyFromTheSegmentOfTheRecoveryPointOn() {
    test.append(5, 100);
    test.flush();
    long recoveryPoint = test.log.recoveryPoint();
    test.append(3, 100);
    long sealedBytes = test.log.snapshot().sealed().get(0).size() * 2L;
    long allBytes = test.log.snapshot().sizeInBytes();
    test.log.abandon();
    List<Long> told = new ArrayList<>();
    LogOpening opening = test.opening(recoveryPoint, false);
    test.log =
        PartitionLog.open(
            new LogOpening(
                opening.store(),
                opening.directory(),
                opening.id(),
                opening.name(),
                opening.config(),
                opening.clock(),
                opening.budget(),
                recoveryPoint,
                false,
                (checked, total) -> {
                  told.add(checked);
                  assertThat(total).isEqualTo(allBytes - sealedBytes);
                }));

    assertThat(test.log.recovery().checkedBytes()).isEqualTo(allBytes - sealedBytes);
    assertThat(told).isNotEmpty().isSorted().endsWith(allBytes - sealedBytes);
    assertThat(test.log.logEndOffset()).isEqualTo(8);
  }

  @Test
  void checksTheLastSegmentWhenTheMarkOfAnOrderlyCloseLies() throws IOException {
    test.append(6, 30);
    test.log.close();
    long active = 4;
    byte[] log = test.read(TestLog.files(active).log());
    try (StoredFile file = disk.open(TestLog.files(active).log(), OpenMode.READ_WRITE)) {
      file.truncate(log.length - 1);
    }

    assertThatThrownBy(() -> test.open(6, true))
        .isInstanceOf(DamagedLogException.class)
        .hasMessageContaining("a batch of 98 bytes cut after 97");
  }

  @Test
  void endsADeletionThatACrashInterrupted() throws IOException {
    test.append(10, 100);
    test.flush();
    test.moveLogStartTo(6);
    test.log.abandon();
    disk.rename(TestLog.files(2).log(), Path.of(TestLog.files(2).log() + SegmentFiles.DELETED));

    test.reopen(false);

    assertThat(test.log.logStartOffset()).isEqualTo(6);
    assertThat(test.values(6)).hasSize(4);
    assertThat(disk.list(TestLog.DIRECTORY))
        .noneMatch(path -> path.toString().endsWith(SegmentFiles.DELETED))
        .doesNotContain(TestLog.files(0).log())
        .contains(TestLog.files(4).log());
  }

  /** Seed 50674 of the simulator, from when openings deleted what lay below the log start. */
  @Test
  void S33_anOpeningDestroysNothingThatALogStartNotYetDurableHides() {
    MemoryFileStore killed = killedWhileItsLogStartMovedToSeven();
    long operations = openAndLosePower(killed, Long.MAX_VALUE);
    for (long failing = 0; failing < operations; failing++) {
      openAndLosePower(killed, failing);
    }
  }

  private static MemoryFileStore killedWhileItsLogStartMovedToSeven() {
    MemoryFileStore disk = TestLog.emptyDisk();
    FaultPlan plan = new FaultPlan();
    TestLog test = new TestLog(new FaultyFileStore(disk, plan), CONFIG);
    test.append(10, 100);
    test.flush();
    LogStartMove move = test.log.prepareLogStart(7);
    plan.on(Operation.FORCE_DIRECTORY).failFromThenOn("the process is killed here");
    assertThatThrownBy(move::run).isInstanceOf(LogDirException.class);
    return disk.killClone();
  }

  /**
   * Opens a log with records 0 to 9, whose opening ends at some operation; then power is lost.
   *
   * @return how many operations there were
   */
  private static long openAndLosePower(MemoryFileStore killed, long failing) {
    MemoryFileStore disk = killed.killClone();
    FaultPlan plan = new FaultPlan();
    if (failing < Long.MAX_VALUE) {
      plan.on().skip(failing).failFromThenOn("power is lost here");
    }
    long told = 0;
    try {
      TestLog opened = new TestLog(new FaultyFileStore(disk, plan), CONFIG);
      told = opened.log.logStartOffset();
      assertThat(told).isEqualTo(7);
    } catch (LogDirException powerLost) {
      assertThat(failing).isLessThan(plan.operations());
    }
    SplittableRandom seeds = new SplittableRandom(failing);
    for (int i = 0; i < 2; i++) {
      TestLog after = new TestLog(disk.crashClone(seeds.nextLong()), CONFIG);
      assertThat(after.log.logStartOffset())
          .as("opening ended at operation %d, loss %d", failing, i)
          .isIn(told, 7L);
      assertThat(after.log.logEndOffset()).isEqualTo(10);
      assertThat(after.values(after.log.logStartOffset()))
          .hasSize((int) (10 - after.log.logStartOffset()));
    }
    return plan.operations();
  }

  @Test
  void neverEndsBelowItsStart() throws IOException {
    test.append(4, 30);
    test.flush();
    test.append(3, 30);
    test.moveLogStartTo(7);
    test.log.abandon();
    for (long base : new long[] {4}) {
      disk.delete(TestLog.files(base).log());
    }

    test.log = test.open(4, false);

    assertThat(test.log.logStartOffset()).isEqualTo(7);
    assertThat(test.log.logEndOffset()).isEqualTo(7);
    assertThat(test.log.recovery().unclean()).isFalse();
    test.append("next");
    assertThat(test.values(7)).containsExactly("next");
  }

  @Test
  void readsTheLeaderEpochsFromTheBatchesWhenTheirCheckpointIsDamaged() throws IOException {
    test.append("a");
    test.epoch = 3;
    test.append("b");
    test.append(8, 50);
    test.epoch = 9;
    test.append("c");
    LeaderEpochCache before = test.log.leaderEpochs();
    test.log.abandon();
    test.flipBit(TestLog.DIRECTORY.resolve("leader-epoch-checkpoint"), 100);

    test.reopen(false);

    assertThat(test.log.leaderEpochs()).isEqualTo(before);
    assertThat(test.values(0)).hasSize(11);
  }

  @Test
  void S28_usesAnOlderProducerSnapshotWhenTheNewestIsDamaged() throws IOException {
    for (int i = 0; i < 12; i++) {
      test.append(77L, 0, i, "v".repeat(60));
    }
    test.log.close();
    test.flipBit(TestLog.files(12).producerSnapshot(), 300);

    test.reopen(true);

    assertThat(test.log.producers().check(77, (short) 0, 0, 0))
        .isEqualTo(new SequenceCheck.Duplicate(0, 0, -1));
    assertThat(test.log.producers().check(77, (short) 0, 11, 11))
        .isEqualTo(new SequenceCheck.Duplicate(11, 11, -1));
    assertThat(test.log.producers().check(77, (short) 0, 12, 12))
        .isInstanceOf(SequenceCheck.Accept.class);
  }

  @Test
  void S28_forgetsNoProducerWhenPowerIsLost() {
    for (int i = 0; i < 12; i++) {
      test.append(77L, 0, i, "v".repeat(60));
      test.flush();
    }
    for (long seed = 0; seed < 20; seed++) {
      TestLog crashed = new TestLog(disk.crashClone(seed), CONFIG);
      for (int i = 0; i < 12; i++) {
        assertThat(crashed.log.producers().check(77, (short) 0, i, i))
            .isEqualTo(new SequenceCheck.Duplicate(i, i, -1));
      }
    }
  }

  @Test
  void closingALogThatWasNotTouchedWritesNothing() {
    test.append(40, 50);
    test.restart();
    FaultPlan plan = new FaultPlan();
    AtomicInteger changes = new AtomicInteger();
    plan.on(Operation.WRITE, Operation.FORCE, Operation.FORCE_DIRECTORY, Operation.RENAME)
        .run(changes::incrementAndGet);
    test.log.close();
    test.store = new FaultyFileStore(disk, plan);
    test.reopen(true);
    assertThat(test.values(0)).hasSize(40);
    test.restart();

    assertThat(changes).hasValue(0);
    assertThat(test.values(0)).hasSize(40);
  }

  @Test
  void anAppendAfterAnOrderlyCloseTakesTheChecksumAway() {
    test.append(5, 50);
    test.restart();
    test.append("one more");
    test.log.abandon();

    // Had the checksum stayed, this would look like the segment that it names.
    test.reopen(true);
    assertThat(test.log.recovery().checkedBytes()).isPositive();
    assertThat(test.values(0)).hasSize(6);
  }

  @Test
  void leavesNoFileOpenWhenItIsClosed() {
    test.append(20, 100);
    test.flush();
    test.values(0);
    test.log.close();

    assertThat(test.budget.openSegments()).isZero();
  }
}
