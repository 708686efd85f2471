package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.CompactedLogModel.Batch;
import io.millrace.broker.log.CompactedLogModel.Entry;
import io.millrace.broker.log.clean.OffsetMap;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.common.record.RecordBatches;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * S32: random appends, cleanings, crashes and cuts of a compacted log and of the simplest model of
 * one. After each the two must show the same.
 */
class CompactionModelTest {
  private static final int SEEDS = Integer.getInteger("seeds", 200);
  private static final int STEPS = 60;

  static List<Long> seeds() {
    String one = System.getProperty("seed", "");
    List<Long> seeds = new ArrayList<>();
    for (long seed = 0; seed < SEEDS; seed++) {
      seeds.add(seed);
    }
    return one.isEmpty() ? seeds : List.of(Long.parseLong(one));
  }

  @ParameterizedTest(name = "seed {0}: run again with -Dseed={0}")
  @MethodSource("seeds")
  void S32_showsWhatTheModelShows(long seed) {
    Run run = new Run(seed);
    try {
      for (int step = 0; step < STEPS; step++) {
        run.step();
      }
    } catch (RuntimeException | Error e) {
      throw new AssertionError(
          "-Dseed=" + seed + "\n  " + String.join("\n  ", run.events) + "\n" + e, e);
    }
  }

  /** A snapshot held by a slow reader, and what it showed when it was taken. */
  private record Held(LogSnapshot snapshot, List<Entry> entries) {}

  private static final class Run {
    final List<String> events = new ArrayList<>();
    final SplittableRandom random;
    final TestLog test;
    final int keys;
    CompactedLogModel model = new CompactedLogModel();
    MemoryFileStore disk = TestLog.emptyDisk();
    long logStart;
    long checkpointed;
    Optional<Held> held = Optional.empty();
    int written;

    /** Of each producer; never one that was used before, whatever was cut off since. */
    final int[] nextSequences = new int[3];

    /** A cut into what was cleaned forgets producers: what was their last batch there is gone. */
    long producersKnownFrom;

    /** The log's end was lost there: what was the last batch before may have been cleaned away. */
    long lastBatchesFrom;

    /** A cleaning may have rewritten what lies below, though it ended early. */
    long seenByCleaning;

    Run(long seed) {
      random = new SplittableRandom(seed);
      keys = 1 + random.nextInt(30);
      CompactionConfig compaction =
          new CompactionConfig(
              false,
              true,
              0,
              random.nextInt(3) == 0 ? 100 : 0,
              Long.MAX_VALUE,
              random.nextInt(3) == 0 ? 0 : 200);
      LogConfig config =
          LogConfig.DEFAULT.toBuilder()
              .segmentBytes(300 + random.nextInt(2_000))
              .indexIntervalBytes(random.nextInt(400))
              .producerBatches(1 + random.nextInt(4))
              .compaction(compaction)
              .build();
      test = new TestLog(disk, config);
    }

    void step() {
      switch (random.nextInt(14)) {
        case 0, 1, 2, 3, 4 -> append();
        case 5 -> flush();
        case 6, 7, 8 -> clean();
        case 9 -> moveLogStart();
        case 10 -> restart();
        case 11 -> crash();
        case 12 -> truncate();
        default -> hold();
      }
      check();
    }

    void append() {
      int count = 1 + random.nextInt(6);
      events.add("append " + count + " batches at " + model.end());
      for (int i = 0; i < count; i++) {
        test.clock.advanceMs(random.nextInt(20));
        appendBatch(random.nextInt(5) - 2);
      }
    }

    private void appendBatch(long producerId) {
      Compression codec = Compression.values()[random.nextInt(5)];
      RecordBatchBuilder builder = new RecordBatchBuilder(codec);
      int sequence = producerId < 0 ? -1 : nextSequences[(int) producerId];
      Batch batch = new Batch(model.end(), producerId, sequence);
      if (producerId >= 0) {
        builder.producer(producerId, (short) 0, sequence);
      }
      int records = 1 + random.nextInt(5);
      if (producerId >= 0) {
        nextSequences[(int) producerId] += records;
      }
      for (int r = 0; r < records; r++) {
        String key = random.nextInt(40) == 0 ? null : "k" + random.nextInt(keys);
        String value =
            random.nextInt(5) == 0 ? null : "v" + written++ + "-".repeat(random.nextInt(60));
        long timestampMs = test.clock.wallMs - random.nextInt(30);
        builder.append(timestampMs, bytes(key), bytes(value), List.of());
        batch.entries.add(new Entry(batch.base + r, key, value, timestampMs));
      }
      test.append(TestLog.stamped(batch.base, test.epoch, builder.build()));
      model.batches.add(batch);
      test.epoch += random.nextInt(12) == 0 ? 1 : 0;
    }

    private static ByteBuffer bytes(String text) {
      return text == null ? null : TestLog.bytes(text);
    }

    Optional<Batch> last(long producerId) {
      for (int i = model.batches.size() - 1; i >= 0; i--) {
        if (model.batches.get(i).producerId == producerId) {
          return Optional.of(model.batches.get(i));
        }
      }
      return Optional.empty();
    }

    void flush() {
      events.add("flush");
      test.flush();
      if (random.nextBoolean()) {
        checkpointed = test.log.recoveryPoint();
      }
    }

    void clean() {
      long bound = random.nextInt(3) == 0 ? random.nextLong(model.end() + 1) : model.end();
      int mapKeys = random.nextInt(4) == 0 ? 8 + random.nextInt(6) : 1_000;
      CleanableSection section =
          CleanableSection.of(test.log.snapshot(), test.log.config(), bound, test.clock.wallMs);
      events.add("clean below " + bound + ", keys " + mapKeys + ": " + section);
      if (section.dirtyBytes() == 0) {
        return;
      }
      seenByCleaning =
          Math.max(seenByCleaning, section.firstDirtyOffset() + section.dirtyOffsets());
      long nowMs = test.clock.wallMs;
      OffsetMap map = new OffsetMap((long) mapKeys * OffsetMap.ENTRY_BYTES, 0.9);
      boolean stopped = random.nextInt(6) == 0;
      Optional<CleaningResult> result =
          test.clean(section, map, stopped ? 1 + random.nextInt(2) : Integer.MAX_VALUE);
      if (result.isEmpty()) {
        // What was taken in before the end is right too; the model takes over what it left.
        model = stoppedModel(nowMs);
        return;
      }
      long end = result.get().endOffset();
      events.add("  cleaned to " + end + ": " + result.get());
      assertThat(end).isLessThanOrEqualTo(Math.max(bound, section.firstDirtyOffset()));
      if (test.config.compaction().minCompactionLagMs() > 0) {
        requireOldEnough(section.firstDirtyOffset(), end, nowMs);
      }
      long retentionMs = test.config.compaction().deleteRetentionMs();
      assertThat(test.log.snapshot().cleanedOffset()).isEqualTo(end);
      model.clean(end, nowMs, retentionMs);
    }

    private void requireOldEnough(long from, long end, long nowMs) {
      for (Batch batch : model.batches) {
        for (Entry entry : batch.entries) {
          if (entry.offset >= from && entry.offset < end) {
            assertThat(entry.timestampMs).isLessThanOrEqualTo(nowMs - 100);
          }
        }
      }
    }

    /** A cleaning that ended early removed some of what it might have. */
    private CompactedLogModel stoppedModel(long nowMs) {
      events.add("  ended early");
      CompactedLogModel most = model.copy();
      most.clean(model.end(), nowMs, test.config.compaction().deleteRetentionMs());
      List<Entry> found = CompactedLogModel.read(test.log.snapshot(), logStart);
      assertThat(found.stream().map(Entry::toString).toList())
          .containsAll(most.left(logStart).stream().map(Entry::toString).toList());
      List<Long> offsets = found.stream().map(each -> each.offset).toList();
      for (Batch batch : model.batches) {
        boolean tombstoneStays = false;
        for (Entry entry : batch.entries) {
          entry.removed |= entry.offset >= logStart && !offsets.contains(entry.offset);
          tombstoneStays |= !entry.removed && entry.value == null;
        }
        long horizonMs = test.horizonOf(batch.base);
        batch.horizonMs = tombstoneStays && horizonMs > 0 ? horizonMs : batch.horizonMs;
      }
      return model;
    }

    void moveLogStart() {
      long to = logStart + random.nextLong(model.end() - logStart + 1);
      events.add("move log start to " + to);
      test.moveLogStartTo(to);
      logStart = to;
    }

    void truncate() {
      long to = logStart + random.nextLong(model.end() - logStart + 1);
      events.add("truncate to " + to);
      checkpointed = Math.min(checkpointed, test.log.endAfterCut(to));
      boolean intoCleaned = to < seenByCleaning;
      test.log.truncateTo(to);
      producersKnownFrom = intoCleaned ? test.log.logEndOffset() : producersKnownFrom;
      long end = test.log.logEndOffset();
      assertThat(end).isLessThanOrEqualTo(Math.max(to, logStart));
      assertThat(test.log.snapshot().cleanedOffset()).isLessThanOrEqualTo(end);
      cutModelTo(end);
      test.flush();
    }

    private void cutModelTo(long end) {
      lastBatchesFrom = end < model.end() ? end : lastBatchesFrom;
      if (end <= logStart) {
        beginAnew(end);
      } else {
        model.cutTo(end);
      }
    }

    /** Nothing is left; there were offsets below. */
    private void beginAnew(long end) {
      logStart = end;
      model.batches.clear();
      Batch gone = new Batch(0, -1, -1);
      for (long offset = 0; offset < end; offset++) {
        gone.entries.add(new Entry(offset, null, null, -1));
        gone.entries.get((int) offset).removed = true;
      }
      model.batches.add(gone);
    }

    void restart() {
      events.add("restart in order");
      test.restart();
      held = Optional.empty();
      checkpointed = model.end();
      assertThat(test.log.recovery()).isEqualTo(RecoveryResult.NOTHING_TO_DO);
    }

    void crash() {
      boolean power = random.nextBoolean();
      long durable = test.log.durableOffset();
      long seed = random.nextLong();
      MemoryFileStore after = power ? disk.crashClone(seed) : disk.killClone();
      events.add((power ? "power loss" : "kill") + ", durable " + durable + " of " + model.end());
      test.log.abandon();
      disk = after;
      test.store = after;
      test.log = test.open(checkpointed, false);
      long end = test.log.logEndOffset();
      events.add("  recovered to " + end + ": " + test.log.recovery());
      assertThat(end).isBetween(power ? Math.max(durable, logStart) : model.end(), model.end());
      cutModelTo(end);
      held = Optional.empty();
      test.epoch = Math.max(test.epoch, test.log.leaderEpochs().latestEpoch().orElse(0));
    }

    void hold() {
      events.add("hold a snapshot");
      held =
          Optional.of(
              new Held(test.log.snapshot(), CompactedLogModel.read(test.log.snapshot(), logStart)));
    }

    void check() {
      assertThat(test.log.logStartOffset()).isEqualTo(logStart);
      assertThat(test.log.logEndOffset()).isEqualTo(model.end());
      List<Entry> left = model.left(logStart);
      assertThat(CompactedLogModel.read(test.log.snapshot(), logStart))
          .usingElementComparator((a, b) -> a.toString().compareTo(b.toString()))
          .containsExactlyElementsOf(left);
      checkTimes(left);
      checkProducers();
      checkHeld();
    }

    private void checkTimes(List<Entry> left) {
      long targetMs = test.clock.wallMs - random.nextInt(400);
      Optional<Long> expected =
          left.stream()
              .filter(entry -> entry.timestampMs >= targetMs)
              .map(entry -> entry.offset)
              .findFirst();
      assertThat(
              test.log
                  .snapshot()
                  .offsetForTimestamp(targetMs, Long.MAX_VALUE)
                  .map(TimestampedOffset::offset))
          .isEqualTo(expected);
      if (logStart == 0) {
        long largestMs = left.stream().mapToLong(entry -> entry.timestampMs).max().orElse(-1);
        assertThat(
                test.log
                    .snapshot()
                    .offsetOfMaxTimestamp(Long.MAX_VALUE)
                    .map(TimestampedOffset::timestampMs)
                    .orElse(-1L))
            .isEqualTo(largestMs);
      }
    }

    private void checkProducers() {
      ProducerStateTable rebuilt = producersOfTheBatches();
      for (long id = 0; id < 3; id++) {
        Optional<Batch> last = last(id);
        if (last.isEmpty() || last.get().base < Math.max(logStart, producersKnownFrom)) {
          continue;
        }
        Batch batch = last.get();
        int end = batch.sequence + batch.entries.size();
        if (batch.base >= lastBatchesFrom) {
          assertThat(rebuilt.check(id, (short) 0, batch.sequence, end - 1))
              .isEqualTo(new SequenceCheck.Duplicate(batch.base, batch.end() - 1, -1));
        }
        ProducerStateTable producers = test.log.producers();
        assertThat(producers.check(id, (short) 0, batch.sequence, end - 1))
            .isEqualTo(new SequenceCheck.Duplicate(batch.base, batch.end() - 1, -1));
        assertThat(producers.check(id, (short) 0, end + 1, end + 1))
            .isInstanceOf(SequenceCheck.Refuse.class);
        assertThat(producers.check(id, (short) 0, end, end))
            .isInstanceOf(SequenceCheck.Accept.class);
      }
    }

    /** What a new follower learns of the producers. */
    private ProducerStateTable producersOfTheBatches() {
      ProducerStateTable rebuilt = new ProducerStateTable(1);
      LogSnapshot log = test.log.snapshot();
      long offset = logStart;
      while (offset < log.logEndOffset()) {
        LogRead read = log.read(offset, 700, Long.MAX_VALUE, true);
        RecordBatches.split(read.records()).forEach(batch -> rebuilt.update(batch, 0));
        offset = read.nextOffset();
      }
      return rebuilt;
    }

    private void checkHeld() {
      if (held.isPresent()) {
        try {
          assertThat(
                  CompactedLogModel.read(
                          held.get().snapshot(), held.get().snapshot().logStartOffset())
                      .stream()
                      .map(Entry::toString))
              .containsExactlyElementsOf(
                  held.get().entries().stream().map(Entry::toString).toList());
        } catch (StaleSnapshotException deleted) {
          held = Optional.empty();
        }
      }
    }
  }
}
