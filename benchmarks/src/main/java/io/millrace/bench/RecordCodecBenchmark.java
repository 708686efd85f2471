package io.millrace.bench;

import io.millrace.common.record.BatchLimits;
import io.millrace.common.record.BatchValidation;
import io.millrace.common.record.BatchValidator;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.common.record.RecordReader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * The record batch codec, nanoseconds for each record of a batch of 128: encode, validate (CRC
 * included) in heap and direct memory, decode, CRC alone, and the same by hand as a measure. 1 ns a
 * record is 0.001 CPU seconds a million.
 *
 * <pre>
 * ./mvnw -q -Pbench -pl benchmarks -am process-classes -Dbench="RecordCodec"
 * ./mvnw -q -Pbench -pl benchmarks -am process-classes -Dbench="RecordCodec -p compression=LZ4"
 * </pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(RecordCodecBenchmark.RECORDS)
@Warmup(iterations = 6, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "-Xmx512m")
@State(Scope.Thread)
public class RecordCodecBenchmark {
  static final int RECORDS = 128;

  private static final long TIMESTAMP_MS = 1_700_000_000_000L;
  private static final int BATCH_BYTES_MAX = 8 << 20;
  private static final BatchLimits LIMITS =
      new BatchLimits(BATCH_BYTES_MAX, BATCH_BYTES_MAX, false)
          .withTimestampsAround(TIMESTAMP_MS, 3_600_000, 3_600_000);

  /** The bytes of a record's value; there is no key. */
  @Param({"1024", "100"})
  public int valueBytes;

  @Param("NONE")
  public Compression compression = Compression.NONE;

  private final List<ByteBuffer> values = new ArrayList<>();
  private RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);
  private byte[] copy = new byte[0];
  private HandLoop hand = new HandLoop(0);
  private ByteBuffer heap = ByteBuffer.allocate(0);
  private ByteBuffer direct = ByteBuffer.allocateDirect(0);

  /** Fills values with text that compresses about as well as log lines do. */
  @Setup
  public void setUp() {
    Random random = new Random(1);
    for (int i = 0; i < RECORDS; i++) {
      ByteBuffer value = ByteBuffer.allocate(valueBytes);
      while (value.hasRemaining()) {
        value.put((byte) ('a' + (random.nextInt(8) & random.nextInt(32))));
      }
      values.add(value.flip());
    }
    builder = new RecordBatchBuilder(compression, 2 * RECORDS * (valueBytes + 32));
    copy = new byte[RECORDS * valueBytes];
    heap = encodeWith(new RecordBatchBuilder(compression));
    direct = ByteBuffer.allocateDirect(heap.remaining()).put(heap.duplicate()).flip();
    hand = new HandLoop(2 * RECORDS * (valueBytes + 32));
    if (compression == Compression.NONE) {
      requireSameWork();
    }
  }

  private void requireSameWork() {
    if (!hand.encode(values, TIMESTAMP_MS).equals(heap) || !hand.validate(heap)) {
      throw new IllegalStateException("the hand loop does other work than the codec");
    }
  }

  /** Appends the records and finishes the batch, CRC and compression included. */
  @Benchmark
  public ByteBuffer encode() {
    builder.reset();
    return encodeWith(builder);
  }

  /** The measure for encode: the same bytes from one loop that does nothing else. */
  @Benchmark
  public ByteBuffer encodeByHand() {
    return hand.encode(values, TIMESTAMP_MS);
  }

  /** The measure for validation: CRC and walk, nothing else. */
  @Benchmark
  public boolean validateByHand() {
    return hand.validate(heap);
  }

  /** The floor under encode: the values copied one after the other, nothing else. */
  @Benchmark
  public byte[] copyValues() {
    int at = 0;
    for (int i = 0; i < RECORDS; i++) {
      System.arraycopy(values.get(i).array(), 0, copy, at, valueBytes);
      at += valueBytes;
    }
    return copy;
  }

  /** What the leader does with a batch that lies on the heap. */
  @Benchmark
  public BatchValidation validateHeap() {
    return BatchValidator.validate(heap, LIMITS);
  }

  /** What the leader does with a batch that lies in direct memory. */
  @Benchmark
  public BatchValidation validateDirect() {
    return BatchValidator.validate(direct, LIMITS);
  }

  /** What a consumer does: every record as an object. */
  @Benchmark
  public void decode(Blackhole blackhole) {
    RecordReader.forEach(RecordBatch.at(heap, 0), BATCH_BYTES_MAX, blackhole::consume);
  }

  /** The part of validation that reads every byte. */
  @Benchmark
  public boolean crcHeap() {
    return RecordBatch.at(heap, 0).crcValid();
  }

  /** The same in direct memory. */
  @Benchmark
  public boolean crcDirect() {
    return RecordBatch.at(direct, 0).crcValid();
  }

  private ByteBuffer encodeWith(RecordBatchBuilder empty) {
    for (int i = 0; i < RECORDS; i++) {
      empty.append(TIMESTAMP_MS + i, null, values.get(i), List.of());
    }
    return empty.build();
  }
}
