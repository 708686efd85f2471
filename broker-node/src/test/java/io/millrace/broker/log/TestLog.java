package io.millrace.broker.log;

import io.millrace.broker.log.clean.OffsetMap;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.common.record.Compression;
import io.millrace.common.record.Record;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.common.record.RecordBatches;
import io.millrace.common.record.RecordReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/** A log in memory with the ways in which tests use one. */
final class TestLog {
  static final TopicPartition NAME = new TopicPartition("orders", 3);
  static final TopicIdPartition ID = new TopicIdPartition(new UUID(7, 9), 3);
  static final Path DIRECTORY = Path.of("/data", "orders-3");

  final ManualClock clock = new ManualClock();
  final MapBudget budget = new MapBudget(2);
  private final Path directory;
  FileStore store;
  LogConfig config;
  PartitionLog log;
  int epoch;

  TestLog(LogConfig config) {
    this(emptyDisk(), config);
  }

  /** A disk with a log directory that outlives a crash. */
  static MemoryFileStore emptyDisk() {
    MemoryFileStore disk = new MemoryFileStore();
    try {
      disk.createDirectories(DIRECTORY.getParent());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    disk.forceAll();
    return disk;
  }

  TestLog(FileStore store, LogConfig config) {
    this(store, config, DIRECTORY);
  }

  TestLog(FileStore store, LogConfig config, Path directory) {
    this.store = store;
    this.config = config;
    this.directory = directory;
    this.log = open(0, false);
  }

  PartitionLog open(long recoveryPoint, boolean cleanShutdown) {
    return PartitionLog.open(opening(recoveryPoint, cleanShutdown));
  }

  LogOpening opening(long recoveryPoint, boolean cleanShutdown) {
    return new LogOpening(
        store,
        directory,
        ID,
        NAME,
        config,
        clock,
        budget,
        recoveryPoint,
        cleanShutdown,
        RecoveryProgress.NONE);
  }

  /** Opens it as after an orderly close, or as after a crash with nothing known to be durable. */
  void reopen(boolean cleanShutdown) {
    log = open(cleanShutdown ? log.logEndOffset() : 0, cleanShutdown);
  }

  /** Closes in order and opens again. */
  void restart() {
    log.close();
    reopen(true);
  }

  void append(String... values) {
    append(stamped(log.logEndOffset(), epoch, batch(clock.wallMs, values)));
  }

  void append(int batches, int valueBytes) {
    for (int i = 0; i < batches; i++) {
      append("x".repeat(valueBytes));
    }
  }

  void append(long producerId, int producerEpoch, int sequence, String... values) {
    ByteBuffer batch =
        builder(clock.wallMs, values).producer(producerId, (short) producerEpoch, sequence).build();
    append(stamped(log.logEndOffset(), epoch, batch));
  }

  /** Appends a stamped batch; its epoch begins before if it must. */
  void append(ByteBuffer batch) {
    startEpoch(RecordBatch.at(batch, batch.position()).leaderEpoch());
    log.append(batch);
  }

  void startEpoch(int newest) {
    if (log.mustStartEpoch(newest)) {
      EpochStart start = log.prepareEpoch(newest);
      start.run();
      log.epochStarted(start);
    }
  }

  void moveLogStartTo(long offset) {
    if (offset > log.logStartOffset()) {
      LogStartMove move = log.prepareLogStart(offset);
      move.run();
      log.logStartMoved(move);
    }
  }

  /** Applies retention with the clock as it is. */
  List<DetachedSegment> retain(long highWatermark) {
    return retain(new RetentionInput(clock.wallMs, highWatermark, true));
  }

  List<DetachedSegment> retain(RetentionInput input) {
    return log.prepareRetention(input)
        .map(
            move -> {
              move.run();
              return log.logStartMoved(move);
            })
        .orElse(List.of());
  }

  void flush() {
    FlushTicket ticket = log.prepareFlush();
    ticket.run();
    log.flushed(ticket);
  }

  /**
   * Cleans what may be cleaned.
   *
   * @param most so many groups are taken in; then the cleaning is told to end
   * @return empty if it ended early
   */
  Optional<CleaningResult> clean(CleanableSection section, OffsetMap map, int most) {
    CleaningOrder order =
        new CleaningOrder(clock.wallMs, log.producers().lastOffsets(), map, Integer.MAX_VALUE);
    AtomicInteger taken = new AtomicInteger();
    try {
      return Optional.of(
          new LogCleaning(log.snapshot(), section, log.config(), order, bytes -> {})
              .run(
                  group -> {
                    if (taken.getAndIncrement() == most) {
                      throw new CleaningEndedException("enough");
                    }
                    swap(group);
                  }));
    } catch (CleaningEndedException e) {
      return Optional.empty();
    }
  }

  /** The same of all below a bound, with room for all keys. */
  CleaningResult clean(long bound) {
    CleanableSection section =
        CleanableSection.of(log.snapshot(), log.config(), bound, clock.wallMs);
    return clean(section, new OffsetMap(1 << 16, 0.9), Integer.MAX_VALUE).orElseThrow();
  }

  List<DetachedSegment> swap(CleanedGroup group) {
    SegmentSwap swap =
        log.prepareSwap(group).orElseThrow(() -> new CleaningEndedException("it is gone"));
    swap.run();
    return log.swapped(swap).orElseThrow();
  }

  /** The delete horizon of the batch that holds an offset; 0 if it has none. */
  long horizonOf(long offset) {
    if (offset < log.logStartOffset()) {
      return 0;
    }
    LogRead read = log.snapshot().read(offset, 1, Long.MAX_VALUE, true);
    return RecordBatch.at(read.records(), read.records().position()).deleteHorizonMs().orElse(0);
  }

  static ByteBuffer batch(long timestampMs, String... values) {
    return builder(timestampMs, values).build();
  }

  static RecordBatchBuilder builder(long timestampMs, String... values) {
    RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);
    for (String value : values) {
      builder.append(timestampMs, null, bytes(value), List.of());
    }
    return builder;
  }

  static ByteBuffer stamped(long baseOffset, int epoch, ByteBuffer batch) {
    RecordBatch.stamp(batch, batch.position(), baseOffset, epoch);
    return batch;
  }

  static ByteBuffer bytes(String value) {
    return ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8));
  }

  /** All values from an offset to the end, read as a consumer would. */
  List<String> values(long from) {
    return values(log.snapshot(), from, Long.MAX_VALUE);
  }

  static List<String> values(LogSnapshot snapshot, long from, long upperBound) {
    List<String> values = new ArrayList<>();
    long offset = from;
    while (true) {
      LogRead read = snapshot.read(offset, 1000, upperBound, true);
      if (read.isEmpty()) {
        return values;
      }
      for (RecordBatch batch : RecordBatches.split(read.records())) {
        for (Record each : RecordReader.readAll(batch, 1 << 20)) {
          if (each.offset() >= from) {
            values.add(StandardCharsets.UTF_8.decode(each.value()).toString());
          }
        }
      }
      offset = read.nextOffset();
    }
  }

  byte[] read(Path path) throws IOException {
    try (FileStore.StoredFile file = store.open(path, FileStore.OpenMode.READ)) {
      ByteBuffer bytes = ByteBuffer.allocate((int) file.size());
      file.read(bytes, 0);
      return bytes.array();
    }
  }

  void overwrite(Path path, byte[] bytes) throws IOException {
    overwrite(store, path, bytes);
  }

  /** Replaces a file's contents; who has it mapped keeps the old ones. */
  static void overwrite(FileStore store, Path path, byte[] bytes) throws IOException {
    store.delete(path);
    try (FileStore.StoredFile file = store.open(path, FileStore.OpenMode.CREATE_NEW)) {
      file.write(ByteBuffer.wrap(bytes), 0);
    }
  }

  void flipBit(Path path, long bit) throws IOException {
    byte[] bytes = read(path);
    bytes[(int) (bit / 8)] ^= (byte) (1 << (bit % 8));
    try (FileStore.StoredFile file = store.open(path, FileStore.OpenMode.READ_WRITE)) {
      file.write(ByteBuffer.wrap(bytes), 0);
    }
  }

  static SegmentFiles files(long baseOffset) {
    return new SegmentFiles(DIRECTORY, baseOffset);
  }
}
