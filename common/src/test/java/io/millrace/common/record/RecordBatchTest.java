package io.millrace.common.record;

import static io.millrace.common.record.BatchPlan.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TimestampType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RecordBatchTest {
  private static final int SIZE = batch(0).limit();

  @Test
  void readsAndStampsAtAnyPositionOfAnyBuffer() {
    for (ByteBuffer buffer : List.of(ByteBuffer.allocate(500), ByteBuffer.allocateDirect(500))) {
      buffer.position(13).put(batch(0)).clear();
      buffer.order(ByteOrder.LITTLE_ENDIAN);

      RecordBatch.stamp(buffer, 13, 1L << 40, 77);
      RecordBatch.stampLogAppendTime(buffer, 13, 5_000);

      RecordBatch batch = RecordBatch.at(buffer, 13);
      assertThat(batch.baseOffset()).isEqualTo(1L << 40);
      assertThat(batch.lastOffset()).isEqualTo((1L << 40) + 1);
      assertThat(batch.leaderEpoch()).isEqualTo(77);
      assertThat(batch.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
      assertThat(batch.maxTimestamp()).isEqualTo(5_000);
      assertThat(batch.crcValid()).isTrue();
      assertThat(buffer.position()).isZero();
      assertThat(RecordReader.readAll(batch, SIZE))
          .extracting(Record::timestamp)
          .containsExactly(5_000L, 5_000L);
    }
  }

  @Test
  void S25_baseOffsetAndLeaderEpochAreOutsideTheCrc() {
    ByteBuffer bytes = batch(0);
    long crc = RecordBatch.at(bytes, 0).crc();

    RecordBatch.stamp(bytes, 0, 123, 4);

    assertThat(RecordBatch.at(bytes, 0).crc()).isEqualTo(crc);
    assertThat(RecordBatch.at(bytes, 0).crcValid()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "7, 8",
    "2147483646, 2147483647",
    "2147483647, 0",
    "-1, -1",
  })
  void sequencesWrapAfterTheLargest(int baseSequence, int lastSequence) {
    ByteBuffer bytes = batch(0);
    RecordBatch.stampProducer(bytes, 0, 5, (short) 0, baseSequence);
    int expected = baseSequence == 0 ? 1 : lastSequence;

    assertThat(RecordBatch.at(bytes, 0).lastSequence()).isEqualTo(expected);
  }

  @Test
  void refusesToViewLessThanAHeader() {
    ByteBuffer bytes = batch(0);

    assertThatThrownBy(() -> RecordBatch.at(bytes, SIZE - 60))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> RecordBatch.at(bytes, -1))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void splitsBatchesAndStopsAtACutTail() {
    ByteBuffer three = concatenated(0, 2, 4);
    for (int limit = 0; limit <= 3 * SIZE; limit++) {
      List<Long> offsets = new ArrayList<>();
      for (RecordBatch batch : RecordBatches.split(three.duplicate().limit(limit))) {
        offsets.add(batch.baseOffset());
      }
      assertThat(offsets).isEqualTo(List.of(0L, 2L, 4L).subList(0, limit / SIZE));
    }
  }

  @Test
  void splittingStartsAtThePositionAndEndsWithAnException() {
    ByteBuffer three = concatenated(0, 2, 4).position(SIZE);
    Iterator<RecordBatch> batches = RecordBatches.split(three).iterator();

    assertThat(batches.next().position()).isEqualTo(SIZE);
    assertThat(batches.next().position()).isEqualTo(2 * SIZE);
    assertThatThrownBy(batches::next).isInstanceOf(NoSuchElementException.class);
    assertThat(three.position()).isEqualTo(SIZE);
  }

  @ParameterizedTest
  @CsvSource({"0", "48", "-1", "-2147483648", "2147483647"})
  void splittingRefusesALengthThatNoBatchHas(int length) {
    ByteBuffer two = concatenated(0, 2).putInt(SIZE + RecordBatch.LENGTH_AT, length);
    Iterator<RecordBatch> batches = RecordBatches.split(two).iterator();
    batches.next();

    assertThatThrownBy(batches::hasNext)
        .isInstanceOfSatisfying(
            MillraceException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT_BATCH));
  }

  @Test
  void S25_namesTheDefectOfTheBatchAtAPosition() {
    ByteBuffer two = concatenated(0, 2);
    assertThat(RecordBatches.defectAt(two, SIZE)).isEmpty();

    assertThat(RecordBatches.defectAt(two, SIZE + 60).orElseThrow().message())
        .isEqualTo("bytes: 23 (expected: at least 61)");
    assertThat(RecordBatches.defectAt(two.duplicate().limit(2 * SIZE - 1), SIZE).orElseThrow())
        .hasToString("CORRUPT_BATCH: bytes: 82 (expected: 83, by the batch's length)");
    two.put(2 * SIZE - 1, (byte) 9);
    assertThat(RecordBatches.defectAt(two, SIZE).orElseThrow().message()).startsWith("crc: 0x");
    assertThat(RecordBatches.defectAt(two, 0)).isEmpty();
    assertThat(RecordBatches.defectAt(two, -1)).isPresent();
    assertThat(RecordBatches.defectAt(two, 5_000)).isPresent();
  }

  @ParameterizedTest
  @EnumSource
  void aBuilderStartsTheNextBatchInTheSameMemory(Compression compression) {
    RecordBatchBuilder builder = new RecordBatchBuilder(compression).producer(1, (short) 2, 3);
    builder.append(10, utf8("first"), utf8("value".repeat(500)), List.of()).build();
    assertThatThrownBy(() -> builder.append(10, null, null, List.of()))
        .isInstanceOf(IllegalStateException.class);

    builder.reset();
    assertThat(builder.recordCount()).isZero();
    assertThat(builder.estimatedBytes()).isEqualTo(RecordBatch.HEADER_BYTES);
    RecordBatch second =
        RecordBatch.at(builder.append(20, utf8("second"), null, List.of()).build(), 0);

    assertThat(second.hasProducerId()).isFalse();
    assertThat(second.crcValid()).isTrue();
    assertThat(RecordReader.readAll(second, 1_000))
        .containsExactly(new Record(0, 20, utf8("second"), null, List.of()));
  }

  @Test
  void aBuilderRefusesAnEmptyBatchAndImpossibleTimestamps() {
    RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);

    assertThatThrownBy(builder::build).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> builder.append(-2, null, null, List.of()))
        .hasMessage("timestamp: -2 (expected: at least -1)");
    assertThat(builder.recordCount()).isZero();
  }

  @Test
  void aBuilderKnowsTheSizeOfABatchBeforeItIsBuilt() {
    for (long seed = 0; seed < 200; seed++) {
      BatchPlan plan = BatchPlan.random(seed, Compression.NONE);
      RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);
      for (BatchPlan.Entry entry : plan.entries()) {
        ByteBuffer key = BatchPlan.buffer(entry.key());
        ByteBuffer value = BatchPlan.buffer(entry.value());
        long largest =
            builder.estimatedBytes()
                + RecordBatchBuilder.recordBytesMax(key, value, entry.headers());
        builder.append(entry.timestamp(), key, value, entry.headers());
        assertThat((long) builder.estimatedBytes())
            .as("seed %d", seed)
            .isLessThanOrEqualTo(largest);
      }
      assertThat(builder.estimatedBytes()).isEqualTo(builder.build().remaining());
    }
  }

  @Test
  void aBatchOfArraysIsTheSameAsOneOfBuffers() {
    for (long seed = 0; seed < 200; seed++) {
      BatchPlan plan = BatchPlan.random(seed, Compression.NONE);
      RecordBatchBuilder ofBuffers = new RecordBatchBuilder(Compression.NONE);
      RecordBatchBuilder ofArrays = new RecordBatchBuilder(Compression.NONE);
      for (BatchPlan.Entry entry : plan.entries()) {
        ofBuffers.append(
            entry.timestamp(),
            BatchPlan.buffer(entry.key()),
            BatchPlan.buffer(entry.value()),
            entry.headers());
        ofArrays.appendArrays(entry.timestamp(), entry.key(), entry.value(), entry.headers());
      }
      assertThat(ofArrays.build()).as("seed %d", seed).isEqualTo(ofBuffers.build());
    }
  }

  @Test
  void recordsOfADirectBufferOutliveIt() {
    ByteBuffer direct = ByteBuffer.allocateDirect(SIZE).put(batch(0)).flip();
    List<Record> records = RecordReader.readAll(RecordBatch.at(direct, 0), SIZE);
    direct.clear().put(new byte[SIZE]);

    assertThat(records).isEqualTo(RecordReader.readAll(RecordBatch.at(batch(0), 0), SIZE));
  }

  @Test
  void recordsOfAHeapBufferShareIt() {
    ByteBuffer bytes = batch(0);
    ByteBuffer key = RecordReader.readAll(RecordBatch.at(bytes, 0), SIZE).get(0).key();

    assertThat(key.array()).isSameAs(bytes.array());
    assertThat(key.position()).isZero();
  }

  @Test
  void readingRefusesACutBatchAndAnUnknownCodec() {
    ByteBuffer bytes = batch(0);
    assertReadFails(RecordBatch.at(bytes.slice(0, SIZE - 1), 0), ErrorCode.CORRUPT_BATCH);
    assertReadFails(
        RecordBatch.at(bytes.putInt(RecordBatch.RECORD_COUNT_AT, 1), 0), ErrorCode.CORRUPT_BATCH);
    assertReadFails(
        RecordBatch.at(bytes.putShort(RecordBatch.ATTRIBUTES_AT, (short) 7), 0),
        ErrorCode.UNSUPPORTED_BATCH_FORMAT);
  }

  private static void assertReadFails(RecordBatch batch, ErrorCode code) {
    assertThatThrownBy(() -> RecordReader.readAll(batch, 1_000))
        .isInstanceOfSatisfying(MillraceException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  private static ByteBuffer concatenated(long... baseOffsets) {
    ByteBuffer all = ByteBuffer.allocate(SIZE * baseOffsets.length);
    for (long baseOffset : baseOffsets) {
      all.put(batch(baseOffset));
    }
    return all.flip();
  }

  private static ByteBuffer batch(long baseOffset) {
    ByteBuffer bytes =
        new RecordBatchBuilder(Compression.NONE)
            .append(100, utf8("key"), utf8("value"), List.of())
            .append(90, null, null, List.of())
            .build();
    RecordBatch.stamp(bytes, 0, baseOffset, 0);
    return bytes;
  }
}
