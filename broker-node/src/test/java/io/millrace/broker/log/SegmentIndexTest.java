package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.OffsetIndex.IndexedPosition;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.common.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** S29: the sparse indexes and the checksum beside them. */
class SegmentIndexTest {
  private static final LogConfig CONFIG =
      LogConfig.DEFAULT.toBuilder().segmentBytes(1_000).indexIntervalBytes(150).build();

  private final MemoryFileStore disk = TestLog.emptyDisk();
  private final TestLog test = new TestLog(disk, CONFIG);

  /** One sealed segment of batches of one record, timestamps 1000, 1010, ... */
  private void sealOneSegment() {
    test.clock.wallMs = 1_000;
    while (test.log.snapshot().segmentCount() == 1) {
      test.append("value of " + test.log.logEndOffset());
      test.clock.advanceMs(10);
    }
    test.flush();
  }

  @Test
  void S29_namesAreTheBaseOffsetInTwentyDigits() {
    SegmentFiles files = new SegmentFiles(Path.of("/d/t-0"), 12_345_678_901L);

    assertThat(files.all().stream().map(path -> path.getFileName().toString()))
        .containsExactly(
            "00000000012345678901.index",
            "00000000012345678901.timeindex",
            "00000000012345678901.checksum",
            "00000000012345678901.snapshot",
            "00000000012345678901.log");
    assertThat(SegmentFiles.offsetOf(files.log(), ".log")).hasValue(12_345_678_901L);
    assertThat(SegmentFiles.offsetOf(files.log(), ".index")).isEmpty();
    assertThat(SegmentFiles.offsetOf(Path.of("99999999999999999999.log"), ".log")).isEmpty();
    assertThat(SegmentFiles.offsetOf(Path.of("0000000000000000000x.log"), ".log")).isEmpty();
  }

  @Test
  void S29_theIndexesHaveTheseBytes() throws IOException {
    sealOneSegment();

    // Batches of 78 bytes, each second one indexed, the first not.
    assertThat(hex(TestLog.files(0).index()))
        .isEqualTo(
            "000000020000009c" // offset 2 at byte 156
                + "0000000400000138"
                + "00000006000001d4"
                + "0000000800000270"
                + "0000000a0000030c");
    assertThat(hex(TestLog.files(0).timeIndex()))
        .isEqualTo(
            "00000000000003f2" // 1010 is the largest below offset 2
                + "00000002"
                + "0000000000000406"
                + "00000004"
                + "000000000000041a"
                + "00000006"
                + "000000000000042e"
                + "00000008"
                + "0000000000000442"
                + "0000000a"
                + "0000000000000456" // 1110 is the largest of all, up to offset 12
                + "0000000c");
  }

  @Test
  void S25_theChecksumCoversEveryBitOfTheThreeFiles() throws IOException {
    sealOneSegment();
    String text = new String(test.read(TestLog.files(0).checksum()), StandardCharsets.UTF_8);

    assertThat(text)
        .startsWith(
            "millrace segment-checksum 1\n"
                + line("log", TestLog.files(0).log())
                + line("index", TestLog.files(0).index())
                + line("timeindex", TestLog.files(0).timeIndex())
                + "crc32c ");
  }

  private String line(String name, Path path) throws IOException {
    byte[] bytes = test.read(path);
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return name + " " + bytes.length + " " + String.format("%08x", crc.getValue()) + "\n";
  }

  @Test
  void theChecksumIsRightAfterRestartsInTheMiddleOfASegment() throws IOException {
    for (int i = 0; test.log.snapshot().segmentCount() == 1; i++) {
      test.append("value " + i);
      if (i % 4 == 3) {
        test.restart();
      }
    }
    test.flush();

    assertThat(new String(test.read(TestLog.files(0).checksum()), StandardCharsets.UTF_8))
        .contains(line("log", TestLog.files(0).log()));
  }

  @Test
  void S29_theIndexesAreRightAfterRestartsInTheMiddleOfASegment() throws IOException {
    for (int i = 0; test.log.snapshot().segmentCount() == 1; i++) {
      test.restart();
      test.append("value " + i);
      test.clock.advanceMs(10);
    }
    test.flush();
    SegmentView sealed = test.log.snapshot().sealed().get(0);
    byte[] bytes = test.read(TestLog.files(0).timeIndex());
    TimeIndex times =
        new TimeIndex(ByteBuffer.wrap(bytes), bytes.length / TimeIndex.ENTRY_BYTES, 0);

    assertThat(times.isPlausible(sealed.endOffset())).isTrue();
    SegmentHandle handle = sealed.borrow();
    assertThat(handle.offsets().isPlausible(disk.size(TestLog.files(0).log()))).isTrue();
    sealed.segment().giveBack(handle);
  }

  @Test
  void S29_restartsInTheMiddleOfASegmentLeaveTheIndexesAsTheyWouldBe() throws IOException {
    TestLog straight = new TestLog(CONFIG);
    for (int i = 0; test.log.snapshot().segmentCount() == 1; i++) {
      long timestampMs = i == 1 ? 9_000 : 1_000 + i;
      test.clock.wallMs = timestampMs;
      straight.clock.wallMs = timestampMs;
      test.append("v");
      straight.append("v");
      if (i % 2 == 1) {
        test.restart();
      }
    }
    test.flush();
    straight.flush();

    assertThat(hex(TestLog.files(0).index()))
        .isEqualTo(HexFormat.of().formatHex(straight.read(TestLog.files(0).index())))
        .isNotEmpty();
    SegmentView sealed = test.log.snapshot().sealed().get(0);
    ByteBuffer times = ByteBuffer.wrap(test.read(TestLog.files(0).timeIndex()));
    TimeIndex index = new TimeIndex(times, times.capacity() / TimeIndex.ENTRY_BYTES, 0);
    assertThat(index.isPlausible(sealed.endOffset())).isTrue();
    assertThat(index.timestampMs(index.entries() - 1)).isEqualTo(9_000);
  }

  @Test
  void S25_aChecksumIsGoneOnceItsSegmentIsAppendedToOrFoundAfterACrash() throws IOException {
    test.append("a");
    test.log.close();
    Path checksum = TestLog.files(0).checksum();
    assertThat(disk.exists(checksum)).isTrue();

    test.reopen(false);
    assertThat(disk.exists(checksum)).as("after a crash").isFalse();
    test.restart();
    assertThat(disk.exists(checksum)).as("after an orderly close").isTrue();
    test.append("b");
    assertThat(disk.exists(checksum)).as("after an append").isFalse();
  }

  static Stream<Arguments> damages() {
    UnaryOperator<byte[]> missing = bytes -> new byte[0];
    UnaryOperator<byte[]> tooShort = bytes -> Arrays.copyOf(bytes, bytes.length - 12);
    UnaryOperator<byte[]> cutInAnEntry = bytes -> Arrays.copyOf(bytes, bytes.length - 5);
    UnaryOperator<byte[]> longer = bytes -> Arrays.copyOf(bytes, bytes.length + 24);
    UnaryOperator<byte[]> flipped =
        bytes -> {
          byte[] copy = bytes.clone();
          copy[7] ^= 0x40;
          return copy;
        };
    UnaryOperator<byte[]> zeros = bytes -> new byte[bytes.length];
    UnaryOperator<byte[]> ones =
        bytes -> {
          byte[] copy = new byte[bytes.length];
          Arrays.fill(copy, (byte) -1);
          return copy;
        };
    List<Arguments> all = new java.util.ArrayList<>();
    for (String suffix : List.of(".index", ".timeindex", ".checksum")) {
      all.add(Arguments.of(suffix, "missing", missing));
      all.add(Arguments.of(suffix, "too short", tooShort));
      all.add(Arguments.of(suffix, "cut in an entry", cutInAnEntry));
      all.add(Arguments.of(suffix, "too long", longer));
      all.add(Arguments.of(suffix, "with a bit flipped", flipped));
      all.add(Arguments.of(suffix, "of zeros", zeros));
      all.add(Arguments.of(suffix, "of ones", ones));
    }
    return all.stream();
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("damages")
  void S29_rebuildsAnIndexThatIsMissingOrWrong(
      String suffix, String what, UnaryOperator<byte[]> damage) throws IOException {
    sealOneSegment();
    test.log.close();
    Path path = TestLog.DIRECTORY.resolve(SegmentFiles.fileName(0, suffix));
    byte[] good = test.read(path);
    byte[] bad = damage.apply(good);
    if (bad.length == 0) {
      disk.delete(path);
    } else {
      TestLog.overwrite(disk, path, bad);
    }
    test.reopen(true);

    long end = test.log.snapshot().sealed().get(0).endOffset();
    for (long offset = 0; offset < end; offset++) {
      LogRead read = test.log.snapshot().read(offset, 1, end, true);
      assertThat(read.firstOffset()).isEqualTo(offset);
      long timestampMs = 1_000 + 10 * offset;
      assertThat(test.log.snapshot().offsetForTimestamp(timestampMs - 5, Long.MAX_VALUE))
          .hasValue(new TimestampedOffset(offset, timestampMs, 0));
    }
    assertThat(disk.exists(path)).isTrue();
    test.log.abandon();
    test.reopen(true);
    assertThat(test.values(0)).hasSize((int) test.log.logEndOffset());
  }

  @Test
  void mapsNoMoreSealedSegmentsThanTheBudgetAllows() {
    test.append(60, 100);
    test.flush();
    assertThat(test.log.snapshot().segmentCount()).isGreaterThan(8);

    for (int round = 0; round < 3; round++) {
      assertThat(test.values(0)).hasSize(60);
      assertThat(test.budget.openSegments()).isEqualTo(2);
    }
  }

  @Test
  void aSegmentDisplacedFromTheBudgetStaysOpenForItsReader() {
    test.append(60, 100);
    test.flush();
    List<SegmentView> sealed = test.log.snapshot().sealed();
    SegmentHandle held = sealed.get(0).borrow();

    assertThat(test.values(0)).hasSize(60);

    assertThat(held.offsets().floor(3)).isEqualTo(new IndexedPosition(3, 3 * 170));
    assertThat(held.acquire()).as("it is open").isTrue();
    sealed.get(0).segment().giveBack(held);
    sealed.get(0).segment().giveBack(held);
    assertThat(held.acquire()).as("it is closed after its last reader").isFalse();
  }

  @Test
  void findsTheLastEntryAtOrBelowAnOffset() {
    IndexBuilder indexes = new IndexBuilder(1_000);
    int position = 0;
    for (int i = 0; i < 100; i++) {
      RecordBatch batch =
          RecordBatch.at(TestLog.stamped(1_000 + i, 0, TestLog.batch(5_000 + i, "v")), 0);
      indexes.add(batch, position, 0);
      position += batch.sizeInBytes();
    }
    int size = position / 100;

    assertThat(indexes.offsets().floor(1_000)).isEqualTo(new IndexedPosition(1_000, 0));
    for (int i = 1; i < 100; i++) {
      assertThat(indexes.offsets().floor(1_000 + i))
          .isEqualTo(new IndexedPosition(1_000 + i, i * size));
      assertThat(indexes.times().startOf(5_000 + i)).isEqualTo(1_000 + i);
    }
    assertThat(indexes.offsets().floor(9_999)).isEqualTo(new IndexedPosition(1_099, 99 * size));
    assertThat(indexes.times().startOf(0)).isEqualTo(1_000);
  }

  @Test
  void combinesChecksumsOfAnyLengths() {
    Random random = new Random(42);
    for (int i = 0; i < 200; i++) {
      byte[] whole = new byte[random.nextInt(5_000)];
      random.nextBytes(whole);
      int cut = random.nextInt(whole.length + 1);
      long combined =
          Crc32cCombine.combine(
              crc(whole, 0, cut), crc(whole, cut, whole.length - cut), whole.length - cut);
      assertThat(combined).isEqualTo(crc(whole, 0, whole.length));
    }
  }

  private static long crc(byte[] bytes, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, length);
    return crc.getValue();
  }

  private String hex(Path path) throws IOException {
    return HexFormat.of().formatHex(test.read(path));
  }

  @Test
  void readsItsOwnChecksumFile() throws IOException {
    SegmentChecksum sums =
        new SegmentChecksum(
            SegmentChecksum.FileSum.of(ByteBuffer.wrap(new byte[] {1, 2, 3})),
            SegmentChecksum.FileSum.of(ByteBuffer.allocate(0)),
            new SegmentChecksum.FileSum(12, 0xffff_ffffL));
    FileStore store = disk;
    Path path = TestLog.DIRECTORY.resolve("x.checksum");
    sums.write(store, path);

    assertThat(SegmentChecksum.read(store, path)).hasValue(sums);
    assertThat(SegmentChecksum.read(store, path.resolveSibling("y.checksum"))).isEmpty();
  }
}
