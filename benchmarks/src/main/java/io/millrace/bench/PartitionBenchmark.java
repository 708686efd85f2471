package io.millrace.bench;

import io.millrace.broker.log.DetachedSegment;
import io.millrace.broker.log.LogConfig;
import io.millrace.broker.log.LogOpening;
import io.millrace.broker.log.LogRead;
import io.millrace.broker.log.LogTask;
import io.millrace.broker.log.MapBudget;
import io.millrace.broker.log.PartitionDirectory;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.RecoveryProgress;
import io.millrace.broker.replica.LocalReplica;
import io.millrace.broker.replica.PartitionConfig;
import io.millrace.broker.replica.PartitionDriver;
import io.millrace.broker.replica.PartitionRuntime;
import io.millrace.broker.replica.PartitionView;
import io.millrace.broker.replica.ProduceCommand;
import io.millrace.broker.replica.RuntimePorts;
import io.millrace.broker.replica.core.LeaderState;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.broker.replica.core.ProduceOutcome;
import io.millrace.common.Acks;
import io.millrace.common.TimestampType;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.TopicConfigs;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.RealFileStore;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.common.time.SystemClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The append and the read path of a partition on a real disk's page cache, without the threads
 * around it: microseconds for each batch. Appending is what a shard does with a validated batch
 * (decide, write, index, publish, answer), in runs of 50, acks=all under flush.mode=os; reading is
 * what a fetch does (find, read, check the CRC), 1 MB at a time.
 *
 * <pre>
 * ./mvnw -q -Pbench -pl benchmarks -am process-classes -Dbench="Partition"
 * ./mvnw -q -Pbench -pl benchmarks -am process-classes -Dbench="Partition -p batchBytes=131072"
 * </pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@OperationsPerInvocation(PartitionBenchmark.RUN)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "-Xmx512m")
@State(Scope.Thread)
public class PartitionBenchmark {
  static final int RUN = 50;

  private static final int SEGMENT_BYTES = 128 << 20;
  private static final LogConfig LOG_CONFIG =
      LogConfig.DEFAULT.toBuilder()
          .segmentBytes(SEGMENT_BYTES)
          .retentionBytes(SEGMENT_BYTES)
          .build();
  private static final int READ_BYTES = 1 << 20;
  private static final TopicPartition NAME = new TopicPartition("bench", 0);

  /** The bytes of a batch, about. */
  @Param({"16384", "1024"})
  public int batchBytes;

  private final FileStore store = new RealFileStore();
  private final SystemClock clock = new SystemClock();
  private final Path dataDirectory =
      Path.of(
          System.getProperty("java.io.tmpdir"), "millrace-bench-" + ProcessHandle.current().pid());
  private final Path directory = dataDirectory.resolve(NAME.toString());
  private final List<ByteBuffer> batches = new ArrayList<>();
  private final Deque<LogTask> tasks = new ArrayDeque<>();
  private final PartitionLog log = openLog();
  private final PartitionRuntime partition = leader();
  private long readOffset;

  /** Makes the batches, and a log to read from. */
  @Setup
  public void setUp() {
    for (int i = 0; i < RUN; i++) {
      ByteBuffer value = ByteBuffer.allocate(batchBytes);
      batches.add(
          new RecordBatchBuilder(Compression.NONE)
              .append(clock.wallMs(), null, value, List.of())
              .build());
    }
    // The first batch waits for its leader epoch to be written down.
    append();
    runTasks(partition);
    while (partition.view().log().sizeInBytes() < SEGMENT_BYTES) {
      append();
    }
  }

  /** Gives the disk back what earlier iterations wrote. */
  @Setup(Level.Iteration)
  public void dropOldSegments() {
    runTasks(partition);
    var detached = partition.applyRetention(true);
    runTasks(partition);
    detached.join().forEach(DetachedSegment::delete);
    readOffset = partition.view().logStartOffset();
  }

  private void runTasks(PartitionRuntime runtime) {
    runtime.finishRun();
    while (!tasks.isEmpty()) {
      LogTask task = tasks.remove();
      task.run();
      runtime.done(task);
      runtime.finishRun();
    }
  }

  /** What a shard does with 50 batches that wait. */
  @Benchmark
  public long append() {
    for (ByteBuffer batch : batches) {
      partition.produce(
          new ProduceCommand(
              batch, Acks.ALL, -1, 0, Long.MAX_VALUE, 0, PartitionBenchmark::requireDone));
    }
    partition.finishRun();
    return partition.view().highWatermark();
  }

  /** What fetches do to send 50 batches, read one after the other from the log's start. */
  @Benchmark
  public long read() {
    PartitionView view = partition.view();
    int maxBytes = Math.min(READ_BYTES, RUN * batches.get(0).remaining());
    long bytes = 0;
    while (bytes < (long) RUN * batches.get(0).remaining()) {
      LogRead read = view.log().read(readOffset, maxBytes, view.highWatermark(), true);
      bytes += read.records().remaining();
      readOffset = read.isEmpty() ? view.logStartOffset() : read.nextOffset();
    }
    return bytes;
  }

  @TearDown
  public void deleteLog() throws IOException {
    log.abandon();
    PartitionDirectory.delete(store, dataDirectory);
  }

  private static void requireDone(ProduceCommand command, ProduceOutcome outcome) {
    if (!(outcome instanceof ProduceOutcome.Acknowledged)) {
      throw new IllegalStateException(outcome.toString());
    }
  }

  private PartitionLog openLog() {
    return PartitionLog.open(
        new LogOpening(
            store,
            directory,
            new TopicIdPartition(new UUID(1, 2), 0),
            NAME,
            LOG_CONFIG,
            clock,
            new MapBudget(100),
            0,
            false,
            RecoveryProgress.NONE));
  }

  private PartitionRuntime leader() {
    PartitionConfig config =
        new PartitionConfig(
            EffectiveConfig.defaults(TopicConfigs.SCHEMA),
            LOG_CONFIG,
            TimestampType.CREATE_TIME,
            true);
    RuntimePorts ports =
        new RuntimePorts(
            clock,
            new Driver(),
            (runtime, task) -> tasks.add(task),
            failure -> {
              throw failure;
            },
            IllegalStateException::new);
    PartitionRuntime runtime =
        new PartitionRuntime(LocalReplica.alone(1, NAME), log, config, ports);
    LeaderState alone = new LeaderState(0, 0, List.of(1), Set.of(1), 1);
    runtime.handle(new PartitionEvent.BecomeLeader(alone));
    runtime.finishRun();
    return runtime;
  }

  /** The benchmark finishes runs itself, and nothing waits so long that it times out. */
  private static final class Driver implements PartitionDriver {
    @Override
    public void touched(PartitionRuntime runtime) {}

    @Override
    public void tickAt(PartitionRuntime runtime, long atMs) {}
  }
}
