package io.millrace.broker.group;

import io.millrace.broker.group.core.EncodedRecord;
import io.millrace.broker.log.CorruptBatchException;
import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.LogRead;
import io.millrace.broker.log.StaleSnapshotException;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.PartitionView;
import io.millrace.common.record.Record;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatches;
import io.millrace.common.record.RecordReader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads a partition of the offsets topic from its start to where its log ends now, some batches at
 * a time: the next ones only when the coordinator has taken those before. Blocks on the disk and on
 * the coordinator: for the threads that load.
 */
final class CoordinatorLoad {
  private static final int READ_BYTES = 512 << 10;
  private static final long MAX_DECOMPRESSED_BYTES = 64L << 20;

  /** A snapshot may be outdated by a roll or a deletion; so many in a row are not. */
  private static final int STALE_RETRIES = 5;

  private final PartitionHost host;
  private final BooleanSupplier wanted;
  private final Sink sink;

  /** Takes the records in the order of the log. */
  interface Sink {
    /** Takes records, and returns when it has. */
    void take(List<EncodedRecord> records) throws InterruptedException;
  }

  /**
   * Why a partition can't be read.
   *
   * @param why for people
   * @param passing whether it may be read another time; else somebody else is to lead
   */
  record Failure(String why, boolean passing) {}

  /**
   * Prepares a load.
   *
   * @param wanted whether the load is of use any more
   */
  CoordinatorLoad(PartitionHost host, BooleanSupplier wanted, Sink sink) {
    this.host = host;
    this.wanted = wanted;
    this.sink = sink;
  }

  /**
   * Reads up to an offset.
   *
   * @param endOffset where the log ended when the load began
   * @return why it can't be read; empty if it was, or is not wanted any more
   */
  Optional<Failure> readTo(long endOffset) {
    try {
      long next = host.view().logStartOffset();
      while (next < endOffset && wanted.getAsBoolean()) {
        next = readFrom(next, endOffset);
      }
      return Optional.empty();
    } catch (CorruptBatchException e) {
      host.foundCorrupt(e.offset());
      return Optional.of(new Failure(e.error().message(), false));
    } catch (LogDirException e) {
      host.diskFailed(e);
      return Optional.of(new Failure("the disk failed", false));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of(new Failure("the broker is shutting down", false));
    } catch (RuntimeException e) {
      return Optional.of(new Failure(e.toString(), true));
    }
  }

  private long readFrom(long offset, long endOffset) throws InterruptedException {
    LogRead read = read(offset, endOffset);
    if (read.isEmpty()) {
      throw new IllegalStateException(
          host.name() + ": no records at " + offset + " (expected: some below " + endOffset + ")");
    }
    List<EncodedRecord> records = new ArrayList<>();
    for (RecordBatch batch : RecordBatches.split(read.records())) {
      RecordReader.forEach(
          batch, MAX_DECOMPRESSED_BYTES, record -> decode(record, offset, records));
    }
    sink.take(records);
    return read.nextOffset();
  }

  private LogRead read(long offset, long endOffset) {
    for (int attempt = 1; ; attempt++) {
      PartitionView view = host.view();
      try {
        return view.log().read(offset, READ_BYTES, endOffset, true);
      } catch (StaleSnapshotException e) {
        if (attempt > STALE_RETRIES) {
          throw e;
        }
      }
    }
  }

  /** The batch that holds an offset may begin before it. */
  private static void decode(Record record, long fromOffset, List<EncodedRecord> records) {
    ByteBuffer key = record.key();
    if (record.offset() >= fromOffset && key != null) {
      records.add(new EncodedRecord(bytes(key), bytesOrNull(record.value())));
    }
  }

  private static byte @Nullable [] bytesOrNull(@Nullable ByteBuffer buffer) {
    return buffer == null ? null : bytes(buffer);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] copy = new byte[buffer.remaining()];
    buffer.get(buffer.position(), copy);
    return copy;
  }
}
