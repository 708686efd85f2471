package io.millrace.broker.log.inspect;

import io.millrace.broker.log.EpochStart;
import io.millrace.broker.log.FlushTicket;
import io.millrace.broker.log.LogConfig;
import io.millrace.broker.log.LogOpening;
import io.millrace.broker.log.MapBudget;
import io.millrace.broker.log.PartitionDirectory;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.RecoveryProgress;
import io.millrace.broker.log.dir.DataDir;
import io.millrace.broker.log.dir.DataDirOpening;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.common.file.AtomicFile;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.common.time.Clock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * A data directory as a broker writes it, with one partition: two epochs, a producer, all codecs.
 */
final class WrittenDataDir {
  static final TopicPartition NAME = new TopicPartition("orders", 0);
  static final TopicIdPartition ID = new TopicIdPartition(new UUID(1, 2), 0);
  static final long START_MS = 1_700_000_000_000L;

  final FileStore store;
  final Path path;
  final Path partition;
  private final SplittableRandom random = new SplittableRandom(3);
  private final DataDir dataDir;
  private final PartitionLog log;

  private WrittenDataDir(FileStore store, Path path, int segmentBytes) throws IOException {
    this.store = store;
    this.path = path;
    this.partition = PartitionDirectory.of(path, NAME);
    DataDirOpening opening = new DataDirOpening(store, path, "c1", 1, () -> Optional.of("boot"));
    opening.format(new UUID(3, 4));
    this.dataDir = opening.open();
    LogConfig config =
        LogConfig.DEFAULT.toBuilder()
            .segmentBytes(segmentBytes)
            .indexIntervalBytes(segmentBytes / 5)
            .build();
    this.log =
        PartitionLog.open(
            new LogOpening(
                store,
                partition,
                ID,
                NAME,
                config,
                new StoppedClock(),
                new MapBudget(4),
                0,
                false,
                RecoveryProgress.NONE));
  }

  private record StoppedClock() implements Clock {
    @Override
    public long wallMs() {
      return START_MS;
    }

    @Override
    public long monotonicNanos() {
      return 0;
    }
  }

  /** Written and flushed, its process still there. */
  static WrittenDataDir open(FileStore store, Path path, int segmentBytes, int batches)
      throws IOException {
    WrittenDataDir written = new WrittenDataDir(store, path, segmentBytes);
    for (int i = 0; i < batches; i++) {
      written.append(i, i < batches / 2 ? 0 : 4);
    }
    FlushTicket ticket = written.log.prepareFlush();
    ticket.run();
    written.log.flushed(ticket);
    written.dataDir.writeRecoveryPoints(Map.of(ID, written.log.recoveryPoint()));
    return written;
  }

  /** Closed in order. */
  static WrittenDataDir closed(FileStore store, Path path, int segmentBytes, int batches)
      throws IOException {
    WrittenDataDir written = open(store, path, segmentBytes, batches);
    written.log.close();
    written.dataDir.markCleanlyClosed();
    written.dataDir.close();
    return written;
  }

  /** Left by a process that died. */
  static WrittenDataDir killed(FileStore store, Path path, int segmentBytes, int batches)
      throws IOException {
    WrittenDataDir written = open(store, path, segmentBytes, batches);
    written.log.abandon();
    written.dataDir.close();
    return written;
  }

  private void append(int number, int epoch) {
    Compression codec = Compression.values()[number % Compression.values().length];
    RecordBatchBuilder builder =
        new RecordBatchBuilder(codec).producer(7, (short) 0, (int) log.logEndOffset());
    for (int i = 0; i <= number % 3; i++) {
      byte[] value = new byte[random.nextInt(20)];
      random.nextBytes(value);
      // Timestamps that go up and down.
      builder.append(START_MS + random.nextInt(1000), null, ByteBuffer.wrap(value), List.of());
    }
    ByteBuffer batch = builder.build();
    RecordBatch.stamp(batch, batch.position(), log.logEndOffset(), epoch);
    if (log.mustStartEpoch(epoch)) {
      EpochStart start = log.prepareEpoch(epoch);
      start.run();
      log.epochStarted(start);
    }
    log.append(batch);
  }

  long logEndOffset() {
    return log.logEndOffset();
  }

  VerifyReport verify() throws IOException {
    return LogVerifier.verify(store, path, VerifyOptions.FULL);
  }

  /** Without unpacking records, which is most of the work: what is found then is always found. */
  VerifyReport verifyBytes() throws IOException {
    return LogVerifier.verify(store, path, new VerifyOptions(false, false, Long.MAX_VALUE));
  }

  /** The partition's files with that suffix, by offset. */
  List<Path> files(String suffix) throws IOException {
    return store.list(partition).stream().filter(file -> file.toString().endsWith(suffix)).toList();
  }

  /** All files of the directory and its partition, but the lock. */
  List<Path> allFiles() throws IOException {
    List<Path> files = new ArrayList<>(store.list(path));
    files.remove(partition);
    files.remove(path.resolve(DataDirOpening.LOCK));
    files.addAll(store.list(partition));
    return files;
  }

  void flip(Path file, long bit) throws IOException {
    try (StoredFile opened = store.open(file, OpenMode.READ_WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      opened.read(one, bit / 8);
      one.put(0, (byte) (one.get(0) ^ (1 << (bit % 8))));
      opened.write(one.flip(), bit / 8);
    }
  }

  byte[] bytes(Path file) throws IOException {
    return AtomicFile.read(store, file);
  }

  void replace(Path file, byte[] bytes) throws IOException {
    try (StoredFile opened = store.open(file, OpenMode.CREATE)) {
      opened.truncate(0);
      opened.write(ByteBuffer.wrap(bytes), 0);
    }
  }
}
