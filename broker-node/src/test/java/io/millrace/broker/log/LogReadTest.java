package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.ErrorCode;
import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.common.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What readers get of a log, on whatever thread. */
class LogReadTest {
  private static final LogConfig CONFIG =
      LogConfig.DEFAULT.toBuilder().segmentBytes(1_000).indexIntervalBytes(150).build();

  private final MemoryFileStore disk = TestLog.emptyDisk();
  private final TestLog test = new TestLog(disk, CONFIG);

  @Test
  void S22_returnsAtLeastOneBatchWhateverTheLimit() {
    test.append("x".repeat(700));

    assertThat(test.log.snapshot().read(0, 10, 1, true).nextOffset()).isEqualTo(1);
    assertThat(test.log.snapshot().read(0, 10, 1, false).isEmpty()).isTrue();
    assertThat(test.log.snapshot().read(0, 0, 1, true).nextOffset()).isEqualTo(1);
  }

  @Test
  void returnsWholeBatchesWithinTheLimit() {
    test.append(5, 100);

    LogRead read = test.log.snapshot().read(0, 400, 5, true);

    assertThat(read.records().remaining()).isEqualTo(2 * 170);
    assertThat(read.nextOffset()).isEqualTo(2);
    assertThat(read.leaderEpoch()).isZero();
  }

  @Test
  void S01_returnsNothingAtOrAboveTheUpperBound() {
    test.append("a", "b");
    test.append("c", "d");

    assertThat(test.log.snapshot().read(0, 1_000, 4, true).nextOffset()).isEqualTo(4);
    assertThat(test.log.snapshot().read(0, 1_000, 3, true).nextOffset()).isEqualTo(2);
    assertThat(test.log.snapshot().read(0, 1_000, 1, true).isEmpty()).isTrue();
    assertThat(test.log.snapshot().read(2, 1_000, 2, true).isEmpty()).isTrue();
    assertThat(test.log.snapshot().read(4, 1_000, 4, true).isEmpty()).isTrue();
  }

  @Test
  void tellsTheBytesBetweenOffsetsInAnySegments() {
    for (int i = 0; i < 20; i++) {
      test.append("x".repeat(10 * i), "second");
    }
    LogSnapshot snapshot = test.log.snapshot();
    assertThat(snapshot.segmentCount()).isGreaterThan(2);
    for (long from = 0; from <= 40; from++) {
      long bytes = 0;
      for (long to = from - from % 2; to <= 40; to += 2) {
        assertThat(snapshot.bytesBetween(from, to)).as("from %d to %d", from, to).isEqualTo(bytes);
        bytes += to == 40 ? 0 : snapshot.read(to, 0, 40, true).records().remaining();
      }
    }
  }

  @Test
  void readsTheLastSmallBatchesByOneLookAtTheFile() {
    FaultPlan plan = new FaultPlan();
    AtomicInteger reads = new AtomicInteger();
    plan.on(FaultPlan.Operation.READ).path("**.log").run(reads::incrementAndGet);
    TestLog small = new TestLog(new FaultyFileStore(TestLog.emptyDisk(), plan), LogConfig.DEFAULT);
    for (int i = 0; i < 40; i++) {
      small.append("x".repeat(1_000), "number " + i);
      reads.set(0);

      LogRead read = small.log.snapshot().read(2L * i, 1 << 20, 2L * (i + 1), true);

      assertThat(read.records().remaining()).isGreaterThan(1_000);
      assertThat(read.nextOffset()).isEqualTo(2L * (i + 1));
      assertThat(reads.get()).as("batch %d", i).isEqualTo(1);
    }
  }

  @Test
  void S26_mayBeginBeforeTheAskedOffset() {
    test.append("a", "b", "c");

    LogRead read = test.log.snapshot().read(2, 1_000, 3, true);

    assertThat(read.firstOffset()).isZero();
    assertThat(read.nextOffset()).isEqualTo(3);
  }

  @Test
  void refusesOffsetsOutsideTheLog() {
    test.append(5, 10);
    test.moveLogStartTo(2);

    for (long offset : new long[] {1, 6}) {
      assertThatThrownBy(() -> test.log.snapshot().read(offset, 10, 5, true))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessage("offset: " + offset + " (expected: [2, 5])");
    }
  }

  @Test
  void putsTheBytesWhereTheCallerWants() {
    test.append(3, 100);
    List<ByteBuffer> handedOut = new ArrayList<>();
    ReadBuffers pool =
        bytes -> {
          handedOut.add(ByteBuffer.allocateDirect(bytes + 64));
          return handedOut.get(0);
        };

    LogRead read = test.log.snapshot().read(new ReadRequest(1, 1_000, 3, true, pool));

    assertThat(handedOut).hasSize(1);
    assertThat(read.records()).isSameAs(handedOut.get(0));
    assertThat(read.records().remaining()).isEqualTo(2 * 170);
    assertThat(RecordBatch.at(read.records(), 0).baseOffset()).isEqualTo(1);
  }

  @Test
  void S25_neverServesABatchWithAnyBitFlipped() throws IOException {
    test.append("one");
    test.append("two");
    int size = test.log.snapshot().active().size() / 2;
    for (int bit = 0; bit < 16 * size; bit++) {
      test.flipBit(TestLog.files(0).log(), bit);
      LogSnapshot snapshot = test.log.snapshot();
      if (bit < 8 * size) {
        assertThatThrownBy(() -> snapshot.read(0, 1_000, 2, true))
            .as("bit %d", bit)
            .isInstanceOf(CorruptBatchException.class);
      } else {
        assertThat(snapshot.read(0, 1_000, 2, true).nextOffset()).as("bit %d", bit).isEqualTo(1);
        assertThatThrownBy(() -> snapshot.read(1, 1_000, 2, true))
            .as("bit %d", bit)
            .isInstanceOf(CorruptBatchException.class);
      }
      test.flipBit(TestLog.files(0).log(), bit);
    }
  }

  @Test
  void S25_servesTheWholeBatchesOfASegmentFileThatIsShortAndNamesTheFirstThatIsNot()
      throws IOException {
    test.append(2, 100);
    test.clock.wallMs += 100;
    test.append(1, 100);
    for (int cut = 1; cut <= 170; cut++) {
      try (StoredFile file = disk.open(TestLog.files(0).log(), OpenMode.READ_WRITE)) {
        file.truncate(3 * 170 - cut);
      }
      LogSnapshot snapshot = test.log.snapshot();
      assertThat(snapshot.read(0, 1_000, 3, true).nextOffset()).isEqualTo(2);
      assertCorruptAt(2, () -> snapshot.read(2, 1_000, 3, true));
      assertCorruptAt(2, () -> snapshot.offsetForTimestamp(test.clock.wallMs, 3));
    }
  }

  private static void assertCorruptAt(long offset, ThrowingCallable read) {
    assertThatThrownBy(read)
        .isInstanceOfSatisfying(
            CorruptBatchException.class,
            corrupt -> {
              assertThat(corrupt.offset()).isEqualTo(offset);
              assertThat(corrupt.position()).isEqualTo(170 * offset);
            });
  }

  @Test
  void S25_namesTheSegmentOfACorruptBatch() throws IOException {
    test.append(12, 100);
    test.flush();
    test.flipBit(TestLog.files(5).log(), 8 * (170 + 100));

    assertThat(test.log.snapshot().read(5, 1_000, 12, true).nextOffset()).isEqualTo(6);
    assertThatThrownBy(() -> test.log.snapshot().read(6, 1_000, 12, true))
        .isInstanceOfSatisfying(
            CorruptBatchException.class,
            corrupt -> {
              assertThat(corrupt.segment()).isEqualTo(TestLog.files(5).log());
              assertThat(corrupt.position()).isEqualTo(170);
              assertThat(corrupt.offset()).isEqualTo(6);
              assertThat(corrupt.error().code()).isEqualTo(ErrorCode.CORRUPT_BATCH);
              assertThat(corrupt.error().details())
                  .containsEntry("segment", "00000000000000000005.log");
            });
    assertThat(test.log.snapshot().read(7, 1_000, 12, true).nextOffset()).isEqualTo(10);
  }

  @Test
  void S27_findsTheFirstRecordAtOrAfterATime() {
    long t0 = test.clock.wallMs;
    test.append("a", "b");
    test.clock.advanceMs(100);
    test.append("c");
    test.clock.advanceMs(-50);
    test.append("late");
    test.clock.advanceMs(100);
    test.append("d");

    LogSnapshot log = test.log.snapshot();
    assertThat(log.offsetForTimestamp(t0 - 1, 5)).hasValue(new TimestampedOffset(0, t0, 0));
    assertThat(log.offsetForTimestamp(t0 + 1, 5)).hasValue(new TimestampedOffset(2, t0 + 100, 0));
    assertThat(log.offsetForTimestamp(t0 + 101, 5)).hasValue(new TimestampedOffset(4, t0 + 150, 0));
    assertThat(log.offsetForTimestamp(t0 + 101, 4)).isEmpty();
    assertThat(log.offsetForTimestamp(t0 + 151, 5)).isEmpty();
  }

  @Test
  void S27_findsARecordInTheMiddleOfABatch() {
    test.append(
        TestLog.stamped(
            0,
            0,
            new io.millrace.common.record.RecordBatchBuilder(
                    io.millrace.common.record.Compression.ZSTD)
                .append(1_000, null, TestLog.bytes("a"), List.of())
                .append(3_000, null, TestLog.bytes("b"), List.of())
                .append(2_000, null, TestLog.bytes("c"), List.of())
                .build()));

    assertThat(test.log.snapshot().offsetForTimestamp(1_500, 3))
        .hasValue(new TimestampedOffset(1, 3_000, 0));
    assertThat(test.log.snapshot().offsetForTimestamp(1_500, 1)).isEmpty();
  }

  @Test
  void findsTheRecordWithTheLargestTimestamp() {
    assertThat(test.log.snapshot().offsetOfMaxTimestamp(10)).isEmpty();
    long t0 = test.clock.wallMs;
    for (int i = 0; i < 30; i++) {
      test.clock.wallMs = t0 + (i == 17 ? 10_000 : i);
      test.append("v" + i);
    }

    assertThat(test.log.snapshot().offsetOfMaxTimestamp(30))
        .hasValue(new TimestampedOffset(17, t0 + 10_000, 0));
    assertThat(test.log.snapshot().offsetOfMaxTimestamp(17))
        .hasValue(new TimestampedOffset(16, t0 + 16, 0));
  }

  @Test
  void findsTheLargestTimestampAlsoWhereNoIndexEntryTellsIt() {
    long t0 = test.clock.wallMs;
    test.append("early");
    test.clock.wallMs = t0 + 500;
    test.append("latest");
    test.clock.wallMs = t0;
    test.append("early too");

    assertThat(test.log.snapshot().offsetOfMaxTimestamp(3))
        .hasValue(new TimestampedOffset(1, t0 + 500, 0));
  }

  @Test
  void S25_aTimeIsNotLookedUpInACorruptBatch() throws IOException {
    test.append("one");
    test.flipBit(TestLog.files(0).log(), 8L * (test.log.snapshot().active().size() - 2));

    assertThatThrownBy(() -> test.log.snapshot().offsetForTimestamp(test.clock.wallMs, 1))
        .isInstanceOf(CorruptBatchException.class);
  }

  @Test
  void S27_S33_aTimeIsNotFoundBelowTheLogStartInTheMiddleOfABatch() {
    test.append("deleted", "deleted too", "left");
    test.moveLogStartTo(2);

    assertThat(test.log.snapshot().offsetForTimestamp(0, 3))
        .hasValue(new TimestampedOffset(2, test.clock.wallMs, 0));
  }

  @Test
  void aHeldSnapshotShowsWhatItShowedWhileTheLogGoesOn() {
    test.append(20, 50);
    LogSnapshot held = test.log.snapshot();

    test.append(20, 50);
    test.flush();

    assertThat(TestLog.values(held, 0, Long.MAX_VALUE)).hasSize(20);
    assertThat(held.logEndOffset()).isEqualTo(20);
  }

  @Test
  void aHeldSnapshotIsStaleWhereTheLogWasCutAndNeverShowsOtherRecords() {
    test.append("a", "b");
    test.append("c", "d");
    LogSnapshot held = test.log.snapshot();

    test.log.truncateTo(2);
    test.append("x", "y");

    assertThatThrownBy(() -> held.read(2, 1_000, 4, true))
        .isInstanceOf(StaleSnapshotException.class);
    assertThat(test.values(0)).containsExactly("a", "b", "x", "y");
  }

  @Test
  void aReaderInsideASegmentSurvivesItsTruncationAndItsIndexesBeingReplaced() {
    test.append(30, 100);
    test.flush();
    SegmentView first = test.log.snapshot().sealed().get(0);
    SegmentHandle inside = first.borrow();
    OffsetIndex offsets = inside.offsets();

    test.log.truncateTo(3);
    test.append(30, 100);
    test.flush();

    assertThat(offsets.floor(4)).isEqualTo(new OffsetIndex.IndexedPosition(4, 4 * 170));
    assertThatThrownBy(first::requireUncut).isInstanceOf(StaleSnapshotException.class);
    first.segment().giveBack(inside);
    assertThat(test.values(0)).hasSize(33);
  }

  @Test
  void aHeldSnapshotReadsDetachedSegmentsUntilTheyAreDeleted() throws IOException {
    test.append(20, 100);
    test.flush();
    LogSnapshot held = test.log.snapshot();
    test.moveLogStartTo(12);
    List<DetachedSegment> detached = test.retain(20);

    assertThat(detached).extracting(DetachedSegment::baseOffset).containsExactly(0L, 5L);
    assertThat(TestLog.values(held, 0, 20)).hasSize(20);
    SegmentHandle inside = held.sealed().get(0).borrow();
    detached.forEach(DetachedSegment::delete);
    assertThat(inside.data().size()).isPositive();
    held.sealed().get(0).segment().giveBack(inside);
    assertThatThrownBy(() -> held.read(0, 1_000, 20, true))
        .isInstanceOf(StaleSnapshotException.class);
    assertThat(TestLog.values(held, 10, 20)).hasSize(10);
    assertThat(disk.list(TestLog.DIRECTORY))
        .noneMatch(path -> path.toString().endsWith(SegmentFiles.DELETED));
  }

  @Test
  void readsAfterClosingAreStale() {
    test.append("a");
    LogSnapshot held = test.log.snapshot();
    test.log.close();

    assertThatThrownBy(() -> held.read(0, 1_000, 1, true))
        .isInstanceOf(StaleSnapshotException.class);
  }
}
