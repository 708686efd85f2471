package io.millrace.broker.log.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.inspect.Finding.Severity;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.common.file.RealFileStore;
import io.millrace.common.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** S25: no bit of a sealed segment, and none that a CRC covers in the active one, flips unseen. */
class FlippedBitsTest {
  private static final Path PATH = Path.of("/data");

  @TempDir Path temporary;

  private static void assertFoundIn(VerifyReport report, Path file, String where) {
    assertThat(report.findings())
        .as(where)
        .anyMatch(finding -> finding.severity() == Severity.ERROR && finding.file().equals(file));
  }

  @Test
  void S25_findsEveryBitOfASealedSegment() throws IOException {
    WrittenDataDir dir = WrittenDataDir.killed(new MemoryFileStore(), PATH, 500, 12);
    assertThat(dir.files(".log")).hasSizeGreaterThan(2);
    for (String suffix : List.of(".log", ".index", ".timeindex", ".checksum")) {
      Path file = dir.files(suffix).get(1);
      long bits = dir.store.size(file) * 8;
      assertThat(bits).as(suffix).isPositive();
      for (long bit = 0; bit < bits; bit++) {
        dir.flip(file, bit);
        assertFoundIn(dir.verifyBytes(), file, file + " bit " + bit);
        dir.flip(file, bit);
      }
    }
    assertThat(dir.verify().findings()).isEmpty();
  }

  @Test
  void S25_findsEveryCoveredBitOfTheActiveSegmentAtItsBatch() throws IOException {
    WrittenDataDir dir = WrittenDataDir.killed(new MemoryFileStore(), PATH, 700, 9);
    List<Path> logs = dir.files(".log");
    Path active = logs.get(logs.size() - 1);
    List<RecordBatch> batches = batches(dir.bytes(active));
    assertThat(batches).hasSizeGreaterThan(1);
    for (RecordBatch batch : batches) {
      for (long at = batch.position() * 8L;
          at < (batch.position() + batch.sizeInBytes()) * 8L;
          at++) {
        String where = active + " bit " + at;
        dir.flip(active, at);
        VerifyReport report = dir.verifyBytes();
        // Base offset, length, epoch and magic come before what the CRC covers; found all the same.
        assertThat(report.findings()).as(where).isNotEmpty();
        if (at / 8 - batch.position() >= 17) {
          assertFoundIn(report, active, where);
          assertThat(report.findings().get(0).position()).as(where).isEqualTo(batch.position());
        }
        dir.flip(active, at);
      }
    }
    assertThat(dir.verify().findings()).isEmpty();
  }

  private static List<RecordBatch> batches(byte[] bytes) {
    List<RecordBatch> batches = new ArrayList<>();
    for (int at = 0; at < bytes.length; at += batches.get(batches.size() - 1).sizeInBytes()) {
      batches.add(RecordBatch.at(ByteBuffer.wrap(bytes), at));
    }
    return batches;
  }

  /** Every file that the broker wrote, the small ones too. */
  @Test
  void S25_findsAnyBitOfADirectoryClosedInOrder() throws IOException {
    WrittenDataDir dir = WrittenDataDir.closed(new MemoryFileStore(), PATH, 700, 20);
    List<Path> files = dir.allFiles();
    assertThat(files).hasSizeGreaterThan(20);
    SplittableRandom random = new SplittableRandom(11);
    for (Path file : files) {
      long bits = dir.store.size(file) * 8;
      for (int i = 0; i < 60 && bits > 0; i++) {
        long bit = random.nextLong(bits);
        dir.flip(file, bit);
        VerifyReport report = dir.verifyBytes();
        assertThat(report.isIntact()).as("%s bit %d: %s", file, bit, report).isFalse();
        dir.flip(file, bit);
      }
    }
    assertThat(dir.verify().findings()).isEmpty();
  }

  @Test
  void S25_findsBitsOfLargerSegmentsOnTheRealDisk() throws IOException {
    WrittenDataDir dir =
        WrittenDataDir.closed(new RealFileStore(), temporary.resolve("data"), 60_000, 2000);
    SplittableRandom random = new SplittableRandom(12);
    List<Path> logs = dir.files(".log");
    assertThat(logs).hasSizeGreaterThan(3);
    for (int i = 0; i < 40; i++) {
      Path log = logs.get(random.nextInt(logs.size()));
      long bit = random.nextLong(dir.store.size(log) * 8);
      dir.flip(log, bit);
      assertFoundIn(dir.verifyBytes(), log, log + " bit " + bit);
      dir.flip(log, bit);
    }
    assertThat(dir.verify().findings()).isEmpty();
  }
}
