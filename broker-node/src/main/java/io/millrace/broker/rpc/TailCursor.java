package io.millrace.broker.rpc;

import io.millrace.broker.log.TimestampedOffset;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.PartitionView;
import io.millrace.broker.replica.Registration;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.record.Record;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatches;
import io.millrace.common.record.RecordHeader;
import io.millrace.common.record.RecordReader;
import io.millrace.proto.v1.ConsumedRecord;
import io.millrace.proto.v1.Header;
import io.millrace.proto.v1.TailStart;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where a tail stands in one partition. Confined to the tail's runs, but for {@link #signal}, which
 * is called from anywhere.
 */
final class TailCursor {
  private static final int READ_BYTES = 512 << 10;
  private static final long NO_END = Long.MAX_VALUE;

  private final PartitionHost host;
  private final Consumer<TailCursor> ready;
  private final AtomicBoolean queued = new AtomicBoolean();

  /** Batches that were read and not unpacked yet. */
  private Iterator<RecordBatch> batches = Collections.emptyIterator();

  /** Records that were unpacked and not sent yet. */
  private Iterator<Record> records = Collections.emptyIterator();

  /** The offset of the next record to send: what was unpacked before it is dropped (S26). */
  private long nextOffset;

  /** Where to read on; at or above {@link #nextOffset}. */
  private long readOffset;

  private long endOffset = NO_END;
  private boolean closed;
  private @Nullable Registration registration;

  /**
   * What was put into a message.
   *
   * @param records how many records
   * @param bytes how many bytes, about
   */
  record Taken(int records, int bytes) {}

  TailCursor(PartitionHost host, Consumer<TailCursor> ready) {
    this.host = host;
    this.ready = ready;
  }

  int partition() {
    return host.id().partition();
  }

  /**
   * Finds the first offset.
   *
   * @throws MillraceException if there is none
   */
  void begin(PartitionReader reader, TailStart start, boolean stopAtEnd) {
    nextOffset =
        reader.guarded(
            host,
            view -> startOffset(view, start),
            (view, error) -> {
              throw error.exception();
            });
    readOffset = nextOffset;
    if (stopAtEnd) {
      endOffset = host.view().highWatermark();
    }
  }

  private static long startOffset(PartitionView view, TailStart start) {
    PartitionReader.refusal(view, -1).ifPresent(TailCursor::refuse);
    return switch (start.getPositionCase()) {
      case EARLIEST -> view.logStartOffset();
      case LATEST, POSITION_NOT_SET -> view.highWatermark();
      case OFFSET -> {
        long offset = start.getOffset();
        if (offset < view.logStartOffset() || offset > view.logEndOffset()) {
          refuse(PartitionReader.outOfRange(view, offset));
        }
        yield offset;
      }
      case TIMESTAMP_MS ->
          view.log()
              .offsetForTimestamp(start.getTimestampMs(), view.highWatermark())
              .map(TimestampedOffset::offset)
              .orElse(view.highWatermark());
    };
  }

  /** Follows the partition from now on. */
  void follow() {
    registration = host.onAdvance(this::signal);
    signal();
  }

  /** Whether nothing more will come. */
  boolean atEnd() {
    return closed || nextOffset >= endOffset;
  }

  /** There may be something to send. On any thread; cheap. */
  void signal() {
    if (queued.compareAndSet(false, true)) {
      ready.accept(this);
    }
  }

  /** It was taken out of the ready queue; what happens from here on signals anew. */
  void taken() {
    queued.set(false);
  }

  /**
   * Puts records into a message.
   *
   * @throws MillraceException if the partition can't be read further
   */
  Taken take(FetchDeps deps, int maxRecords, int maxBytes, Consumer<ConsumedRecord> message) {
    int count = 0;
    int bytes = 0;
    while (!atEnd() && count < maxRecords && bytes < maxBytes && moreRecords(deps)) {
      Record record = records.next();
      if (record.offset() < nextOffset || record.offset() >= endOffset) {
        continue;
      }
      ConsumedRecord consumed = consumed(record);
      message.accept(consumed);
      nextOffset = record.offset() + 1;
      count++;
      bytes += consumed.getSerializedSize();
    }
    if (!atEnd() && (records.hasNext() || batches.hasNext() || moreVisible())) {
      signal();
    }
    return new Taken(count, bytes);
  }

  private boolean moreVisible() {
    return readOffset < host.view().highWatermark();
  }

  private boolean moreRecords(FetchDeps deps) {
    while (!records.hasNext()) {
      if (batches.hasNext()) {
        records = RecordReader.iterator(batches.next(), deps.limits().maxDecompressedBytes());
      } else if (!read(deps.reader())) {
        return false;
      }
    }
    return true;
  }

  private boolean read(PartitionReader reader) {
    ReadPosition position = new ReadPosition(readOffset, -1, -1, false);
    PartitionView view = host.view();
    reader
        .verdict(host, view, position)
        .ifPresent(data -> refuse(RpcErrors.fromProto(data.getError())));
    if (!PartitionReader.hasVisible(view, position)) {
      // Offsets at the end may have no records any more: the tail is past them all the same.
      nextOffset = Math.max(nextOffset, Math.min(readOffset, view.highWatermark()));
      return false;
    }
    PartitionReader.Result result = reader.read(host, position, READ_BYTES, true);
    if (result.data().hasError()) {
      refuse(RpcErrors.fromProto(result.data().getError()));
    }
    readOffset = result.nextOffset();
    batches = RecordBatches.split(result.data().getRecords().asReadOnlyByteBuffer()).iterator();
    return result.bytes() > 0;
  }

  void close() {
    closed = true;
    if (registration != null) {
      registration.close();
    }
  }

  private static void refuse(MillraceError error) {
    throw error.exception();
  }

  private ConsumedRecord consumed(Record record) {
    ConsumedRecord.Builder view =
        ConsumedRecord.newBuilder()
            .setPartition(partition())
            .setOffset(record.offset())
            .setTimestampMs(record.timestamp());
    ByteBuffer key = record.key();
    if (key != null) {
      view.setKey(Payloads.shared(key));
    }
    ByteBuffer value = record.value();
    if (value != null) {
      view.setValue(Payloads.shared(value));
    }
    record.headers().forEach(header -> view.addHeaders(header(header)));
    return view.build();
  }

  private static Header header(RecordHeader header) {
    Header.Builder view = Header.newBuilder().setKey(header.key());
    ByteBuffer value = header.value();
    if (value != null) {
      view.setValue(Payloads.shared(value));
    }
    return view.build();
  }
}
