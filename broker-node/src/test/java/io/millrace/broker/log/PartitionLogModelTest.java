package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.file.MemoryFileStore;
import io.millrace.common.record.Compression;
import io.millrace.common.record.Record;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.common.record.RecordBatches;
import io.millrace.common.record.RecordReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random operations on a log and on the simplest model of one: a list. After each the two must show
 * the same (S29, S30, S31, S33).
 */
class PartitionLogModelTest {
  private static final int SEEDS = Integer.getInteger("seeds", 150);
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
  void showsWhatTheModelShows(long seed) {
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

  /** What the log should hold at an offset. */
  private record Entry(String value, long timestampMs, int epoch, Batch batch) {}

  /** The batch of a record; without a producer if the id is negative. */
  private record Batch(long offset, long producerId, int sequence, int records) {}

  /** A snapshot held by a slow reader, and what it showed when it was taken. */
  private record Held(LogSnapshot snapshot, List<Entry> entries) {}

  private static final class Run {
    final List<String> events = new ArrayList<>();
    final SplittableRandom random;
    final TestLog test;
    MemoryFileStore disk = TestLog.emptyDisk();
    // The log's records from offset 0 on; those below logStart are not looked at.
    List<Entry> entries = new ArrayList<>();
    long logStart;
    long checkpointed;
    final List<Held> held = new ArrayList<>();
    int written;

    Run(long seed) {
      random = new SplittableRandom(seed);
      LogConfig config =
          LogConfig.DEFAULT.toBuilder()
              .segmentBytes(300 + random.nextInt(1500))
              .segmentMs(random.nextInt(3) == 0 ? 50 : 1_000_000)
              .segmentIndexBytes(random.nextInt(3) == 0 ? 48 : 10_000)
              .indexIntervalBytes(random.nextInt(400))
              .retentionMs(-1)
              .producerBatches(1 + random.nextInt(4))
              .build();
      test = new TestLog(disk, config);
    }

    void step() {
      switch (random.nextInt(17)) {
        case 0, 1, 2, 3, 4 -> append();
        case 5, 6 -> flush();
        case 7 -> flushOvertakenByAppend();
        case 8 -> truncate();
        case 9 -> moveLogStart();
        case 10 -> retainBySize();
        case 11 -> restart();
        case 12 -> kill();
        case 13 -> crash();
        case 14 -> hold();
        case 15 -> moveOvertakenByTruncate();
        default -> newEpoch();
      }
      check();
    }

    void append() {
      int batches = 1 + random.nextInt(4);
      events.add("append " + batches + " batches at " + entries.size());
      for (int i = 0; i < batches; i++) {
        test.clock.advanceMs(random.nextInt(20));
        RecordBatchBuilder builder =
            new RecordBatchBuilder(random.nextBoolean() ? Compression.NONE : Compression.LZ4);
        long base = entries.size();
        int records = 1 + random.nextInt(4);
        long producerId = random.nextInt(5) - 2;
        int sequence = producerId < 0 ? -1 : nextSequence(producerId);
        Batch batch = new Batch(base, producerId, sequence, records);
        if (producerId >= 0) {
          builder.producer(producerId, (short) 0, sequence);
        }
        for (int r = 0; r < records; r++) {
          String value = "v" + written++ + "-".repeat(random.nextInt(100));
          long timestampMs = test.clock.wallMs - random.nextInt(30);
          builder.append(timestampMs, null, TestLog.bytes(value), List.of());
          entries.add(new Entry(value, timestampMs, test.epoch, batch));
        }
        test.append(TestLog.stamped(base, test.epoch, builder.build()));
      }
    }

    /** The last batches of a producer that the log holds, newest first. */
    List<Batch> batchesOf(long producerId) {
      List<Batch> batches = new ArrayList<>();
      for (int i = entries.size() - 1; i >= logStart; i--) {
        Batch batch = entries.get(i).batch();
        if (batch.producerId() == producerId && !batches.contains(batch)) {
          batches.add(batch);
        }
      }
      return batches;
    }

    int nextSequence(long producerId) {
      for (int i = entries.size() - 1; i >= 0; i--) {
        Batch batch = entries.get(i).batch();
        if (batch.producerId() == producerId) {
          return batch.sequence() + batch.records();
        }
      }
      return 0;
    }

    void checkProducers() {
      ProducerStateTable producers = test.log.producers();
      for (long id = 0; id < 3; id++) {
        List<Batch> batches = batchesOf(id);
        int remembered = Math.min(batches.size(), test.config.producerBatches());
        for (Batch batch : batches.subList(0, remembered)) {
          int last = batch.sequence() + batch.records() - 1;
          assertThat(producers.check(id, (short) 0, batch.sequence(), last))
              .isEqualTo(
                  new SequenceCheck.Duplicate(
                      batch.offset(), batch.offset() + batch.records() - 1, -1));
        }
        int next = nextSequence(id);
        assertThat(producers.check(id, (short) 0, next, next))
            .isInstanceOf(SequenceCheck.Accept.class);
        if (!batches.isEmpty()) {
          assertThat(producers.check(id, (short) 0, next + 1, next + 1))
              .isInstanceOf(SequenceCheck.Refuse.class);
        }
      }
    }

    void flush() {
      events.add("flush");
      test.flush();
      assertThat(test.log.durableOffset()).isEqualTo(entries.size());
      checkpoint();
    }

    void checkpoint() {
      if (random.nextBoolean()) {
        checkpointed = test.log.recoveryPoint();
      }
    }

    void flushOvertakenByAppend() {
      FlushTicket ticket = test.log.prepareFlush();
      long end = entries.size();
      append();
      events.add("flush of what was before");
      ticket.run();
      test.log.flushed(ticket);
      assertThat(test.log.durableOffset()).isGreaterThanOrEqualTo(end);
      checkpoint();
    }

    void truncate() {
      truncate(logStart + random.nextLong(entries.size() - logStart + 1));
    }

    void truncate(long to) {
      events.add("truncate to " + to);
      FlushTicket overtaken = test.log.prepareFlush();
      long cut =
          to == entries.size() ? to : Math.max(logStart, entries.get((int) to).batch().offset());
      checkpointed = Math.min(checkpointed, cut);
      test.log.truncateTo(to);
      overtaken.run();
      test.log.flushed(overtaken);
      entries = new ArrayList<>(entries.subList(0, (int) cut));
      assertThat(test.log.logEndOffset()).isEqualTo(entries.size());
      assertThat(test.log.durableOffset()).isLessThanOrEqualTo(entries.size());
      if (random.nextBoolean()) {
        append();
      }
      flush();
    }

    void moveLogStart() {
      long to = logStart + random.nextLong(entries.size() - logStart + 1);
      events.add("move log start to " + to);
      test.moveLogStartTo(to);
      logStart = to;
    }

    /** A cut comes before a move of the log start is handed back, or before it has run. */
    void moveOvertakenByTruncate() {
      long choices = entries.size() - logStart - 1;
      if (choices < 1) {
        return;
      }
      long to = logStart + 1 + random.nextLong(choices);
      boolean ran = random.nextBoolean();
      events.add("truncate; before, " + (ran ? "move" : "not yet move") + " log start to " + to);
      LogStartMove move = test.log.prepareLogStart(to);
      if (ran) {
        move.run();
        logStart = to;
      }
      truncate(to + random.nextLong(entries.size() - to));
      move.run();
      test.log.logStartMoved(move);
    }

    void retainBySize() {
      long highWatermark = logStart + random.nextLong(entries.size() - logStart + 1);
      long bytes = test.log.snapshot().sizeInBytes();
      long retentionBytes = random.nextLong(bytes + 1);
      events.add("retain " + retentionBytes + " of " + bytes + " bytes, HW " + highWatermark);
      test.log.reconfigure(test.log.config().toBuilder().retentionBytes(retentionBytes).build());
      List<DetachedSegment> detached = test.retain(highWatermark);
      if (test.log.logStartOffset() > logStart) {
        assertThat(test.log.snapshot().sizeInBytes()).isGreaterThanOrEqualTo(retentionBytes);
      }
      assertThat(test.log.logStartOffset()).isLessThanOrEqualTo(Math.max(logStart, highWatermark));
      logStart = test.log.logStartOffset();
      if (random.nextBoolean()) {
        detached.forEach(DetachedSegment::delete);
      }
    }

    void restart() {
      events.add("restart in order");
      test.log.close();
      checkpointed = entries.size();
      test.log = test.open(checkpointed, true);
      assertThat(test.log.recovery()).isEqualTo(RecoveryResult.NOTHING_TO_DO);
      assertThat(test.log.durableOffset()).isEqualTo(entries.size());
    }

    void kill() {
      events.add("kill, recovery point " + checkpointed);
      reopenOn(disk.killClone());
      assertThat(test.log.logEndOffset()).isEqualTo(entries.size());
    }

    void crash() {
      long durable = test.log.durableOffset();
      long seed = random.nextLong();
      events.add("crash, durable " + durable + " of " + entries.size());
      reopenOn(disk.crashClone(seed));
      long end = test.log.logEndOffset();
      events.add("  recovered to " + end + ": " + test.log.recovery());
      assertThat(end).isBetween(Math.max(durable, logStart), (long) entries.size());
      entries = new ArrayList<>(entries.subList(0, (int) end));
    }

    void reopenOn(MemoryFileStore after) {
      test.log.abandon();
      disk = after;
      test.store = after;
      test.log = test.open(checkpointed, false);
      assertThat(test.log.recovery().unclean()).isFalse();
      held.clear();
    }

    void hold() {
      events.add("hold a snapshot");
      held.add(new Held(test.log.snapshot(), List.copyOf(entries)));
    }

    void newEpoch() {
      test.epoch++;
      events.add("epoch " + test.epoch);
    }

    void check() {
      PartitionLog log = test.log;
      assertThat(log.logStartOffset()).isEqualTo(logStart);
      assertThat(log.logEndOffset()).isEqualTo(entries.size());
      compare(log.snapshot(), entries, logStart);
      if (logStart < entries.size()) {
        long from = logStart + random.nextLong(entries.size() - logStart);
        compare(log.snapshot(), entries, from);
      }
      checkTimes(log.snapshot());
      checkProducers();
      for (Held each : held) {
        try {
          compare(each.snapshot(), each.entries(), each.snapshot().logStartOffset());
        } catch (StaleSnapshotException gone) {
          events.add("  (a held snapshot was stale: " + gone.getMessage() + ")");
        }
      }
      assertThat(test.budget.openSegments()).isLessThanOrEqualTo(2);
    }

    void compare(LogSnapshot snapshot, List<Entry> expected, long from) {
      long upperBound = random.nextInt(3) == 0 ? expected.size() : Long.MAX_VALUE;
      long offset = from;
      long seen = from;
      while (true) {
        LogRead read = snapshot.read(offset, 1 + random.nextInt(600), upperBound, true);
        if (read.isEmpty()) {
          break;
        }
        for (RecordBatch batch : RecordBatches.split(read.records())) {
          for (Record each : RecordReader.readAll(batch, 1 << 20)) {
            if (each.offset() >= seen) {
              Entry entry = expected.get((int) seen);
              assertThat(each.offset()).isEqualTo(seen);
              assertThat(StandardCharsets.UTF_8.decode(each.value()).toString())
                  .isEqualTo(entry.value());
              assertThat(batch.leaderEpoch()).isEqualTo(entry.epoch());
              seen++;
            }
          }
        }
        offset = read.nextOffset();
        assertThat(offset).isEqualTo(seen);
      }
      assertThat(seen).isEqualTo(expected.size());
    }

    void checkTimes(LogSnapshot snapshot) {
      long targetMs = test.clock.wallMs - random.nextInt(300);
      long bound = logStart + random.nextLong(entries.size() - logStart + 1);
      Optional<TimestampedOffset> found = snapshot.offsetForTimestamp(targetMs, bound);
      Optional<TimestampedOffset> expected = Optional.empty();
      for (long i = logStart; i < bound && expected.isEmpty(); i++) {
        Entry entry = entries.get((int) i);
        if (entry.timestampMs() >= targetMs) {
          expected = Optional.of(new TimestampedOffset(i, entry.timestampMs(), entry.epoch()));
        }
      }
      assertThat(found).as("first at or after %s below %s", targetMs, bound).isEqualTo(expected);
    }
  }
}
