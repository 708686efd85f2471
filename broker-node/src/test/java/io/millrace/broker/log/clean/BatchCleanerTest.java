package io.millrace.broker.log.clean;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.record.Compression;
import io.millrace.common.record.Record;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.common.record.RecordFilter;
import io.millrace.common.record.RecordReader;
import io.millrace.common.record.RecordWalk;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** S32: which records stay, batch by batch. */
class BatchCleanerTest {
  private static final int TRANSACTIONAL = 0x10;
  private static final int CONTROL = 0x20;

  private final List<ByteBuffer> log = new ArrayList<>();
  private long nextOffset;
  private long nowMs = 1_000;
  private long deleteRetentionMs = 100;
  private Map<Long, Long> lastOffsets = Map.of();

  /** Appends a batch of {@code key=value} and {@code key} alone for a tombstone. */
  private void append(int epoch, int attributes, long producerId, String... records) {
    RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);
    if (producerId >= 0) {
      builder.producer(producerId, (short) 0, (int) nextOffset);
    }
    for (String record : records) {
      String[] parts = record.split("=");
      builder.append(500, bytes(parts[0]), parts.length == 1 ? null : bytes(parts[1]), List.of());
    }
    ByteBuffer batch = builder.build();
    batch.putShort(21, (short) attributes);
    RecordBatch.stampProducer(
        batch,
        0,
        RecordBatch.at(batch, 0).producerId(),
        RecordBatch.at(batch, 0).producerEpoch(),
        RecordBatch.at(batch, 0).baseSequence());
    RecordBatch.stamp(batch, 0, nextOffset, epoch);
    nextOffset = RecordBatch.at(batch, 0).nextOffset();
    log.add(batch);
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private void clean() {
    OffsetMap map = new OffsetMap(1 << 14, 0.9);
    KeyCollector keys = new KeyCollector(map, 0, 1 << 20);
    log.forEach(batch -> keys.take(RecordBatch.at(batch, 0)));
    List<ByteBuffer> out = new ArrayList<>();
    BatchCleaner cleaner =
        new BatchCleaner(
            new CleaningRules(keys.endOffset(), nowMs, deleteRetentionMs, lastOffsets),
            map,
            new RecordFilter(1 << 20),
            batch -> out.add(ByteBuffer.allocate(batch.remaining()).put(batch.duplicate()).flip()));
    log.forEach(batch -> cleaner.take(RecordBatch.at(batch, 0)));
    cleaner.flush();
    log.clear();
    log.addAll(out);
  }

  private List<String> records() {
    List<String> records = new ArrayList<>();
    for (ByteBuffer batch : log) {
      for (Record each : RecordReader.readAll(RecordBatch.at(batch, 0), 1 << 20)) {
        ByteBuffer value = each.value();
        records.add(
            each.offset()
                + " "
                + StandardCharsets.UTF_8.decode(each.key())
                + (value == null ? "" : "=" + StandardCharsets.UTF_8.decode(value)));
      }
    }
    return records;
  }

  /** First and last offset, epoch and records of each batch. */
  private List<String> batches() {
    return log.stream()
        .map(bytes -> RecordBatch.at(bytes, 0))
        .map(
            batch ->
                "%d-%d epoch %d: %d"
                    .formatted(
                        batch.baseOffset(),
                        batch.lastOffset(),
                        batch.leaderEpoch(),
                        batch.recordCount()))
        .toList();
  }

  @Test
  void S32_theLastRecordOfEachKeyStaysAtItsOffset() {
    append(0, 0, -1, "a=1", "b=1");
    append(0, 0, -1, "a=2");
    append(0, 0, -1, "c=1", "a=3");

    clean();

    assertThat(records()).containsExactly("1 b=1", "3 c=1", "4 a=3");
    assertThat(batches()).containsExactly("0-1 epoch 0: 1", "2-2 epoch 0: 0", "3-4 epoch 0: 2");
  }

  @Test
  void S32_gapsOfOneEpochAreOneAndOfTwoEpochsTwo() {
    append(0, 0, -1, "a=1");
    append(0, 0, -1, "a=2", "a=3");
    append(1, 0, -1, "a=4");
    append(1, 0, -1, "a=5");
    clean();
    append(1, 0, -1, "a=6");

    clean();

    assertThat(batches()).containsExactly("0-2 epoch 0: 0", "3-4 epoch 1: 0", "5-5 epoch 1: 1");
  }

  @Test
  void S32_aTombstoneStaysForItsTimeFromTheFirstCleaningThatMeetsIt() {
    append(0, 0, -1, "a=1");
    append(0, 0, -1, "a");
    clean();
    assertThat(records()).containsExactly("1 a");
    nowMs += deleteRetentionMs - 1;
    clean();
    assertThat(records()).containsExactly("1 a");
    nowMs += 1;
    clean();
    assertThat(records()).isEmpty();
    assertThat(batches()).containsExactly("0-1 epoch 0: 0");
  }

  @Test
  void S32_aProducersLastBatchStaysWithoutRecords() {
    append(0, 0, 7, "a=1");
    append(0, 0, 7, "a=2");
    append(0, 0, -1, "a=3");
    lastOffsets = Map.of(7L, 1L);

    clean();
    clean();

    assertThat(batches()).containsExactly("0-0 epoch 0: 0", "1-1 epoch 0: 0", "2-2 epoch 0: 1");
    assertThat(RecordBatch.at(log.get(0), 0).isGap()).isTrue();
    assertThat(RecordBatch.at(log.get(1), 0).producerId()).isEqualTo(7);
    assertThat(RecordBatch.at(log.get(1), 0).lastSequence()).isEqualTo(1);
    lastOffsets = Map.of(7L, 99L);
    clean();
    assertThat(batches()).containsExactly("0-1 epoch 0: 0", "2-2 epoch 0: 1");
  }

  @Test
  void S32_transactionsAndControlBatchesStayAndOverruleNothing() {
    append(0, 0, -1, "a=1", "b=1");
    append(0, TRANSACTIONAL, 7, "a=2");
    append(0, CONTROL | TRANSACTIONAL, 7, "x=1");
    append(0, 0, -1, "b=2", "c");
    clean();
    nowMs += deleteRetentionMs;
    clean();

    assertThat(records()).containsExactly("0 a=1", "2 a=2", "3 x=1", "4 b=2", "5 c");
  }

  @Test
  void S32_recordsWithoutAKeyGo() {
    RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);
    builder.append(1, null, bytes("v"), List.of());
    log.add(builder.build());

    clean();

    assertThat(batches()).containsExactly("0-0 epoch -1: 0");
  }

  @Test
  void theMapHoldsTheNewestOffsetOfEachKeyUpToItsCapacity() {
    OffsetMap map = new OffsetMap(100 * OffsetMap.ENTRY_BYTES, 0.9);
    assertThat(map.capacity()).isEqualTo(90);
    Random random = new Random(1);
    Map<String, Long> expected = new HashMap<>();
    RecordWalk walk = new RecordWalk();
    for (int i = 0; i < 1_000; i++) {
      String key = "key-" + random.nextInt(90);
      put(map, walk, key, i);
      expected.put(key, (long) i);
    }
    assertThat(map.size()).isEqualTo(expected.size());
    expected.forEach(
        (key, offset) ->
            assertThat(map.get(key.getBytes(StandardCharsets.UTF_8), 0, key.length()))
                .isEqualTo(offset));
    assertThat(map.get(new byte[] {1, 2, 3}, 1, 2)).isEqualTo(-1);
    for (int i = 0; map.size() < map.capacity(); i++) {
      put(map, walk, "more-" + i, 2_000 + i);
    }
    assertThatThrownBy(() -> put(map, walk, "one more", 3_000))
        .isInstanceOf(IllegalStateException.class);
  }

  private static void put(OffsetMap map, RecordWalk walk, String key, long offset) {
    RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);
    ByteBuffer batch = builder.append(1, bytes(key), null, List.of()).build();
    RecordBatch.stamp(batch, 0, offset, 0);
    walk.begin(RecordBatch.at(batch, 0), 1 << 20);
    walk.next();
    map.put(walk);
  }
}
