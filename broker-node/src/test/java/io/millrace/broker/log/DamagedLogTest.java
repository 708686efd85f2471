package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.common.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** S31, S14: records that were durable are never cut off, but by an operator's word. */
class DamagedLogTest {
  private static final LogConfig CONFIG =
      LogConfig.DEFAULT.toBuilder().segmentBytes(600).indexIntervalBytes(100).build();

  /** Three records in each segment; those below this offset are known to be on disk. */
  private static final int DURABLE = 5;

  private static final int RECORDS = 9;

  private final MemoryFileStore disk = TestLog.emptyDisk();
  private final TestLog test = new TestLog(disk, CONFIG);
  private int secondBatchAt;

  @BeforeEach
  void fillThreeSegments() {
    test.append(DURABLE, 100);
    test.flush();
    test.append(RECORDS - DURABLE, 100);
    assertThat(test.log.snapshot().segmentCount()).isEqualTo(3);
    secondBatchAt = test.log.snapshot().sealed().get(1).size() / 3;
    test.log.abandon();
  }

  /** The contents of a partition's directory. */
  private static TreeMap<Path, ByteBuffer> contents(FileStore store) throws IOException {
    TreeMap<Path, ByteBuffer> contents = new TreeMap<>();
    for (Path path : store.list(TestLog.DIRECTORY)) {
      if (!store.isDirectory(path)) {
        contents.put(path, ByteBuffer.wrap(read(store, path)));
      }
    }
    return contents;
  }

  private static byte[] read(FileStore store, Path path) throws IOException {
    try (StoredFile file = store.open(path, OpenMode.READ)) {
      ByteBuffer bytes = ByteBuffer.allocate((int) file.size());
      file.read(bytes, 0);
      return bytes.array();
    }
  }

  @Test
  void S31_damageBelowTheRecoveryPointChangesNothingAndKeepsTheLogClosed() throws IOException {
    for (int bit = 0; bit < RecordBatch.HEADER_BYTES * 8; bit++) {
      test.store = disk.killClone();
      test.flipBit(TestLog.files(3).log(), 8L * secondBatchAt + bit);
      var before = contents(test.store);

      assertThatThrownBy(() -> test.open(DURABLE, false))
          .isInstanceOf(DamagedLogException.class)
          .hasMessageContaining("[orders-3] is damaged and stays offline")
          .hasMessageContaining("/data/orders-3/00000000000000000003.log at byte " + secondBatchAt)
          .hasMessageContaining("offset 4: ")
          .hasMessageContaining("it had been on disk (recovery point: offset 5)")
          .hasMessageContaining("/data/orders-3/give-up-from-4 and restart");
      assertThat(contents(test.store)).as("bit %d", bit).isEqualTo(before);
    }
  }

  @Test
  void S31_aTornEndAboveTheRecoveryPointIsCutAsBefore() throws IOException {
    test.flipBit(TestLog.files(3).log(), 8L * (2 * secondBatchAt + 16));

    test.log = test.open(DURABLE, false);

    assertThat(test.log.logEndOffset()).isEqualTo(DURABLE);
    assertThat(test.log.recovery().unclean()).isFalse();
    assertThat(test.log.recovery().cutBytes()).isPositive();
  }

  @Test
  void S31_whatAChecksumCoversWasDurableAlsoWhenTheRecoveryPointIsLost() throws IOException {
    long bits = disk.size(TestLog.files(0).log()) * 8;
    for (long bit = 0; bit < bits; bit += 7) {
      test.store = disk.killClone();
      test.flipBit(TestLog.files(0).log(), bit);
      var before = contents(test.store);

      assertThatThrownBy(() -> test.open(0, false))
          .isInstanceOf(DamagedLogException.class)
          .hasMessageContaining("/data/orders-3/00000000000000000000.log at byte ");
      assertThat(segments(contents(test.store))).as("bit %d", bit).isEqualTo(segments(before));
    }
    test.store = disk;
    try (StoredFile file = disk.open(TestLog.files(0).log(), OpenMode.READ_WRITE)) {
      file.truncate(secondBatchAt);
    }
    assertThatThrownBy(() -> test.open(0, false))
        .isInstanceOf(DamagedLogException.class)
        .hasMessageContaining("offset 1: segment 3 does not follow (expected: 1)");
  }

  @Test
  void S31_aCutThatACrashInterruptsIsNoDamage() throws IOException {
    test.log = test.open(DURABLE, false);
    test.flush();
    test.log.abandon();
    disk.forceAll();
    long operations = truncateAndLosePower(Long.MAX_VALUE);
    for (long failing = 0; failing < operations; failing++) {
      truncateAndLosePower(failing);
    }
  }

  /** Cuts the log to offset 1; the caller lowers the recovery point before, as it must. */
  private long truncateAndLosePower(long failing) {
    MemoryFileStore crashing = disk.killClone();
    FaultPlan plan = new FaultPlan();
    test.store = new FaultyFileStore(crashing, plan);
    test.log = test.open(RECORDS, false);
    long before = plan.operations();
    if (failing < Long.MAX_VALUE) {
      plan.on().skip(failing).failFromThenOn("power is lost here");
    }
    try {
      test.log.truncateTo(1);
    } catch (LogDirException powerLost) {
      assertThat(failing).isLessThan(plan.operations() - before);
    }
    SplittableRandom seeds = new SplittableRandom(failing);
    for (int i = 0; i < 4; i++) {
      test.store = crashing.crashClone(seeds.nextLong());
      test.log = test.open(1, false);
      assertThat(test.log.logEndOffset()).as("interrupted at %d", failing).isBetween(1L, 9L);
    }
    return plan.operations() - before;
  }

  /** Seed 2124 of the simulator: the recovery point of such a log is its log start. */
  @Test
  void S31_whatWasDeletedNeedNotBeThere() throws IOException {
    test.log = test.open(DURABLE, false);
    test.moveLogStartTo(8);
    test.log.abandon();
    test.flipBit(TestLog.files(6).log(), 16 * 8);

    test.log = test.open(8, false);

    assertThat(test.log.logStartOffset()).isEqualTo(8);
    assertThat(test.log.logEndOffset()).isEqualTo(8);
    assertThat(test.log.recovery().unclean()).isFalse();
  }

  @Test
  void S31_aMissingSegmentBelowTheRecoveryPointKeepsTheLogClosed() throws IOException {
    TestLog.files(3).all().forEach(this::delete);
    var before = contents(disk);

    assertThatThrownBy(() -> test.open(DURABLE, false))
        .isInstanceOf(DamagedLogException.class)
        .hasMessageContaining("offset 3: segment 6 does not follow (expected: 3)");
    assertThat(contents(disk)).containsAllEntriesOf(segments(before));
  }

  private static Map<Path, ByteBuffer> segments(Map<Path, ByteBuffer> contents) {
    Map<Path, ByteBuffer> segments = new TreeMap<>(contents);
    segments.keySet().removeIf(path -> !path.toString().endsWith(".log"));
    return segments;
  }

  @Test
  void S31_aLogThatEndsBelowTheRecoveryPointStaysClosed() throws IOException {
    for (long base = 0; base < RECORDS; base += 3) {
      TestLog.files(base).all().forEach(this::delete);
    }

    assertThatThrownBy(() -> test.open(DURABLE, false))
        .isInstanceOf(DamagedLogException.class)
        .hasMessageContaining("offset 0: there is no segment");
    assertThat(disk.exists(TestLog.files(0).log())).isFalse();
  }

  private void delete(Path path) {
    try {
      disk.delete(path);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void S14_givesUpWhatAnOperatorNamesAndKeepsItAside() throws IOException {
    byte[] later = read(disk, TestLog.files(6).log());
    test.flipBit(TestLog.files(3).log(), 8L * (secondBatchAt + 16));
    byte[] damaged = read(disk, TestLog.files(3).log());
    consentTo(disk, 4);

    test.log = test.open(DURABLE, false);

    assertThat(test.log.recovery().unclean()).isTrue();
    assertThat(test.log.logEndOffset()).isEqualTo(4);
    assertThat(test.log.durableOffset()).isEqualTo(4);
    assertThat(test.values(0)).hasSize(4);
    Path kept = TestLog.DIRECTORY.resolve("given-up-from-4.0");
    assertThat(read(disk, kept.resolve(tailName())))
        .isEqualTo(Arrays.copyOfRange(damaged, secondBatchAt, damaged.length));
    assertThat(read(disk, kept.resolve("00000000000000000006.log"))).isEqualTo(later);
    test.append("goes on");
    assertThat(test.values(4)).containsExactly("goes on");
  }

  private String tailName() {
    return "00000000000000000003.log.from-byte-" + secondBatchAt;
  }

  @Test
  void S14_aConsentHoldsForItsOffsetOnlyAndUntilTheLogOpensWithoutLoss() throws IOException {
    test.flipBit(TestLog.files(3).log(), 8L * (secondBatchAt + 16));
    consentTo(disk, 2);
    assertThatThrownBy(() -> test.open(DURABLE, false)).isInstanceOf(DamagedLogException.class);
    consentTo(disk, 4);

    test.log = test.open(DURABLE, false);
    test.log.abandon();
    test.log = test.open(DURABLE, false);
    assertThat(test.log.recovery().unclean()).as("the recovery point was not lowered").isTrue();
    test.log.abandon();
    test.log = test.open(4, false);
    assertThat(test.log.recovery().unclean()).isFalse();
    test.log.abandon();

    assertThatThrownBy(() -> test.open(DURABLE, false))
        .hasMessageContaining("offset 4: the log ends at offset 4");
  }

  @Test
  void S14_aConsentIsUsedUpByTheOpeningThatUsesIt() throws IOException {
    test.flipBit(TestLog.files(3).log(), 8L * (secondBatchAt + 16));
    consentTo(disk, 4);
    test.log = test.open(DURABLE, false);
    test.append("new");
    test.append("newer");
    test.flush();
    test.log.abandon();

    test.flipBit(TestLog.files(3).log(), 8L * (secondBatchAt + 16));
    for (long recoveryPoint : new long[] {DURABLE, 6}) {
      assertThatThrownBy(() -> test.open(recoveryPoint, false))
          .hasMessageContaining("offset 4: magic: 3");
    }
    try (StoredFile file = disk.open(TestLog.files(3).log(), OpenMode.READ_WRITE)) {
      file.truncate(secondBatchAt);
    }
    assertThatThrownBy(() -> test.open(6, false))
        .hasMessageContaining("offset 4: the log ends at offset 4");
  }

  @Test
  void S31_whatIsGivenUpIsKeptWhereverACrashInterruptsIt() throws IOException {
    byte[] later = read(disk, TestLog.files(6).log());
    test.flipBit(TestLog.files(3).log(), 8L * (secondBatchAt + 16));
    byte[] damaged = read(disk, TestLog.files(3).log());
    byte[] tail = Arrays.copyOfRange(damaged, secondBatchAt, damaged.length);
    consentTo(disk, 4);
    disk.forceAll();
    long operations = giveUp(Long.MAX_VALUE, tail, later);
    for (long failing = 0; failing < operations; failing++) {
      giveUp(failing, tail, later);
    }
  }

  private long giveUp(long failing, byte[] tail, byte[] later) throws IOException {
    MemoryFileStore crashing = disk.killClone();
    FaultPlan plan = new FaultPlan();
    if (failing < Long.MAX_VALUE) {
      plan.on().skip(failing).failFromThenOn("power is lost here");
    }
    test.store = new FaultyFileStore(crashing, plan);
    try {
      test.open(DURABLE, false);
    } catch (LogDirException powerLost) {
      assertThat(failing).isLessThan(plan.operations());
    }
    test.store = crashing.crashClone(new SplittableRandom(failing).nextLong());
    test.log = test.open(DURABLE, false);

    assertThat(test.log.logEndOffset()).as("interrupted at %d", failing).isEqualTo(4);
    assertThat(kept(tailName())).as("interrupted at %d", failing).contains(ByteBuffer.wrap(tail));
    assertThat(kept("00000000000000000006.log")).contains(ByteBuffer.wrap(later));
    return plan.operations();
  }

  /** The contents of the files of that name that were moved aside. */
  private List<ByteBuffer> kept(String name) throws IOException {
    List<ByteBuffer> found = new ArrayList<>();
    for (Path directory : test.store.list(TestLog.DIRECTORY)) {
      Path file = directory.resolve(name);
      if (directory.toString().contains("given-up") && test.store.exists(file)) {
        found.add(ByteBuffer.wrap(read(test.store, file)));
      }
    }
    return found;
  }

  private static void consentTo(FileStore store, long offset) throws IOException {
    store.open(TestLog.DIRECTORY.resolve("give-up-from-" + offset), OpenMode.CREATE_NEW).close();
  }
}
