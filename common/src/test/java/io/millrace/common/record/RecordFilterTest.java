package io.millrace.common.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.record.RecordFilter.Outcome;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** S32: what compaction takes out of batches, read by Apache Kafka's own client library. */
class RecordFilterTest {
  private static final int SEEDS = 150;
  private static final long BASE = 5_000_000_000L;
  private static final long HORIZON_MS = 1_800_000_000_000L;

  private final RecordFilter filter = new RecordFilter(1 << 24);

  private static ByteBuffer batch(BatchPlan plan) {
    ByteBuffer bytes = plan.encode();
    RecordBatch.stamp(bytes, 0, BASE, 7);
    return bytes;
  }

  @ParameterizedTest
  @EnumSource
  void S32_kafkaReadsWhatStaysAsItWas(Compression compression) {
    for (long seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      ByteBuffer bytes = batch(BatchPlan.random(seed, compression));
      RecordBatch batch = RecordBatch.at(bytes, 0);
      List<Record> all = RecordReader.readAll(batch, 1 << 24);
      int share = 1 + random.nextInt(4);
      Set<Long> kept =
          all.stream()
              .map(Record::offset)
              .filter(offset -> random.nextInt(share) == 0)
              .collect(Collectors.toSet());
      List<Record> left = all.stream().filter(each -> kept.contains(each.offset())).toList();

      Outcome outcome =
          filter.apply(
              batch, (offset, array, at, length, dead) -> kept.contains(offset), HORIZON_MS);

      if (left.isEmpty()) {
        assertThat(outcome).isEqualTo(Outcome.EMPTY);
      } else if (outcome == Outcome.UNCHANGED) {
        assertThat(left).isEqualTo(all).allMatch(each -> each.value() != null);
      } else {
        check(batch, filter.rewritten(), left, seed);
      }
    }
  }

  private static void check(RecordBatch before, ByteBuffer bytes, List<Record> left, long seed) {
    assertThat(KafkaClient.read(bytes)).as("seed %d", seed).isEqualTo(left);
    RecordBatch after = RecordBatch.at(bytes, 0);
    assertThat(RecordReader.readAll(after, 1 << 24)).isEqualTo(left);
    MutableRecordBatch kafkas = KafkaClient.batch(bytes);
    assertThat(kafkas.baseOffset()).isEqualTo(before.baseOffset());
    assertThat(kafkas.lastOffset()).isEqualTo(before.lastOffset());
    assertThat(kafkas.partitionLeaderEpoch()).isEqualTo(7);
    assertThat(kafkas.producerId()).isEqualTo(before.producerId());
    assertThat(kafkas.producerEpoch()).isEqualTo(before.producerEpoch());
    assertThat(kafkas.baseSequence()).isEqualTo(before.baseSequence());
    assertThat(kafkas.lastSequence()).isEqualTo(before.lastSequence());
    assertThat(kafkas.compressionType().name).isEqualTo(before.compression().codecName());
    assertThat(kafkas.maxTimestamp())
        .isEqualTo(left.stream().mapToLong(Record::timestamp).max().orElseThrow());
    boolean tombstones = left.stream().anyMatch(each -> each.value() == null);
    OptionalLong horizon = tombstones ? OptionalLong.of(HORIZON_MS) : OptionalLong.empty();
    assertThat(kafkas.deleteHorizonMs()).isEqualTo(horizon);
    assertThat(after.deleteHorizonMs()).isEqualTo(horizon);
  }

  @Test
  void S32_aDeleteHorizonIsNotedOnce() {
    ByteBuffer dead =
        new RecordBatchBuilder(Compression.NONE)
            .append(1_000, ByteBuffer.wrap(new byte[] {1}), null, List.of())
            .append(2_000, ByteBuffer.wrap(new byte[] {2}), null, List.of())
            .build();
    filter.apply(RecordBatch.at(dead, 0), (offset, array, at, length, tombstone) -> true, 50_000);
    ByteBuffer first = ByteBuffer.allocate(dead.limit() + 100).put(filter.rewritten()).flip();

    assertThat(
            filter.apply(
                RecordBatch.at(first, 0), (offset, array, at, length, tombstone) -> true, 60_000))
        .isEqualTo(Outcome.UNCHANGED);
    assertThat(
            filter.apply(
                RecordBatch.at(first, 0),
                (offset, array, at, length, tombstone) -> offset > 0,
                60_000))
        .isEqualTo(Outcome.REWRITTEN);
    assertThat(RecordBatch.at(filter.rewritten(), 0).deleteHorizonMs()).hasValue(50_000);
    assertThat(RecordReader.readAll(RecordBatch.at(filter.rewritten(), 0), 100))
        .extracting(Record::timestamp)
        .containsExactly(2_000L);
  }

  @Test
  void S32_kafkaReadsABatchThatLostItsRecords() {
    ByteBuffer bytes = batch(BatchPlan.random(3, Compression.LZ4));
    RecordBatch.stampProducer(bytes, 0, 42, (short) 3, 17);
    RecordBatch.stampLogAppendTime(bytes, 0, 1_234L);
    RecordBatch batch = RecordBatch.at(bytes, 0);

    ByteBuffer empty = EmptyBatches.withoutRecords(batch);

    MutableRecordBatch kafkas = KafkaClient.batch(empty);
    kafkas.ensureValid();
    assertThat(kafkas.iterator().hasNext()).isFalse();
    assertThat(kafkas.baseOffset()).isEqualTo(BASE);
    assertThat(kafkas.lastOffset()).isEqualTo(batch.lastOffset());
    assertThat(kafkas.producerId()).isEqualTo(42);
    assertThat(kafkas.lastSequence()).isEqualTo(batch.lastSequence());
    assertThat(kafkas.maxTimestamp()).isEqualTo(1_234L);
    assertThat(RecordBatch.at(empty, 0).isGap()).isFalse();
  }

  @Test
  void S32_aGapIsAHeaderAlone() {
    ByteBuffer gap = EmptyBatches.gap(0x0102030405060708L, 0x0102030405060708L + 99, 9);

    assertThat(HexFormat.of().formatHex(gap.array()))
        .isEqualTo(
            "0102030405060708"
                + "00000031"
                + "00000009"
                + "02"
                + String.format("%08x", RecordBatch.at(gap, 0).crc())
                + "0000"
                + "00000063"
                + "ffffffffffffffff"
                + "ffffffffffffffff"
                + "ffffffffffffffff"
                + "ffff"
                + "ffffffff"
                + "00000000");
    assertThat(RecordBatch.at(gap, 0).crcValid()).isTrue();
    assertThat(RecordBatch.at(gap, 0).isGap()).isTrue();
    KafkaClient.batch(gap).ensureValid();
    assertThat(KafkaClient.batch(gap).iterator().hasNext()).isFalse();
    assertThat(KafkaClient.batch(gap).nextOffset()).isEqualTo(0x0102030405060708L + 100);
  }
}
