package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.SequenceCheck.Accept;
import io.millrace.broker.log.SequenceCheck.Duplicate;
import io.millrace.broker.log.SequenceCheck.Refuse;
import io.millrace.common.ErrorCode;
import io.millrace.common.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** S28: the idempotent producer as one partition sees it. */
class ProducerStateTableTest {
  private static final long PRODUCER = 4711;
  private static final int REMEMBERED = 3;

  private final ProducerStateTable table = new ProducerStateTable(REMEMBERED);
  private long nextOffset = 100;

  private void append(int epoch, int baseSequence, int records) {
    table.update(batch(epoch, baseSequence, records), 1_000);
    nextOffset += records;
  }

  private RecordBatch batch(int epoch, int baseSequence, int records) {
    String[] values = new String[records];
    java.util.Arrays.fill(values, "v");
    ByteBuffer bytes =
        TestLog.builder(500, values).producer(PRODUCER, (short) epoch, baseSequence).build();
    return RecordBatch.at(TestLog.stamped(nextOffset, 0, bytes), 0);
  }

  private SequenceCheck check(int epoch, int baseSequence, int records) {
    return table.check(
        PRODUCER, (short) epoch, baseSequence, ProducerStateTable.plus(baseSequence, records - 1));
  }

  private static void assertRefused(SequenceCheck check, ErrorCode code, String expected) {
    assertThat(check).isInstanceOf(Refuse.class);
    assertThat(((Refuse) check).error().code()).isEqualTo(code);
    assertThat(((Refuse) check).error().details()).containsEntry("expected", expected);
  }

  @Test
  void S28_acceptsAnUnknownProducerAtAnySequence() {
    assertThat(check(5, 12_345, 10)).isInstanceOf(Accept.class);
  }

  @Test
  void S28_acceptsTheNextSequenceOnly() {
    append(0, 0, 10);

    assertThat(check(0, 10, 5)).isInstanceOf(Accept.class);
    assertRefused(check(0, 11, 5), ErrorCode.OUT_OF_ORDER_SEQUENCE, "10");
  }

  @Test
  void S28_answersAnExactRepeatWithItsFirstOffsets() {
    append(0, 0, 10);
    append(0, 10, 2);
    append(0, 12, 1);

    assertThat(check(0, 0, 10)).isEqualTo(new Duplicate(100, 109, -1));
    assertThat(check(0, 10, 2)).isEqualTo(new Duplicate(110, 111, -1));
    assertThat(check(0, 12, 1)).isEqualTo(new Duplicate(112, 112, -1));
  }

  @Test
  void S28_refusesARepeatThatOverlapsInOtherBounds() {
    append(0, 0, 10);

    assertRefused(check(0, 5, 10), ErrorCode.OUT_OF_ORDER_SEQUENCE, "10");
    assertRefused(check(0, 0, 9), ErrorCode.OUT_OF_ORDER_SEQUENCE, "10");
    assertRefused(check(0, 5, 5), ErrorCode.OUT_OF_ORDER_SEQUENCE, "10");
  }

  @Test
  void S28_remembersTheLastBatchesOnly() {
    for (int sequence = 0; sequence < 5; sequence++) {
      append(0, sequence, 1);
    }

    assertThat(check(0, 2, 1)).isEqualTo(new Duplicate(102, 102, -1));
    assertRefused(check(0, 1, 1), ErrorCode.DUPLICATE_SEQUENCE, "5");
    assertRefused(check(0, 0, 1), ErrorCode.DUPLICATE_SEQUENCE, "5");
  }

  @Test
  void S28_aNewEpochStartsAtZeroAndForgetsTheOld() {
    append(0, 0, 10);

    assertRefused(check(1, 10, 1), ErrorCode.OUT_OF_ORDER_SEQUENCE, "0");
    assertThat(check(1, 0, 1)).isInstanceOf(Accept.class);
    append(1, 0, 1);
    assertThat(check(1, 0, 1)).isEqualTo(new Duplicate(110, 110, -1));
    assertRefused(check(1, 10, 1), ErrorCode.OUT_OF_ORDER_SEQUENCE, "1");
  }

  @Test
  void S28_theNextBatchOfANewEpochIsNoRepeatOfTheOldEpochs() {
    append(0, 0, 10);
    append(0, 10, 5);
    append(1, 0, 10);

    assertThat(check(1, 10, 5)).isInstanceOf(Accept.class);
  }

  @Test
  void S28_refusesAnOlderEpoch() {
    append(3, 0, 10);

    assertRefused(check(2, 10, 1), ErrorCode.INVALID_PRODUCER_EPOCH, ">= 3");
  }

  @Test
  void S28_sequencesWrapToZero() {
    append(0, Integer.MAX_VALUE - 1, 1);

    assertThat(check(0, Integer.MAX_VALUE, 3)).isInstanceOf(Accept.class);
    append(0, Integer.MAX_VALUE, 3);
    assertThat(check(0, Integer.MAX_VALUE, 3)).isEqualTo(new Duplicate(101, 103, -1));
    assertThat(check(0, 2, 1)).isInstanceOf(Accept.class);
    assertRefused(check(0, 3, 1), ErrorCode.OUT_OF_ORDER_SEQUENCE, "2");
    append(0, 2, 1);
    append(0, 3, 1);
    append(0, 4, 1);
    assertRefused(check(0, Integer.MAX_VALUE - 1, 1), ErrorCode.DUPLICATE_SEQUENCE, "5");
  }

  @Test
  void S28_tellsTheAppendTimeOfADuplicate() {
    ByteBuffer bytes = TestLog.builder(500, "v").producer(PRODUCER, (short) 0, 0).build();
    RecordBatch.stampLogAppendTime(bytes, 0, 99_000);
    table.update(RecordBatch.at(TestLog.stamped(7, 0, bytes), 0), 99_000);

    assertThat(check(0, 0, 1)).isEqualTo(new Duplicate(7, 7, 99_000));
  }

  @Test
  void S28_forgetsAProducerThatWasSilentForTooLong() {
    append(0, 0, 10);

    table.expire(1_999, 1_000);
    assertThat(table.size()).isEqualTo(1);
    table.expire(2_000, 1_000);
    assertThat(table.size()).isZero();
    assertThat(check(0, 500, 1)).isInstanceOf(Accept.class);
  }

  @Test
  void S28_aProducerIsSilentFromItsLastBatchOnNotFromItsFirst() {
    append(0, 0, 10);
    table.update(batch(0, 10, 1), 1_800);

    table.expire(2_799, 1_000);
    assertThat(table.size()).isEqualTo(1);
    table.expire(2_800, 1_000);
    assertThat(table.size()).isZero();
  }

  @Test
  void S28_controlBatchesTakeNoSequence() {
    append(0, 0, 10);
    ByteBuffer control = TestLog.builder(500, "marker").producer(PRODUCER, (short) 0, -1).build();
    int attributesAt = 21;
    control.putShort(attributesAt, (short) 0x20);
    table.update(RecordBatch.at(TestLog.stamped(nextOffset, 0, control), 0), 1_000);

    assertThat(check(0, 10, 5)).isInstanceOf(Accept.class);
    assertThat(check(0, 0, 10)).isEqualTo(new Duplicate(100, 109, -1));
  }

  @Test
  void ignoresBatchesWithoutAProducer() {
    table.update(RecordBatch.at(TestLog.batch(1, "v"), 0), 0);

    assertThat(table.size()).isZero();
  }

  @Test
  void S28_aSnapshotHoldsAllRememberedBatches() {
    for (int i = 0; i < 5; i++) {
      append(2, i == 0 ? 0 : i * 3, 3);
    }
    byte[] bytes = new ProducerSnapshot(115, table).encode().array();

    Optional<ProducerSnapshot> decoded = ProducerSnapshot.decode(bytes, REMEMBERED);

    assertThat(decoded).isPresent();
    assertThat(decoded.get().offset()).isEqualTo(115);
    ProducerStateTable restored = decoded.get().table();
    assertThat(restored.check(PRODUCER, (short) 2, 6, 8)).isEqualTo(new Duplicate(106, 108, -1));
    assertThat(restored.check(PRODUCER, (short) 2, 9, 11)).isEqualTo(new Duplicate(109, 111, -1));
    assertThat(restored.check(PRODUCER, (short) 2, 12, 14)).isEqualTo(new Duplicate(112, 114, -1));
    assertThat(restored.check(PRODUCER, (short) 2, 15, 15)).isInstanceOf(Accept.class);
    assertThat(new ProducerSnapshot(115, restored).encode().array()).isEqualTo(bytes);
  }

  @Test
  void aSnapshotHasTheseBytes() {
    append(2, 7, 3);

    byte[] bytes = new ProducerSnapshot(103, table).encode().array();

    assertThat(HexFormat.of().formatHex(bytes))
        .isEqualTo(
            "4d525053" // magic
                + "00000001" // version
                + "0000000000000067" // offset 103
                + "00000001" // producers
                + "0000000000001267" // producer id 4711
                + "0002" // epoch
                + "00000000000003e8" // heard of at 1000
                + "00000001" // batches
                + "00000007" // base sequence
                + "00000002" // last offset delta
                + "0000000000000064" // first offset 100
                + "ffffffffffffffff" // no append time
                + "71b7661e"); // CRC32C
  }

  @Test
  void aSnapshotWithAnyBitFlippedOrCutIsNotRead() {
    append(2, 7, 3);
    byte[] bytes = new ProducerSnapshot(103, table).encode().array();

    for (int bit = 0; bit < bytes.length * 8; bit++) {
      byte[] flipped = bytes.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThat(ProducerSnapshot.decode(flipped, REMEMBERED)).as("bit %d", bit).isEmpty();
    }
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = java.util.Arrays.copyOf(bytes, length);
      assertThat(ProducerSnapshot.decode(cut, REMEMBERED)).as("length %d", length).isEmpty();
    }
  }
}
