package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.management.ThreadMXBean;
import io.millrace.broker.log.CompactedLogModel.Entry;
import io.millrace.broker.log.clean.OffsetMap;
import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultPlan.Operation;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatchBuilder;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** S32: whatever ends a cleaning, at whatever operation of the disk, leaves a correct log. */
class CompactionCrashTest {
  private static final int CLONES_PER_OPERATION = 3;

  /** A log with several segments, all but the last flushed, on a disk that can fail. */
  private static final class Scene {
    final MemoryFileStore disk = TestLog.emptyDisk();
    final FaultPlan faults = new FaultPlan();
    final TestLog test;
    final List<String> before;
    final Map<String, String> state;

    Scene() {
      LogConfig config =
          LogConfig.DEFAULT.toBuilder()
              .segmentBytes(600)
              .indexIntervalBytes(100)
              .compaction(CompactionConfig.DELETE.withPolicy(false, true))
              .build();
      test = new TestLog(new FaultyFileStore(disk, faults), config);
      for (int i = 0; i < 24; i++) {
        test.clock.advanceMs(10);
        RecordBatchBuilder builder =
            new RecordBatchBuilder(i % 2 == 0 ? Compression.NONE : Compression.ZSTD);
        builder.producer(i % 5, (short) 0, i / 5 * 2);
        for (int r = 0; r < 2; r++) {
          String value = i % 7 == 3 ? null : "v" + i + "-".repeat(50);
          builder.append(
              test.clock.wallMs,
              TestLog.bytes("k" + (i * 3 + r) % 9),
              value == null ? null : TestLog.bytes(value),
              List.of());
        }
        test.epoch = i / 10;
        test.append(TestLog.stamped(test.log.logEndOffset(), test.epoch, builder.build()));
      }
      test.flush();
      before = shown(test.log);
      state = state(test.log);
    }

    /** Opens what a crash has left, and compares. */
    void check(MemoryFileStore after) {
      TestLog reopened = new TestLog(after, test.config);
      assertThat(reopened.log.logEndOffset()).isEqualTo(test.log.logEndOffset());
      assertThat(reopened.log.logStartOffset()).isZero();
      assertThat(state(reopened.log)).isEqualTo(state);
      assertThat(before).containsAll(shown(reopened.log));
      for (int producer = 0; producer < 5; producer++) {
        int last = test.log.producers().sorted().get((long) producer).nextSequence();
        assertThat(reopened.log.producers().sorted().get((long) producer).nextSequence())
            .isEqualTo(last);
      }
      assertThat(leftovers(after)).isEmpty();
      reopened.flush();
      reopened.clean(reopened.log.logEndOffset());
      assertThat(state(reopened.log)).isEqualTo(state);
      reopened.restart();
      assertThat(state(reopened.log)).isEqualTo(state);
    }

    private static List<Path> leftovers(MemoryFileStore disk) {
      try {
        return disk.list(TestLog.DIRECTORY).stream()
            .filter(
                path ->
                    path.toString().endsWith(SegmentFiles.CLEANED)
                        || path.toString().endsWith(SegmentFiles.REPLACED)
                        || path.toString().endsWith(SwapJournal.NAME))
            .toList();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  private static List<String> shown(PartitionLog log) {
    return CompactedLogModel.read(log.snapshot(), log.logStartOffset()).stream()
        .map(Entry::toString)
        .toList();
  }

  private static Map<String, String> state(PartitionLog log) {
    Map<String, String> state = new TreeMap<>();
    for (Entry entry : CompactedLogModel.read(log.snapshot(), log.logStartOffset())) {
      if (entry.value == null) {
        state.remove(entry.key);
      } else {
        state.put(entry.key, entry.value);
      }
    }
    return state;
  }

  private static long operationsOfACleaning() {
    Scene scene = new Scene();
    long before = scene.faults.operations();
    CleaningResult result = scene.test.clean(scene.test.log.logEndOffset());
    assertThat(result.recordsRemoved()).isPositive();
    assertThat(scene.test.log.snapshot().segmentCount()).isGreaterThan(1);
    assertThat(shown(scene.test.log)).hasSizeLessThan(scene.before.size());
    return scene.faults.operations() - before;
  }

  @Test
  void S32_aLossOfPowerAtAnyOperationLeavesEachSegmentOldOrCleaned() {
    long operations = operationsOfACleaning();
    for (long at = 0; at <= operations; at++) {
      Scene scene = new Scene();
      List<MemoryFileStore> clones = new ArrayList<>();
      scene
          .faults
          .on()
          .skip(at)
          .run(
              () -> {
                for (int i = 0; clones.size() < CLONES_PER_OPERATION; i++) {
                  clones.add(scene.disk.crashClone(i));
                }
              });
      scene.test.clean(scene.test.log.logEndOffset());
      clones.add(scene.disk.crashClone(at));
      clones.forEach(scene::check);
    }
  }

  @Test
  void S32_aKillAtAnyOperationLeavesEachSegmentOldOrCleaned() {
    long operations = operationsOfACleaning();
    for (long at = 0; at <= operations; at++) {
      Scene scene = new Scene();
      List<MemoryFileStore> clones = new ArrayList<>();
      scene
          .faults
          .on()
          .skip(at)
          .run(
              () -> {
                if (clones.isEmpty()) {
                  clones.add(scene.disk.killClone());
                }
              });
      scene.test.clean(scene.test.log.logEndOffset());
      clones.forEach(scene::check);
    }
  }

  @Test
  void S32_aCrashWhileACrashedCleaningIsEndedIsEndedToo() {
    long operations = operationsOfACleaning();
    for (long at = 0; at <= operations; at += 4) {
      Scene scene = new Scene();
      List<MemoryFileStore> clones = new ArrayList<>();
      scene
          .faults
          .on()
          .skip(at)
          .run(
              () -> {
                if (clones.isEmpty()) {
                  clones.add(scene.disk.crashClone(7));
                }
              });
      scene.test.clean(scene.test.log.logEndOffset());
      for (MemoryFileStore first : clones) {
        crashWhileOpening(scene, first, at);
      }
    }
  }

  private static void crashWhileOpening(Scene scene, MemoryFileStore disk, long seed) {
    FaultPlan faults = new FaultPlan();
    List<MemoryFileStore> clones = new ArrayList<>();
    faults
        .on(Operation.RENAME, Operation.DELETE, Operation.FORCE_DIRECTORY)
        .run(() -> clones.add(disk.crashClone(seed)));
    new TestLog(new FaultyFileStore(disk, faults), scene.test.config).log.abandon();
    clones.forEach(scene::check);
  }

  @Test
  void S32_anErrorOfTheDiskAtAnyOperationLeavesEachSegmentOldOrCleaned() {
    long operations = operationsOfACleaning();
    for (long at = 0; at < operations; at++) {
      Scene scene = new Scene();
      scene.faults.on().skip(at).failOnce("Input/output error");
      Throwable thrown = catchThrowable(() -> scene.test.clean(scene.test.log.logEndOffset()));
      // A failed look at an index alone is made good from the batches.
      assertThat(thrown).satisfiesAnyOf(t -> assertThat(t).isNull(), CompactionCrashTest::ofDisk);
      scene.check(scene.disk.killClone());
    }
  }

  private static void ofDisk(Throwable thrown) {
    assertThat(thrown).isInstanceOf(LogDirException.class);
  }

  @Test
  void S32_aCorruptBatchEndsTheCleaningAndTheLogStaysAsItWas() throws IOException {
    Scene scene = new Scene();
    scene.test.flipBit(TestLog.files(0).log(), 8 * 300);
    List<Path> files = scene.disk.list(TestLog.DIRECTORY);

    assertThatThrownBy(() -> scene.test.clean(scene.test.log.logEndOffset()))
        .isInstanceOf(CorruptBatchException.class)
        .hasMessageContaining("00000000000000000000.log");
    assertThat(scene.disk.list(TestLog.DIRECTORY)).isEqualTo(files);
  }

  @Test
  void S32_aWrongLengthTakesNoMemory() throws IOException {
    TestLog test = new TestLog(LogConfig.DEFAULT.toBuilder().segmentBytes(1 << 27).build());
    test.append(40, 1 << 20);
    test.log.close();
    // 32 MB more than the batch has, and less than the segment.
    test.flipBit(TestLog.files(0).log(), 8 * 8 + 1);
    test.reopen(true);
    SegmentView view = test.log.snapshot().active();
    SegmentPass pass =
        new SegmentPass(test.log.snapshot().disk(), LeaderEpochCache.EMPTY, bytes -> {});

    long before = allocatedBytes();
    assertThatThrownBy(() -> pass.read(view, batch -> {}))
        .isInstanceOf(CorruptBatchException.class)
        .hasMessageContaining("CRC is wrong");
    assertThat(allocatedBytes() - before).isLessThan(16 << 20);
  }

  private static long allocatedBytes() {
    return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
  }

  @Test
  void S32_batchesLargerThanTheBufferAreCleaned() {
    CompactionConfig compaction = CompactionConfig.DELETE.withPolicy(false, true);
    TestLog test =
        new TestLog(
            LogConfig.DEFAULT.toBuilder().segmentBytes(3 << 20).compaction(compaction).build());
    for (int i = 0; i < 3; i++) {
      RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);
      builder.append(
          test.clock.wallMs,
          TestLog.bytes("k" + i % 2),
          TestLog.bytes("v".repeat(3 << 20)),
          List.of());
      test.append(TestLog.stamped(i, 0, builder.build()));
    }
    test.append("the last segment");
    test.flush();

    assertThat(test.clean(3).recordsRemoved()).isEqualTo(1);
    assertThat(test.values(0)).extracting(String::length).containsExactly(3 << 20, 3 << 20, 16);
  }

  @Test
  void S32_wantOfRoomEndsTheCleaningAndFailsNoDisk() {
    for (String reason : List.of("No space left on device", "Disk quota exceeded")) {
      long operations = operationsOnWhatCountsForNothing();
      assertThat(operations).isGreaterThan(10);
      for (long at = 0; at < operations; at++) {
        Scene scene = new Scene();
        onWhatCountsForNothing(scene).skip(at).failOnce(reason);
        requireEndedWithoutHarm(scene);
      }
    }
  }

  @Test
  void S32_wantOfRoomIsSeenInWhateverWordsTheSystemTellsIt() {
    Scene scene = new Scene();
    FaultPlan.Condition writing = scene.faults.on(Operation.WRITE).path("**.cleaned");
    writing.run(() -> scene.disk.limitTo(0));
    writing.failOnce("Kein Platz");
    FaultPlan.Condition discarding = scene.faults.on(Operation.DELETE).path("**.log.cleaned");
    discarding.skip(1).run(() -> scene.disk.limitTo(Long.MAX_VALUE));

    requireEndedWithoutHarm(scene);
  }

  private static FaultPlan.Condition onWhatCountsForNothing(Scene scene) {
    return scene
        .faults
        .on(Operation.OPEN, Operation.WRITE, Operation.FORCE)
        .path("**.cleaned{,.tmp}");
  }

  private static long operationsOnWhatCountsForNothing() {
    Scene scene = new Scene();
    AtomicLong operations = new AtomicLong();
    onWhatCountsForNothing(scene).run(operations::incrementAndGet);
    scene.test.clean(scene.test.log.logEndOffset());
    return operations.get();
  }

  private static void requireEndedWithoutHarm(Scene scene) {
    CleanableSection section =
        CleanableSection.of(
            scene.test.log.snapshot(),
            scene.test.config,
            scene.test.log.logEndOffset(),
            scene.test.clock.wallMs);
    assertThat(scene.test.clean(section, new OffsetMap(1 << 16, 0.9), Integer.MAX_VALUE)).isEmpty();
    assertThat(files(scene.disk)).noneMatch(name -> name.contains(SegmentFiles.CLEANED));
    assertThat(state(scene.test.log)).isEqualTo(scene.state);

    scene.test.append(9, 0, 0, "goes on");
    scene.test.flush();
    scene.faults.clear();
    scene.disk.limitTo(Long.MAX_VALUE);
    assertThat(scene.test.clean(scene.test.log.logEndOffset()).recordsRemoved()).isPositive();
  }

  private static List<String> files(MemoryFileStore disk) {
    try {
      return disk.list(TestLog.DIRECTORY).stream().map(Path::toString).toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void S32_aCleaningLeavesRoomToThoseWhoAppend() {
    Scene scene = new Scene();
    long used = Long.MAX_VALUE - scene.disk.usableSpace(TestLog.DIRECTORY);
    scene.disk.limitTo(used + CleaningDisk.RESERVE_BYTES);
    AtomicLong operations = new AtomicLong();
    onWhatCountsForNothing(scene).run(operations::incrementAndGet);

    requireEndedWithoutHarm(scene);
    assertThat(operations.get()).as("nothing is begun that can't be ended").isZero();
  }

  @Test
  void S32_aCleaningEndsWhenOthersTakeTheRoomMeanwhile() {
    Scene scene = new Scene();
    AtomicLong writes = new AtomicLong();
    scene.faults.on(Operation.WRITE).path("**.cleaned").run(writes::incrementAndGet);
    onWhatCountsForNothing(scene)
        .run(
            () ->
                scene.disk.limitTo(
                    CleaningDisk.RESERVE_BYTES
                        + scene.disk.totalSpace(TestLog.DIRECTORY)
                        - scene.disk.usableSpace(TestLog.DIRECTORY)));

    requireEndedWithoutHarm(scene);
    assertThat(writes.get()).as("no batch is written into the reserve").isZero();
  }

  @Test
  void S32_aDamagedJournalKeepsTheLogClosed() throws IOException {
    Scene scene = new Scene();
    scene.test.log.close();
    TestLog.overwrite(
        scene.disk, TestLog.DIRECTORY.resolve(SwapJournal.NAME), new byte[] {1, 2, 3});

    assertThatThrownBy(() -> scene.test.open(0, false))
        .hasStackTraceContaining("which segments count is not known");
  }

  @Test
  void S32_aCutWhileASwapWaitsLeavesTheOldSegments() {
    Scene scene = new Scene();
    CleanableSection section =
        CleanableSection.of(
            scene.test.log.snapshot(),
            scene.test.config,
            scene.test.log.logEndOffset(),
            scene.test.clock.wallMs);
    CleaningOrder order =
        new CleaningOrder(scene.test.clock.wallMs, Map.of(), new OffsetMap(1 << 16, 0.9), 1 << 20);
    LogCleaning cleaning =
        new LogCleaning(scene.test.log.snapshot(), section, scene.test.config, order, bytes -> {});
    List<SegmentSwap> swaps = new ArrayList<>();
    assertThatThrownBy(
            () ->
                cleaning.run(
                    group -> {
                      swaps.add(scene.test.log.prepareSwap(group).orElseThrow());
                      throw new CleaningEndedException("one is enough");
                    }))
        .isInstanceOf(CleaningEndedException.class);
    scene.test.log.truncateTo(scene.test.log.logEndOffset() - 1);
    swaps.get(0).run();

    assertThat(scene.test.log.swapped(swaps.get(0))).isEmpty();
    assertThat(shown(scene.test.log)).isEqualTo(scene.before.subList(0, 46));
  }
}
