package io.millrace.common.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.MillraceException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The walk against the reader. */
class RecordWalkTest {
  private final RecordWalk walk = new RecordWalk();

  @ParameterizedTest
  @EnumSource(Compression.class)
  void readsWhatTheReaderReadsBatchAfterBatch(Compression compression) {
    for (long seed = 0; seed < 200; seed++) {
      RecordBatch batch = random(new Random(seed), compression);
      walk.begin(batch, 1 << 20);
      assertThat(rest()).as("seed %s", seed).isEqualTo(RecordReader.readAll(batch, 1 << 20));
    }
    walk.end();
    assertThat(walk.next()).isFalse();
  }

  /** Keys and values stay as they are when the walk goes on in the same memory. */
  @Test
  void copiesWhatItGives() {
    RecordBatch batch = random(new Random(1), Compression.LZ4);
    List<Record> expected = RecordReader.readAll(batch, 1 << 20);
    walk.begin(batch, 1 << 20);
    List<Record> records = rest();
    walk.begin(random(new Random(2), Compression.LZ4), 1 << 20);
    rest();
    assertThat(records).isEqualTo(expected);
  }

  @Test
  void refusesWhatTheReaderRefuses() {
    int refused = 0;
    for (long seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      RecordBatch batch = random(random, Compression.NONE);
      ByteBuffer bytes = batch.slice();
      int records = RecordBatch.HEADER_BYTES;
      bytes.put(records + random.nextInt(bytes.limit() - records), (byte) random.nextInt());
      RecordBatch broken = RecordBatch.at(bytes, 0);
      boolean readerTakesIt = takes(() -> RecordReader.readAll(broken, 1 << 20));
      boolean walkTakesIt =
          takes(
              () -> {
                walk.begin(broken, 1 << 20);
                rest();
              });
      // The walk looks at the offsets as well.
      assertThat(walkTakesIt && !readerTakesIt).as("seed %s", seed).isFalse();
      refused += walkTakesIt ? 0 : 1;
    }
    assertThat(refused).isGreaterThan(50);
  }

  @Test
  void refusesOffsetsThatTheBatchDoesNotHave() {
    ByteBuffer bytes = random(new Random(3), Compression.NONE).slice();
    bytes.putInt(23, 0);
    walk.begin(RecordBatch.at(bytes, 0), 1 << 20);
    assertThat(walk.next()).isTrue();
    assertThatThrownBy(walk::next).hasMessageContaining("offset delta: 1 (expected: [1, 0])");
  }

  @Test
  void S23_unpacksNoMoreThanAllowed() {
    RecordBatch batch = random(new Random(4), Compression.ZSTD);
    assertThatThrownBy(() -> walk.begin(batch, 10)).hasMessageContaining("DECOMPRESSED_TOO_LARGE");
    assertThat(walk.next()).isFalse();
  }

  private static boolean takes(Runnable work) {
    try {
      work.run();
      return true;
    } catch (MillraceException e) {
      return false;
    }
  }

  private List<Record> rest() {
    List<Record> records = new ArrayList<>();
    while (walk.next()) {
      records.add(
          new Record(
              walk.offset(),
              walk.timestamp(),
              wrap(walk.key()),
              wrap(walk.value()),
              walk.headers().stream().map(RecordWalkTest::copy).toList()));
    }
    return records;
  }

  private static RecordHeader copy(RecordHeader header) {
    ByteBuffer value = header.value();
    return value == null
        ? header
        : new RecordHeader(
            header.key(), ByteBuffer.allocate(value.remaining()).put(value.duplicate()).flip());
  }

  private static ByteBuffer wrap(byte[] bytes) {
    return bytes == null ? null : ByteBuffer.wrap(bytes);
  }

  private static RecordBatch random(Random random, Compression compression) {
    RecordBatchBuilder builder = new RecordBatchBuilder(compression);
    for (int i = 2 + random.nextInt(20); i > 0; i--) {
      List<RecordHeader> headers = new ArrayList<>();
      for (int h = random.nextInt(8) - 5; h > 0; h--) {
        headers.add(new RecordHeader("h" + h, bytes(random, 9)));
      }
      builder.append(random.nextInt(5_000), bytes(random, 30), bytes(random, 300), headers);
    }
    ByteBuffer batch = builder.build();
    RecordBatch.stamp(batch, 0, random.nextInt(1_000_000), 3);
    return RecordBatch.at(batch, 0);
  }

  /** Often text that packs, sometimes empty, sometimes null. */
  private static ByteBuffer bytes(Random random, int most) {
    int length = random.nextInt(most) - 3;
    if (length < -1) {
      return null;
    }
    String text = (random.nextInt(9) + "abc").repeat(most);
    return ByteBuffer.wrap(text.substring(0, Math.max(0, length)).getBytes(StandardCharsets.UTF_8));
  }
}
