package io.millrace.common.record;

import static io.millrace.common.record.BatchPlan.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BatchValidatorTest {
  private static final BatchLimits WIDE = new BatchLimits(1 << 20, 1 << 20, false);
  private static final long NOW_MS = 1_700_000_000_000L;

  @ParameterizedTest
  @EnumSource
  void acceptsAWholeBatchInAnyKindOfBuffer(Compression compression) {
    ByteBuffer heap = batch(compression);
    ByteBuffer direct = ByteBuffer.allocateDirect(heap.remaining() + 10).position(7);
    direct.put(heap.duplicate()).flip().position(7);

    for (ByteBuffer bytes : List.of(heap, heap.asReadOnlyBuffer(), direct)) {
      BatchValidation.Valid valid = valid(bytes, WIDE);
      assertThat(valid.batch().slice()).isEqualTo(heap);
      assertThat(valid.batch().recordCount()).isEqualTo(3);
      assertThat(valid.recordBytes()).isEqualTo(batch(Compression.NONE).remaining() - 61);
      assertThat(bytes.remaining()).isEqualTo(heap.remaining());
    }
  }

  @ParameterizedTest
  @EnumSource
  void S25_refusesEveryFlippedBitThatTheLeaderDoesNotOverwrite(Compression compression) {
    ByteBuffer bytes = batch(compression);
    for (int bit = 0; bit < bytes.limit() * 8; bit++) {
      int at = bit / 8;
      boolean overwritten = at < RecordBatch.LENGTH_AT || (at >= 12 && at < RecordBatch.MAGIC_AT);
      byte original = bytes.get(at);
      bytes.put(at, (byte) (original ^ 1 << bit % 8));

      BatchValidation verdict = BatchValidator.validate(bytes, WIDE);

      assertThat(verdict instanceof BatchValidation.Valid).as("bit %d", bit).isEqualTo(overwritten);
      bytes.put(at, original);
    }
  }

  @ParameterizedTest
  @EnumSource
  void refusesABatchThatIsCutAnywhere(Compression compression) {
    ByteBuffer bytes = batch(compression);
    for (int length = 0; length < bytes.limit(); length++) {
      assertThat(refusal(bytes.slice(0, length), WIDE)).isEqualTo(ErrorCode.CORRUPT_BATCH);
      ByteBuffer shortened = withLength(bytes, length);
      if (length >= RecordBatch.HEADER_BYTES) {
        fixCrc(shortened);
        assertThat(refusal(shortened, WIDE)).as("%d", length).isEqualTo(ErrorCode.CORRUPT_BATCH);
      }
    }
  }

  @Test
  void refusesTwoBatchesAndTrailingBytes() {
    ByteBuffer one = batch(Compression.NONE);
    ByteBuffer two = ByteBuffer.allocate(2 * one.limit()).put(one.duplicate()).put(one.duplicate());

    assertThat(invalid(two.flip(), WIDE).error().message())
        .isEqualTo("bytes: 198 (expected: 99, one batch)");
    assertThat(refusal(two.limit(one.limit() + 1), WIDE)).isEqualTo(ErrorCode.CORRUPT_BATCH);
  }

  @Test
  void refusesAnotherMagic() {
    ByteBuffer bytes = batch(Compression.NONE).put(RecordBatch.MAGIC_AT, (byte) 1);

    assertThat(invalid(bytes, WIDE).error().toString())
        .isEqualTo("UNSUPPORTED_BATCH_FORMAT: magic: 1 (expected: 2)");
  }

  @Test
  void refusesUnknownCodecsAndReservedBits() {
    for (int codec = 5; codec < 8; codec++) {
      assertThat(refusal(withAttributes(codec), WIDE))
          .isEqualTo(ErrorCode.UNSUPPORTED_BATCH_FORMAT);
    }
    for (int bit = 6; bit < 16; bit++) {
      assertThat(refusal(withAttributes(1 << bit), WIDE))
          .isEqualTo(ErrorCode.UNSUPPORTED_BATCH_FORMAT);
    }
  }

  @Test
  void S24_refusesControlBatchesOfClients() {
    assertThat(refusal(withAttributes(RecordBatch.CONTROL_BIT), WIDE))
        .isEqualTo(ErrorCode.INVALID_RECORD);
  }

  @Test
  void refusesTransactionalBatches() {
    assertThat(refusal(withAttributes(RecordBatch.TRANSACTIONAL_BIT), WIDE))
        .isEqualTo(ErrorCode.TRANSACTIONS_NOT_ENABLED);
  }

  @Test
  void S27_refusesABatchThatClaimsLogAppendTime() {
    assertThat(refusal(withAttributes(RecordBatch.LOG_APPEND_TIME_BIT), WIDE))
        .isEqualTo(ErrorCode.INVALID_TIMESTAMP);
  }

  @Test
  void S23_boundsTheBatchAsSent() {
    ByteBuffer bytes = batch(Compression.NONE);
    int size = bytes.limit();

    valid(bytes, new BatchLimits(size, 1 << 20, false));
    BatchValidation.Invalid refused = invalid(bytes, new BatchLimits(size - 1, 1 << 20, false));

    assertThat(refused.error().toString())
        .isEqualTo(
            "BATCH_TOO_LARGE: batch bytes: 99 (expected: at most 98, the topic's max.message.bytes)");
    assertThat(refused.error().details()).containsEntry("max_message_bytes", "98");
  }

  @ParameterizedTest
  @EnumSource
  void S23_boundsTheDecompressedBytesToTheByte(Compression compression) {
    ByteBuffer bytes = batch(compression);
    int recordBytes = batch(Compression.NONE).limit() - RecordBatch.HEADER_BYTES;

    valid(bytes, new BatchLimits(1 << 20, recordBytes, false));
    assertThat(refusal(bytes, new BatchLimits(1 << 20, recordBytes - 1, false)))
        .isEqualTo(ErrorCode.DECOMPRESSED_TOO_LARGE);
  }

  @Test
  void refusesCountsThatDoNotFitTheRecords() {
    assertThat(refusal(edited(RecordBatch.RECORD_COUNT_AT, 0), WIDE))
        .isEqualTo(ErrorCode.CORRUPT_BATCH);
    assertThat(refusal(edited(RecordBatch.RECORD_COUNT_AT, 2), WIDE))
        .isEqualTo(ErrorCode.CORRUPT_BATCH);
    assertThat(refusal(edited(RecordBatch.LAST_OFFSET_DELTA_AT, 3), WIDE))
        .isEqualTo(ErrorCode.CORRUPT_BATCH);
    for (int count : new int[] {1, 2, 4, Integer.MAX_VALUE}) {
      ByteBuffer bytes = edited(RecordBatch.RECORD_COUNT_AT, count);
      bytes.putInt(RecordBatch.LAST_OFFSET_DELTA_AT, count - 1);
      assertThat(refusal(fixCrc(bytes), WIDE)).isEqualTo(ErrorCode.CORRUPT_BATCH);
    }
  }

  @Test
  void refusesOffsetDeltasThatAreNotConsecutive() {
    ByteBuffer bytes =
        new RecordBatchBuilder(Compression.NONE).append(5, null, null, List.of()).build();
    bytes.put(61 + 3, (byte) 2);

    assertThat(invalid(fixCrc(bytes), WIDE).error().toString())
        .isEqualTo("CORRUPT_BATCH: record 0: offset delta: 1 (expected: 0)");
  }

  @Test
  void refusesAMaxTimestampThatNoRecordHas() {
    ByteBuffer bytes = batch(Compression.NONE).putLong(RecordBatch.MAX_TIMESTAMP_AT, NOW_MS + 9);

    assertThat(refusal(fixCrc(bytes), WIDE)).isEqualTo(ErrorCode.INVALID_TIMESTAMP);
  }

  @Test
  void refusesHalfAProducerIdentity() {
    RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);
    builder.append(NOW_MS, null, null, List.of());
    ByteBuffer bytes = builder.build();
    RecordBatch.stampProducer(bytes, 0, 12, (short) 3, 4);
    valid(bytes, WIDE);

    RecordBatch.stampProducer(bytes, 0, 12, (short) -1, 4);
    assertThat(refusal(bytes, WIDE)).isEqualTo(ErrorCode.INVALID_RECORD);
    RecordBatch.stampProducer(bytes, 0, 12, (short) 3, -1);
    assertThat(refusal(bytes, WIDE)).isEqualTo(ErrorCode.INVALID_RECORD);
    RecordBatch.stampProducer(bytes, 0, -2, (short) 3, 4);
    assertThat(refusal(bytes, WIDE)).isEqualTo(ErrorCode.INVALID_RECORD);
  }

  @ParameterizedTest
  @EnumSource
  void aBatchBuiltWithoutCrcIsWholeOnceItHasItsProducer(Compression compression) {
    RecordBatchBuilder builder = new RecordBatchBuilder(compression).producer(12, (short) 3, 4);
    ByteBuffer whole = builder.append(NOW_MS, null, utf8("a"), List.of()).build();
    RecordBatchBuilder unstamped = new RecordBatchBuilder(compression);
    ByteBuffer late = unstamped.append(NOW_MS, null, utf8("a"), List.of()).buildUnstamped();
    RecordBatch.stampProducer(late, 0, 12, (short) 3, 4);

    assertThat(late).isEqualTo(whole);
    valid(late, WIDE);
  }

  @Test
  void S24_namesEachRecordWithoutKeyInACompactedTopic() {
    BatchLimits compacted = new BatchLimits(1 << 20, 1 << 20, true);
    RecordBatchBuilder builder = new RecordBatchBuilder(Compression.LZ4);
    builder.append(NOW_MS, null, utf8("a"), List.of());
    builder.append(NOW_MS, utf8("k"), utf8("b"), List.of());
    builder.append(NOW_MS, null, utf8("c"), List.of());

    BatchValidation.Invalid refused = invalid(builder.build(), compacted);

    assertThat(refused.error().code()).isEqualTo(ErrorCode.INVALID_RECORD);
    assertThat(refused.recordErrors())
        .extracting(RecordErrorDetail::recordIndex)
        .containsExactly(0, 2);
    assertThat(refused.recordErrors().get(1).error().message())
        .isEqualTo("record 2: key: null (expected: a key; the topic is compacted)");
  }

  @Test
  void S27_namesEachRecordOutsideTheTimestampBounds() {
    BatchLimits limits = WIDE.withTimestampsAround(NOW_MS, 1_000, 500);
    RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);
    long[] timestamps = {NOW_MS - 1_000, NOW_MS - 1_001, NOW_MS + 500, NOW_MS + 501, -1};
    for (long timestamp : timestamps) {
      builder.append(timestamp, null, null, List.of());
    }

    BatchValidation.Invalid refused = invalid(builder.build(), limits);

    assertThat(refused.error().code()).isEqualTo(ErrorCode.INVALID_TIMESTAMP);
    assertThat(refused.recordErrors())
        .extracting(RecordErrorDetail::recordIndex)
        .containsExactly(1, 3);
    assertThat(refused.error().message())
        .isEqualTo("record 1: timestamp: 1699999998999 (expected: [1699999999000, 1700000000500])");
  }

  @Test
  void S27_theWidestTimestampBoundsDoNotOverflow() {
    BatchLimits limits = WIDE.withTimestampsAround(NOW_MS, Long.MAX_VALUE, Long.MAX_VALUE);

    assertThat(limits.minTimestampMs()).isZero();
    assertThat(limits.maxTimestampMs()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void namesABoundedNumberOfBadRecords() {
    RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);
    for (int i = 0; i < 5_000; i++) {
      builder.append(NOW_MS, null, null, List.of());
    }

    assertThat(invalid(builder.build(), new BatchLimits(1 << 20, 1 << 20, true)).recordErrors())
        .hasSize(BatchValidator.RECORD_ERRORS_MAX);
  }

  @ParameterizedTest
  @EnumSource
  void judgesMutatedRecordsUnderAFittingCrcWithoutThrowing(Compression compression) {
    ByteBuffer original = batch(compression);
    for (long seed = 0; seed < 4_000; seed++) {
      Random random = new Random(seed);
      ByteBuffer bytes = ByteBuffer.allocate(original.limit()).put(original.duplicate()).flip();
      int changes = 1 + random.nextInt(4);
      for (int i = 0; i < changes; i++) {
        int at =
            RecordBatch.ATTRIBUTES_AT + random.nextInt(bytes.limit() - RecordBatch.ATTRIBUTES_AT);
        bytes.put(at, (byte) random.nextInt());
      }
      bytes.put(RecordBatch.ATTRIBUTES_AT + 1, original.get(RecordBatch.ATTRIBUTES_AT + 1));
      fixCrc(bytes);
      judge(bytes, seed);
    }
  }

  @Test
  void judgesGarbageWithoutThrowing() {
    for (long seed = 0; seed < 20_000; seed++) {
      Random random = new Random(seed);
      byte[] garbage = new byte[random.nextInt(300)];
      random.nextBytes(garbage);
      ByteBuffer bytes = ByteBuffer.wrap(garbage);
      if (garbage.length > 61) {
        bytes.putInt(RecordBatch.LENGTH_AT, garbage.length - 12);
        bytes.put(RecordBatch.MAGIC_AT, (byte) 2);
        bytes.putShort(RecordBatch.ATTRIBUTES_AT, (short) random.nextInt(5));
        bytes.putInt(RecordBatch.RECORD_COUNT_AT, 1 + random.nextInt(3));
        bytes.putInt(
            RecordBatch.LAST_OFFSET_DELTA_AT, bytes.getInt(RecordBatch.RECORD_COUNT_AT) - 1);
        fixCrc(bytes);
      }
      judge(bytes, seed);
    }
  }

  /** Any verdict will do, and Kafka's client must read from a valid batch what our reader does. */
  private static void judge(ByteBuffer bytes, long seed) {
    try {
      BatchValidation verdict = BatchValidator.validate(bytes, WIDE);
      if (verdict instanceof BatchValidation.Valid valid) {
        assertThat(RecordReader.readAll(valid.batch(), 1 << 20))
            .hasSize(valid.batch().recordCount())
            .isEqualTo(KafkaClient.read(bytes));
      }
    } catch (RuntimeException | Error e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  /**
   * Except for lengths below -1, which Kafka's client takes for null and which are refused here.
   */
  @Test
  void acceptsAndRefusesMutatedLengthsAsKafkasClientDoes() {
    List<ByteBuffer> batches =
        LongStream.range(0, 100)
            .mapToObj(seed -> BatchPlan.random(seed, Compression.NONE).encode())
            .filter(batch -> batch.limit() < 4_000)
            .toList();
    int accepted = 0;
    for (long seed = 0; seed < 10_000; seed++) {
      Random random = new Random(seed);
      ByteBuffer batch = batches.get(random.nextInt(batches.size()));
      ByteBuffer bytes = ByteBuffer.allocate(batch.limit()).put(batch.duplicate()).flip();
      int at = RecordBatch.HEADER_BYTES + random.nextInt(Math.min(30, bytes.limit() - 61));
      bytes.put(at, (byte) (random.nextBoolean() ? random.nextInt(8) - 4 : random.nextInt()));
      fixCrc(bytes);
      try {
        List<Record> ours = RecordReader.readAll(RecordBatch.at(bytes, 0), 1 << 20);
        assertThat(ours).as("seed %d", seed).isEqualTo(KafkaClient.read(bytes));
        accepted++;
      } catch (MillraceException e) {
        if (!e.getMessage().contains("field length: -")) {
          assertThatThrownBy(() -> KafkaClient.read(bytes))
              .as("seed %d: %s", seed, e)
              .isInstanceOf(RuntimeException.class);
        }
      }
    }
    assertThat(accepted).isBetween(1_000, 9_000);
  }

  private static ByteBuffer batch(Compression compression) {
    return new RecordBatchBuilder(compression)
        .append(NOW_MS, utf8("key"), utf8("value"), List.of())
        .append(NOW_MS + 5, null, utf8("v"), List.of(new RecordHeader("h", utf8("x"))))
        .append(NOW_MS - 70, utf8(""), null, List.of(new RecordHeader("n", null)))
        .build();
  }

  private static ByteBuffer withAttributes(int attributes) {
    return fixCrc(batch(Compression.NONE).putShort(RecordBatch.ATTRIBUTES_AT, (short) attributes));
  }

  private static ByteBuffer edited(int at, int value) {
    return fixCrc(batch(Compression.NONE).putInt(at, value));
  }

  private static ByteBuffer withLength(ByteBuffer bytes, int length) {
    ByteBuffer copy = ByteBuffer.allocate(length).put(bytes.slice(0, length)).flip();
    return length < 12 ? copy : copy.putInt(RecordBatch.LENGTH_AT, length - 12);
  }

  private static ByteBuffer fixCrc(ByteBuffer bytes) {
    RecordBatch.stampCrc(bytes, 0);
    return bytes;
  }

  private static BatchValidation.Valid valid(ByteBuffer bytes, BatchLimits limits) {
    BatchValidation verdict = BatchValidator.validate(bytes, limits);
    assertThat(verdict).isInstanceOf(BatchValidation.Valid.class);
    return (BatchValidation.Valid) verdict;
  }

  private static BatchValidation.Invalid invalid(ByteBuffer bytes, BatchLimits limits) {
    BatchValidation verdict = BatchValidator.validate(bytes, limits);
    assertThat(verdict).isInstanceOf(BatchValidation.Invalid.class);
    return (BatchValidation.Invalid) verdict;
  }

  private static ErrorCode refusal(ByteBuffer bytes, BatchLimits limits) {
    return invalid(bytes, limits).error().code();
  }
}
