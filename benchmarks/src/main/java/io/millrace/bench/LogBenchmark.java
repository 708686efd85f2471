package io.millrace.bench;

import io.millrace.broker.log.EpochStart;
import io.millrace.broker.log.FlushTicket;
import io.millrace.broker.log.LogConfig;
import io.millrace.broker.log.LogOpening;
import io.millrace.broker.log.LogRead;
import io.millrace.broker.log.MapBudget;
import io.millrace.broker.log.PartitionDirectory;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.ReadBuffers;
import io.millrace.broker.log.ReadRequest;
import io.millrace.broker.log.RecoveryProgress;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.RealFileStore;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.common.time.SystemClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One partition's log on the page cache: microseconds to append a batch, to append and fsync one,
 * and to read a megabyte of whole batches, the CRC of each checked. The files lie under {@code
 * java.io.tmpdir}, at most a gigabyte of them.
 *
 * <pre>
 * ./mvnw -q -Pbench -pl benchmarks -am process-classes -Dbench="LogBenchmark"
 * ./mvnw -q -Pbench -pl benchmarks -am process-classes -Dbench="LogBenchmark.append -p batchBytes=1048576"
 * </pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "-Xmx512m")
@State(Scope.Thread)
public class LogBenchmark {
  private static final int READ_BYTES = 1 << 20;
  private static final int SEGMENT_BYTES = 128 << 20;
  private static final long LOG_BYTES_MAX = 512L << 20;
  private static final int RECORD_BYTES = 1_000;

  /** The bytes of a batch, about. */
  @Param({"16384", "131072", "1048576"})
  public int batchBytes;

  private final FileStore store = new RealFileStore();
  private final Path directory =
      Path.of(System.getProperty("java.io.tmpdir"), "millrace-bench-" + UUID.randomUUID());
  private final ByteBuffer pooled = ByteBuffer.allocateDirect(2 * READ_BYTES);
  private final ReadBuffers direct = bytes -> pooled;

  private PartitionLog written = open("written-0");
  private PartitionLog read = open("read-0");
  private ByteBuffer batch = ByteBuffer.allocate(0);
  private long sinceFresh;
  private long nextRead;

  private PartitionLog open(String name) {
    return PartitionLog.open(
        new LogOpening(
            store,
            directory.resolve(name),
            new TopicIdPartition(new UUID(0, name.length()), 0),
            new TopicPartition(name.substring(0, name.length() - 2), 0),
            LogConfig.DEFAULT.toBuilder().segmentBytes(SEGMENT_BYTES).build(),
            new SystemClock(),
            new MapBudget(100),
            0,
            false,
            RecoveryProgress.NONE));
  }

  /**
   * Makes the batch and fills the log that is read: 256 MB in sealed segments and the active one.
   */
  @Setup
  public void setUp() {
    RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, batchBytes);
    byte[] value = new byte[RECORD_BYTES];
    new Random(1).nextBytes(value);
    do {
      builder.append(1_700_000_000_000L, null, ByteBuffer.wrap(value), List.of());
    } while (builder.estimatedBytes() + RECORD_BYTES < batchBytes);
    batch = builder.build();
    for (int i = 0; i < (256 << 20) / batchBytes; i++) {
      appendTo(read);
    }
    flush(read);
  }

  /** Deletes the files. */
  @TearDown
  public void tearDown() throws IOException {
    written.abandon();
    read.abandon();
    PartitionDirectory.delete(store, directory);
  }

  private void appendTo(PartitionLog log) {
    RecordBatch.stamp(batch, 0, log.logEndOffset(), 0);
    if (log.mustStartEpoch(0)) {
      EpochStart start = log.prepareEpoch(0);
      start.run();
      log.epochStarted(start);
    }
    log.append(batch);
  }

  private static void flush(PartitionLog log) {
    FlushTicket ticket = log.prepareFlush();
    ticket.run();
    log.flushed(ticket);
  }

  /** Appends a batch. */
  @Benchmark
  public long append() {
    appendTo(written);
    sinceFresh += batch.capacity();
    if (sinceFresh > LOG_BYTES_MAX) {
      written.truncateFullyAndStartAt(written.logEndOffset());
      sinceFresh = 0;
    }
    return written.logEndOffset();
  }

  /** Appends a batch and makes it durable: {@code flush.mode=commit} with nobody to share with. */
  @Benchmark
  public long appendAndFlush() {
    append();
    flush(written);
    return written.durableOffset();
  }

  /** Reads on into one direct buffer, as the fetch service does. */
  @Benchmark
  public LogRead readIntoDirectBuffer() {
    return readOn(direct);
  }

  /** Reads on into a new array each time. */
  @Benchmark
  public LogRead readIntoNewArray() {
    return readOn(ReadBuffers.HEAP);
  }

  private LogRead readOn(ReadBuffers buffers) {
    LogRead found =
        read.snapshot().read(new ReadRequest(nextRead, READ_BYTES, Long.MAX_VALUE, true, buffers));
    nextRead = found.nextOffset() == read.logEndOffset() ? 0 : found.nextOffset();
    return found;
  }
}
