package io.millrace.broker.log.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.common.record.Compression;
import io.millrace.common.record.Record;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatchBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogInspectorTest {
  private static final Path PATH = Path.of("/data");

  private final MemoryFileStore store = new MemoryFileStore();
  private final Seen seen = new Seen();

  /** What was shown, a line for each. */
  private static final class Seen implements DumpVisitor {
    final List<String> lines = new ArrayList<>();
    final List<Long> recordOffsets = new ArrayList<>();
    final List<Finding> findings = new ArrayList<>();
    long batches;

    @Override
    public void file(Path file, long bytes) {
      lines.add(file.getFileName() + " " + bytes);
    }

    @Override
    public void batch(RecordBatch batch, long position, boolean crcValid) {
      batches++;
      lines.add(
          position
              + ": "
              + batch.baseOffset()
              + "-"
              + batch.lastOffset()
              + " epoch "
              + batch.leaderEpoch()
              + " "
              + (crcValid ? "good" : "bad"));
    }

    @Override
    public void record(Record record) {
      recordOffsets.add(record.offset());
    }

    @Override
    public void indexEntry(long offset, long logPosition) {
      lines.add(offset + " at " + logPosition);
    }

    @Override
    public void timeIndexEntry(long offset, long timestampMs) {
      lines.add(timestampMs + " below " + offset);
    }

    @Override
    public void finding(Finding finding) {
      findings.add(finding);
    }
  }

  private void dump(Path path, DumpOptions options) throws IOException {
    LogInspector.dump(store, path, options, seen);
  }

  @Test
  void showsAllBatchesOfAPartitionInOrder() throws IOException {
    WrittenDataDir dir = WrittenDataDir.closed(store, PATH, 700, 20);
    dump(dir.partition, DumpOptions.BATCHES);
    assertThat(seen.batches).isEqualTo(20);
    assertThat(seen.lines)
        .hasSize(20 + dir.files(".log").size())
        .startsWith(
            "00000000000000000000.log " + store.size(dir.files(".log").get(0)),
            "0: 0-0 epoch 0 good")
        .anyMatch(line -> line.contains("epoch 4"));
    assertThat(seen.recordOffsets).isEmpty();
    assertThat(seen.findings).isEmpty();
  }

  @Test
  void showsEveryRecordOnce() throws IOException {
    WrittenDataDir dir = WrittenDataDir.closed(store, PATH, 700, 20);
    dump(dir.partition, DumpOptions.BATCHES.withRecords());
    assertThat(seen.recordOffsets).hasSize((int) dir.logEndOffset()).isSorted();
  }

  @Test
  void beginsAtAnOffsetAndEndsAfterSoManyBatches() throws IOException {
    WrittenDataDir dir = WrittenDataDir.closed(store, PATH, 700, 20);
    dump(dir.partition, DumpOptions.BATCHES.from(20).atMost(3).withRecords());
    assertThat(seen.batches).isEqualTo(3);
    assertThat(seen.recordOffsets).contains(20L).allMatch(offset -> offset >= 18);
    assertThat(seen.lines.get(0)).doesNotStartWith("00000000000000000000.log");
  }

  @Test
  void showsIndexEntries() throws IOException {
    WrittenDataDir dir = WrittenDataDir.closed(store, PATH, 700, 20);
    Path index = dir.files(".index").get(0);
    dump(index, DumpOptions.BATCHES);
    assertThat(seen.lines)
        .hasSize((int) (1 + store.size(index) / 8))
        .anyMatch(l -> l.contains(" at "));
    Path timeIndex = dir.files(".timeindex").get(0);
    dump(timeIndex, DumpOptions.BATCHES);
    assertThat(seen.lines).anyMatch(l -> l.matches("17000000.* below [0-9]+"));
    byte[] whole = dir.bytes(index);
    dir.replace(index, Arrays.copyOf(whole, whole.length - 3));
    dump(index, DumpOptions.BATCHES);
    assertThat(seen.findings).hasSize(1);
  }

  @Test
  void showsDamagedBatchesAndACutTail() throws IOException {
    WrittenDataDir dir = WrittenDataDir.killed(store, PATH, 1 << 20, 4);
    Path log = dir.files(".log").get(0);
    dir.flip(log, 60 * 8);
    byte[] bytes = dir.bytes(log);
    dir.replace(log, Arrays.copyOf(bytes, bytes.length - 1));
    dump(log, DumpOptions.BATCHES.withRecords());
    assertThat(seen.lines).contains("0: 0-0 epoch 0 bad");
    assertThat(seen.batches).isEqualTo(3);
    assertThat(seen.findings).hasSize(1);
    assertThat(seen.findings.get(0).what()).contains("batch size");
    assertThat(seen.findings.get(0).position()).isPositive();
  }

  @Test
  void readsBatchesLargerThanItsBuffer() throws IOException {
    store.createDirectories(PATH);
    Path log = PATH.resolve("00000000000000000000.log");
    RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);
    builder.append(1, null, ByteBuffer.allocate(3_000_000), List.of());
    ByteBuffer batch = builder.build();
    RecordBatch.stamp(batch, batch.position(), 0, 0);
    try (StoredFile file = store.open(log, OpenMode.CREATE_NEW)) {
      int size = batch.remaining();
      file.write(batch.duplicate(), 0);
      RecordBatch.stamp(batch, batch.position(), 1, 0);
      file.write(batch.duplicate(), size);
      // The second one is damaged near its end.
      file.write(ByteBuffer.wrap(new byte[] {1}), 2L * size - 9);
    }
    dump(log, DumpOptions.BATCHES.withRecords());
    assertThat(seen.recordOffsets).containsExactly(0L);
    assertThat(seen.lines).last().asString().endsWith("1-1 epoch 0 bad");
  }

  @Test
  void refusesWhatIsNoLogByName() throws IOException {
    store.createDirectories(PATH);
    assertThatThrownBy(() -> dump(PATH, DumpOptions.BATCHES))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("/data: no segments");
    assertThatThrownBy(() -> dump(PATH.resolve("missing"), DumpOptions.BATCHES))
        .isInstanceOf(NoSuchFileException.class);
    store.open(PATH.resolve("notes"), OpenMode.CREATE_NEW).close();
    assertThatThrownBy(() -> dump(PATH.resolve("notes"), DumpOptions.BATCHES))
        .hasMessageContaining("/data/notes: not part of a log");
  }
}
