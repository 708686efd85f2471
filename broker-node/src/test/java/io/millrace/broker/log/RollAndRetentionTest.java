package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.file.MemoryFileStore;
import io.millrace.common.record.EmptyBatches;
import io.millrace.common.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** S27, S30, S33: when segments begin, and when they go. */
class RollAndRetentionTest {
  private static final LogConfig BASE =
      LogConfig.DEFAULT.toBuilder().segmentBytes(1_000).retentionMs(-1).build();

  private final MemoryFileStore disk = TestLog.emptyDisk();
  private final TestLog test = new TestLog(disk, BASE);

  private List<DetachedSegment> retain(long highWatermark) {
    return test.retain(highWatermark);
  }

  private List<Long> baseOffsets() {
    List<Long> bases =
        new java.util.ArrayList<>(
            test.log.snapshot().sealed().stream().map(SegmentView::baseOffset).toList());
    bases.add(test.log.snapshot().active().baseOffset());
    return bases;
  }

  @Test
  void S30_rollsBeforeASegmentGrowsBeyondSegmentBytes() {
    test.append(12, 100);

    assertThat(baseOffsets()).containsExactly(0L, 5L, 10L);
    assertThat(test.log.snapshot().sealed()).allMatch(view -> view.size() == 5 * 170);
  }

  @Test
  void S30_aBatchLargerThanASegmentGetsOneOfItsOwn() {
    test.append("a");
    test.append("x".repeat(5_000));
    test.append("b");

    assertThat(baseOffsets()).containsExactly(0L, 1L, 2L);
    assertThat(test.values(0)).hasSize(3);
  }

  @Test
  void S30_aSegmentMayBeAsLargeAsSegmentBytesToTheByte() {
    test.log.reconfigure(BASE.toBuilder().segmentBytes(3 * 170).build());
    test.append(7, 100);

    assertThat(baseOffsets()).containsExactly(0L, 3L, 6L);
  }

  @Test
  void S30_theFirstBatchOfALogMayBeLargerThanASegment() {
    test.append("x".repeat(5_000));
    test.append("b");

    assertThat(baseOffsets()).containsExactly(0L, 1L);
  }

  @Test
  void S30_rollsBySegmentMs() {
    test.log.reconfigure(BASE.toBuilder().segmentMs(1_000).build());
    test.append("a");
    test.clock.advanceMs(999);
    test.append("b");
    test.clock.advanceMs(1);
    test.append("c");

    assertThat(baseOffsets()).containsExactly(0L, 2L);
    test.clock.advanceMs(900);
    test.config = test.log.config();
    test.restart();
    test.append("d");
    test.clock.advanceMs(100);
    test.append("e");
    assertThat(baseOffsets()).containsExactly(0L, 2L, 4L);
  }

  @Test
  void S30_rollsBySegmentMsAlsoWhatARecoveryHasFound() {
    test.config = BASE.toBuilder().segmentMs(1_000).build();
    test.log.reconfigure(test.config);
    test.append("a");
    test.log.abandon();
    test.reopen(false);
    test.clock.advanceMs(1_000);
    test.append("b");

    assertThat(baseOffsets()).containsExactly(0L, 1L);
  }

  @Test
  void S30_aFirstRecordWithoutATimeIsOfNoAge() {
    test.log.reconfigure(BASE.toBuilder().segmentMs(1_000).build());
    long now = test.clock.wallMs;
    test.clock.wallMs = -1;
    test.append("of no time");
    test.clock.wallMs = now;
    test.append("of now");

    assertThat(baseOffsets()).containsExactly(0L);
  }

  @Test
  void S30_theAgeOfASegmentIsThatOfItsFirstRecordsNotOfWhatCompactionRemovedBefore() {
    appendARecordAfterAGap();

    requireRollAtTheRecordsAge();
  }

  @Test
  void S30_theAgeOfASegmentThatBeginsWithAGapOutlivesARestart() {
    appendARecordAfterAGap();
    test.restart();

    requireRollAtTheRecordsAge();
  }

  @Test
  void S30_theAgeOfASegmentThatBeginsWithAGapIsFoundByARecovery() {
    appendARecordAfterAGap();
    test.log.abandon();
    test.reopen(false);

    requireRollAtTheRecordsAge();
  }

  private void appendARecordAfterAGap() {
    test.config = BASE.toBuilder().segmentMs(1_000).build();
    test.log.reconfigure(test.config);
    test.startEpoch(0);
    test.log.appendReplicated(EmptyBatches.gap(0, 9, 0));
    test.append("a");
  }

  private void requireRollAtTheRecordsAge() {
    test.clock.advanceMs(999);
    test.append("b");
    test.clock.advanceMs(1);
    test.append("c");
    assertThat(baseOffsets()).containsExactly(0L, 12L);
  }

  @Test
  void S30_recordsWithoutATimeNeverRollByTime() {
    test.log.reconfigure(BASE.toBuilder().segmentMs(1_000).build());
    for (int i = 0; i < 3; i++) {
      test.append(TestLog.stamped(i, 0, TestLog.batch(-1, "v")));
    }

    assertThat(baseOffsets()).containsExactly(0L);
  }

  @Test
  void S30_rollsWhenAnIndexIsFull() {
    test.log.reconfigure(
        BASE.toBuilder().segmentBytes(1 << 20).indexIntervalBytes(0).segmentIndexBytes(60).build());
    // Five entries fit into the time index, one of them is kept for the end.
    test.append(11, 10);

    assertThat(baseOffsets()).containsExactly(0L, 5L, 10L);
  }

  @Test
  void S30_rollsBeforeAnOffsetOverflowsTheIndex() {
    test.append("a");
    ByteBuffer wide = TestLog.batch(test.clock.wallMs, "b");
    // As compaction leaves it: the last record's offset lies far from the first one's.
    wide.putInt(23, Integer.MAX_VALUE - 3);
    RecordBatch.stampLogAppendTime(wide, 0, test.clock.wallMs);
    test.append(TestLog.stamped(1, 0, wide));
    assertThat(test.log.logEndOffset()).isEqualTo(Integer.MAX_VALUE - 1L);
    assertThat(baseOffsets()).containsExactly(0L);

    test.append("c");
    test.append("d");

    assertThat(baseOffsets()).containsExactly(0L, (long) Integer.MAX_VALUE);
    test.flush();
    assertThat(
            test.log.snapshot().read(Integer.MAX_VALUE - 1L, 1, Long.MAX_VALUE, true).firstOffset())
        .isEqualTo(Integer.MAX_VALUE - 1L);
  }

  @Test
  void S30_rollsBeforeTheLastOffsetOfABatchOverflowsTheIndex() {
    test.append("a");
    ByteBuffer wide = TestLog.batch(test.clock.wallMs, "b");
    wide.putInt(23, Integer.MAX_VALUE - 1);
    RecordBatch.stampLogAppendTime(wide, 0, test.clock.wallMs);
    test.log.append(TestLog.stamped(1, 0, wide));

    assertThat(baseOffsets()).containsExactly(0L, 1L);
  }

  @Test
  void S30_retentionBySizeNeverGoesBelowRetentionBytes() {
    test.append(22, 100);
    test.flush();
    // Four full segments of 850 bytes, one of 340.
    assertThat(test.log.snapshot().sizeInBytes()).isEqualTo(3_740);
    test.log.reconfigure(BASE.toBuilder().retentionBytes(2_890).build());

    assertThat(retain(22)).extracting(DetachedSegment::baseOffset).containsExactly(0L);
    assertThat(test.log.logStartOffset()).isEqualTo(5);
    assertThat(retain(22)).isEmpty();
    test.log.reconfigure(BASE.toBuilder().retentionBytes(2_041).build());
    assertThat(retain(22)).isEmpty();
    test.log.reconfigure(BASE.toBuilder().retentionBytes(0).build());
    assertThat(retain(22)).extracting(DetachedSegment::baseOffset).containsExactly(5L, 10L, 15L);
    assertThat(test.values(20)).hasSize(2);
  }

  @Test
  void S27_timeRetentionUsesTheLargestTimestampOfASegment() {
    long t0 = test.clock.wallMs;
    for (int i = 0; i < 12; i++) {
      test.clock.wallMs = i == 2 ? t0 + 5_000 : t0 + i;
      test.append("x".repeat(100));
    }
    test.flush();
    test.log.reconfigure(BASE.toBuilder().retentionMs(1_000).build());

    test.clock.wallMs = t0 + 4_000;
    assertThat(retain(12)).as("the young record holds its segment").isEmpty();
    test.clock.wallMs = t0 + 6_000;
    assertThat(retain(12)).isEmpty();
    test.clock.wallMs = t0 + 6_001;
    assertThat(retain(12)).extracting(DetachedSegment::baseOffset).contains(0L, 5L);
  }

  @Test
  void S27_timeRetentionNeverDeletesAtOrAboveTheHighWatermark() {
    test.append(12, 100);
    test.flush();
    test.log.reconfigure(BASE.toBuilder().retentionMs(1_000).build());
    test.clock.advanceMs(10_000);

    assertThat(retain(9)).extracting(DetachedSegment::baseOffset).containsExactly(0L);
    assertThat(retain(9)).isEmpty();
    assertThat(retain(10)).extracting(DetachedSegment::baseOffset).containsExactly(5L);
    assertThat(retain(11)).isEmpty();
    assertThat(test.log.logStartOffset()).isEqualTo(10);
  }

  @Test
  void S27_recordsWithoutATimeAreNeverTooOld() {
    long now = test.clock.wallMs;
    test.clock.wallMs = -1;
    test.append(12, 100);
    test.clock.wallMs = now;
    test.flush();
    test.log.reconfigure(BASE.toBuilder().retentionMs(1_000).build());

    assertThat(retain(12)).isEmpty();
    assertThat(baseOffsets()).containsExactly(0L, 5L, 10L);
  }

  @Test
  void S27_aSegmentThatCompactionHasEmptiedGoesWithTheNextThatGoes() {
    test.startEpoch(0);
    test.log.appendReplicated(EmptyBatches.gap(0, 9, 0));
    test.clock.advanceMs(1);
    test.log.reconfigure(BASE.toBuilder().segmentBytes(200).build());
    test.append(3, 100);
    test.flush();
    assertThat(baseOffsets()).containsExactly(0L, 10L, 11L, 12L);
    test.log.reconfigure(BASE.toBuilder().segmentBytes(200).retentionMs(1_000).build());

    assertThat(retain(13)).as("nothing is expired yet").isEmpty();
    test.clock.advanceMs(1_001);
    assertThat(retain(13)).extracting(DetachedSegment::baseOffset).containsExactly(0L, 10L, 11L);
  }

  @Test
  void S27_recordsWithoutATimeAreNotTakenForNoneInACompactedLog() {
    long now = test.clock.wallMs;
    test.clock.wallMs = -1;
    test.append(5, 100);
    test.clock.wallMs = now;
    test.append(6, 100);
    test.flush();
    test.log.reconfigure(
        BASE.toBuilder()
            .retentionMs(1_000)
            .compaction(CompactionConfig.DELETE.withPolicy(true, true))
            .build());
    test.clock.advanceMs(10_000);

    assertThat(retain(11)).isEmpty();
    assertThat(baseOffsets()).containsExactly(0L, 5L, 10L);
  }

  @Test
  void S27_S30_theActiveSegmentIsRolledOnlyWhenItAndAllBeforeItAreToGo() {
    test.clock.advanceMs(5_000);
    test.append(5, 100);
    test.clock.advanceMs(-5_000);
    test.append(2, 100);
    test.flush();
    test.log.reconfigure(BASE.toBuilder().retentionMs(1_000).build());

    test.clock.advanceMs(4_000);
    assertThat(retain(7)).as("the first segment is young").isEmpty();
    assertThat(baseOffsets()).containsExactly(0L, 5L);
    test.clock.advanceMs(4_000);
    assertThat(retain(6)).extracting(DetachedSegment::baseOffset).containsExactly(0L);
    assertThat(baseOffsets()).as("its last record is not committed").containsExactly(5L);
    retain(7);
    assertThat(baseOffsets()).containsExactly(5L, 7L);
  }

  @Test
  void S27_timeRetentionPausesWhenTheClockIsNotTrusted() {
    test.append(12, 100);
    test.flush();
    test.log.reconfigure(BASE.toBuilder().retentionMs(1_000).build());
    test.clock.advanceMs(10_000);

    assertThat(test.retain(new RetentionInput(test.clock.wallMs, 12, false))).isEmpty();
    assertThat(retain(12)).hasSize(2);
  }

  @Test
  void S30_anExpiredActiveSegmentIsRolledAndGoes() {
    test.append(12, 100);
    test.flush();
    test.log.reconfigure(BASE.toBuilder().retentionMs(1_000).build());
    test.clock.advanceMs(10_000);

    assertThat(retain(12)).extracting(DetachedSegment::baseOffset).containsExactly(0L, 5L);
    assertThat(baseOffsets()).containsExactly(10L, 12L);
    test.flush();
    assertThat(retain(12)).extracting(DetachedSegment::baseOffset).containsExactly(10L);

    assertThat(test.log.logStartOffset()).isEqualTo(12);
    assertThat(test.log.logEndOffset()).isEqualTo(12);
    assertThat(retain(12)).isEmpty();
    test.restart();
    assertThat(test.log.logEndOffset()).isEqualTo(12);
    test.append("goes on");
    assertThat(test.values(12)).containsExactly("goes on");
  }

  @Test
  void aSegmentThatIsNotCompleteOnDiskIsNotDeleted() {
    test.append(12, 100);
    test.log.reconfigure(BASE.toBuilder().retentionMs(1_000).build());
    test.clock.advanceMs(10_000);

    assertThat(retain(12)).isEmpty();
    test.flush();
    assertThat(retain(12)).isNotEmpty();
  }

  @Test
  void aSegmentOfUnknownAgeIsNotDeletedByTime() throws IOException {
    test.append(12, 100);
    test.flush();
    test.log.close();
    disk.delete(TestLog.files(0).timeIndex());
    test.flipBit(TestLog.files(0).log(), 8 * (170 + 9));
    test.reopen(true);
    test.log.reconfigure(BASE.toBuilder().retentionMs(1_000).build());
    test.clock.advanceMs(10_000);

    assertThat(retain(12)).isEmpty();
  }

  @Test
  void S30_deletionIsARenameFirstAndKeepsProducers() throws IOException {
    for (int i = 0; i < 12; i++) {
      test.append(9L, 0, i, "x".repeat(60));
    }
    test.flush();
    test.moveLogStartTo(12);
    List<DetachedSegment> detached = retain(12);

    assertThat(disk.list(TestLog.DIRECTORY).stream().map(p -> p.getFileName().toString()))
        .contains("00000000000000000000.log.deleted", "00000000000000000000.index.deleted")
        .doesNotContain("00000000000000000000.log");
    detached.forEach(DetachedSegment::delete);
    assertThat(disk.list(TestLog.DIRECTORY).stream().map(p -> p.getFileName().toString()))
        .noneMatch(name -> name.endsWith(".deleted"));
    test.log.abandon();
    test.reopen(false);
    assertThat(test.log.producers().check(9, (short) 0, 11, 11))
        .isEqualTo(new SequenceCheck.Duplicate(11, 11, -1));
  }

  @Test
  void S28_aClockThatIsNotTrustedForgetsNoProducer() {
    test.config = BASE.toBuilder().producerIdExpirationMs(60_000).build();
    test.log.reconfigure(test.config);
    test.append(9L, 0, 0, "a");
    test.clock.advanceMs(60_000);

    test.append(12, 100);
    assertThat(test.log.snapshot().segmentCount()).as("it was rolled").isGreaterThan(1);
    test.retain(new RetentionInput(test.clock.wallMs, 1, false));
    assertThat(test.log.producers().size()).isEqualTo(1);
    test.restart();
    assertThat(test.log.producers().size()).isEqualTo(1);
    retain(1);
    assertThat(test.log.producers().size()).isZero();
  }

  @Test
  void S28_retentionForgetsProducersThatWereSilentForTooLong() {
    test.log.reconfigure(BASE.toBuilder().producerIdExpirationMs(60_000).build());
    test.append(9L, 0, 0, "a");
    test.clock.advanceMs(59_999);
    retain(1);
    assertThat(test.log.producers().size()).isEqualTo(1);
    test.clock.advanceMs(1);
    retain(1);
    assertThat(test.log.producers().size()).isZero();
  }
}
