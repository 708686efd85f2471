package io.millrace.common.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Both ways against Apache Kafka's client library, over seeded random batches. */
class KafkaCompatibilityTest {
  private static final int SEEDS = 150;
  private static final long UNBOUNDED = Integer.MAX_VALUE;
  private static final long[] BASE_OFFSETS = {0, 1, 4_000_000_000L, Long.MAX_VALUE - 1_000};

  @ParameterizedTest
  @EnumSource
  void readsWhatKafkaWrites(Compression compression) {
    for (long seed = 0; seed < SEEDS; seed++) {
      BatchPlan plan = BatchPlan.random(seed, compression);
      long baseOffset = BASE_OFFSETS[(int) (seed % BASE_OFFSETS.length)];
      ByteBuffer bytes = KafkaClient.encode(plan, baseOffset);
      RecordBatch batch = RecordBatch.at(bytes, 0);

      assertThat(RecordReader.readAll(batch, UNBOUNDED))
          .as("seed %d", seed)
          .isEqualTo(plan.records(baseOffset));
      assertHeadersAgree(batch, KafkaClient.batch(bytes), seed);
      assertThat(BatchValidator.validate(bytes, new BatchLimits(1 << 24, 1 << 24, false)))
          .as("seed %d", seed)
          .isInstanceOf(BatchValidation.Valid.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void kafkaReadsWhatIsWritten(Compression compression) {
    for (long seed = 0; seed < SEEDS; seed++) {
      BatchPlan plan = BatchPlan.random(seed, compression);
      long baseOffset = BASE_OFFSETS[(int) (seed % BASE_OFFSETS.length)];
      ByteBuffer bytes = plan.encode();
      RecordBatch.stamp(bytes, 0, baseOffset, 7);

      assertThat(KafkaClient.read(bytes)).as("seed %d", seed).isEqualTo(plan.records(baseOffset));
      assertHeadersAgree(RecordBatch.at(bytes, 0), KafkaClient.batch(bytes), seed);
    }
  }

  @ParameterizedTest
  @EnumSource(names = "NONE")
  void writesTheSameBytesAsKafka(Compression compression) {
    for (long seed = 0; seed < SEEDS; seed++) {
      BatchPlan plan = BatchPlan.random(seed, compression);

      assertThat(plan.encode()).as("seed %d", seed).isEqualTo(KafkaClient.encode(plan, 0));
    }
  }

  @ParameterizedTest
  @EnumSource
  void S27_kafkaReadsTheTimeThatTheLeaderStamps(Compression compression) {
    BatchPlan plan = BatchPlan.random(11, compression);
    ByteBuffer bytes = plan.encode();
    RecordBatch.stamp(bytes, 0, 100, 3);
    RecordBatch.stampLogAppendTime(bytes, 0, 1_234_567_890_123L);

    MutableRecordBatch kafkas = KafkaClient.batch(bytes);
    kafkas.ensureValid();
    assertThat(kafkas.timestampType())
        .isEqualTo(org.apache.kafka.common.record.TimestampType.LOG_APPEND_TIME);
    assertThat(KafkaClient.read(bytes))
        .isEqualTo(RecordReader.readAll(RecordBatch.at(bytes, 0), UNBOUNDED))
        .hasSameSizeAs(plan.entries())
        .allMatch(record -> record.timestamp() == 1_234_567_890_123L);

    ByteBuffer stampedByKafka = plan.encode();
    KafkaClient.batch(stampedByKafka)
        .setMaxTimestamp(
            org.apache.kafka.common.record.TimestampType.LOG_APPEND_TIME, 1_234_567_890_123L);
    RecordBatch.stamp(stampedByKafka, 0, 100, 3);
    assertThat(bytes).isEqualTo(stampedByKafka);
  }

  private static void assertHeadersAgree(RecordBatch ours, MutableRecordBatch kafkas, long seed) {
    assertThat(
            new Object[] {
              ours.baseOffset(),
              ours.lastOffset(),
              ours.nextOffset(),
              ours.sizeInBytes(),
              ours.leaderEpoch(),
              ours.magic(),
              ours.crc(),
              ours.compression().id(),
              ours.timestampType().ordinal(),
              ours.isTransactional(),
              ours.isControl(),
              ours.maxTimestamp(),
              ours.producerId(),
              ours.producerEpoch(),
              ours.baseSequence(),
              ours.lastSequence(),
              ours.recordCount(),
              ours.hasProducerId(),
              ours.crcValid()
            })
        .as("seed %d", seed)
        .containsExactly(
            kafkas.baseOffset(),
            kafkas.lastOffset(),
            kafkas.nextOffset(),
            kafkas.sizeInBytes(),
            kafkas.partitionLeaderEpoch(),
            kafkas.magic(),
            kafkas.checksum(),
            (int) kafkas.compressionType().id,
            kafkas.timestampType().id,
            kafkas.isTransactional(),
            kafkas.isControlBatch(),
            kafkas.maxTimestamp(),
            kafkas.producerId(),
            kafkas.producerEpoch(),
            kafkas.baseSequence(),
            kafkas.lastSequence(),
            kafkas.countOrNull(),
            kafkas.hasProducerId(),
            kafkas.isValid());
  }
}
