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
  private final PartitionHost host;
  private final TailPart part;
  private final Consumer<TailCursor> ready;
  private final AtomicBoolean queued = new AtomicBoolean();

  /** Batches that were read and not unpacked yet. */
  private Iterator<RecordBatch> batches = Collections.emptyIterator();

  /** The bytes of what was read, while batches or records of it are left. */
  private int readBytes;

  /** Records that were unpacked and not sent yet. */
  private Iterator<Record> records = Collections.emptyIterator();

  /** The offset after the batch that the records are of. */
  private long unpackedTo;

  /** The offset of the next record to send: what was unpacked before it is dropped (S26). */
  private long nextOffset;

  /** Where to read on; at or above {@link #nextOffset}. */
  private long readOffset;

  /** A read brought nothing though there should be something: only an advance can change that. */
  private boolean dry;

  private long endOffset;
  private boolean closed;
  private @Nullable Registration registration;

  /**
   * What was put into a message.
   *
   * @param records how many records
   * @param bytes how many bytes, about
   * @param noRoom whether it ended because there is no memory for more
   */
  record Taken(int records, int bytes, boolean noRoom) {}

  /** What comes next. */
  private enum Step {
    /** A record. */
    RECORD,
    /** Nothing for now, or nothing any more. */
    NOTHING,
    /** Something, but there is no memory for it. */
    NO_ROOM
  }

  TailCursor(PartitionHost host, TailPart part, Consumer<TailCursor> ready) {
    this.host = host;
    this.part = part;
    this.endOffset = part.endOffset();
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
  void begin(PartitionReader reader) {
    nextOffset = startOffset(reader, host, part.start());
    readOffset = nextOffset;
    if (endOffset == TailPart.AT_HIGH_WATERMARK) {
      endOffset = host.view().highWatermark();
    }
  }

  /**
   * The first offset of a tail.
   *
   * @throws MillraceException if there is none
   */
  static long startOffset(PartitionReader reader, PartitionHost host, TailStart start) {
    return reader.guarded(
        host,
        view -> startOffset(view, start),
        (view, error) -> {
          throw error.exception();
        });
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
    dry = false;
  }

  /**
   * Puts records into a message. What was read and unpacked for it is kept, and counted in the
   * lease, as long as {@link #loaded} tells.
   *
   * @param memory of the tail; holds nothing of other cursors
   * @throws MillraceException if the partition can't be read further
   */
  Taken take(
      FetchDeps deps,
      ByteLease memory,
      int maxRecords,
      int maxBytes,
      Consumer<ConsumedRecord> message) {
    int count = 0;
    int bytes = 0;
    Step step = Step.RECORD;
    while (count < maxRecords && bytes < maxBytes && step == Step.RECORD) {
      step = advance(deps, memory);
      if (step == Step.RECORD) {
        Record record = records.next();
        nextOffset = Math.max(nextOffset, Math.min(record.offset(), endOffset));
        if (record.offset() == nextOffset && !atEnd()) {
          ConsumedRecord consumed = consumed(record);
          message.accept(consumed);
          nextOffset = record.offset() + 1;
          count++;
          bytes += consumed.getSerializedSize();
        }
      }
    }
    if (atEnd() || step == Step.NO_ROOM) {
      unload();
    }
    if (!loaded()) {
      memory.release();
    }
    return new Taken(count, bytes, step == Step.NO_ROOM);
  }

  /** Whether it keeps what was read in memory: it must be the next to take from. */
  boolean loaded() {
    return records.hasNext() || batches.hasNext();
  }

  /** Whether there is more to read by now. */
  boolean more() {
    return !atEnd() && !dry && readOffset < host.view().highWatermark();
  }

  /** Gives back the memory of what was not sent; it is read again. */
  void letGo(ByteLease memory) {
    unload();
    memory.release();
  }

  /** Forgets what was not sent; it is read again. */
  private void unload() {
    batches = Collections.emptyIterator();
    records = Collections.emptyIterator();
    readBytes = 0;
    readOffset = nextOffset;
    unpackedTo = nextOffset;
  }

  private Step advance(FetchDeps deps, ByteLease memory) {
    while (!atEnd() && !records.hasNext()) {
      // A batch may end with offsets that have no records any more: the tail is past them too.
      nextOffset = Math.max(nextOffset, unpackedTo);
      if (!atEnd()) {
        Step step = batches.hasNext() ? unpack(deps, memory) : read(deps.reader(), memory);
        if (step != Step.RECORD) {
          return step;
        }
      }
    }
    return atEnd() ? Step.NOTHING : Step.RECORD;
  }

  private Step unpack(FetchDeps deps, ByteLease memory) {
    memory.hold(readBytes);
    RecordBatch batch = batches.next();
    RecordReader.Unpacked unpacked =
        RecordReader.unpack(batch, deps.limits().maxDecompressedBytes());
    if (!memory.tryTake(unpacked.bytes())) {
      return Step.NO_ROOM;
    }
    records = unpacked.records();
    unpackedTo = batch.nextOffset();
    return Step.RECORD;
  }

  private Step read(PartitionReader reader, ByteLease memory) {
    ReadPosition position = new ReadPosition(readOffset, -1, -1, ReadPosition.Reader.OF_LEADER);
    PartitionView view = host.view();
    reader
        .verdict(host, view, position)
        .ifPresent(data -> refuse(RpcErrors.fromProto(data.getError())));
    if (!PartitionReader.hasVisible(view, position)) {
      return Step.NOTHING;
    }
    memory.release();
    if (!memory.tryTake(READ_BYTES)) {
      return Step.NO_ROOM;
    }
    PartitionReader.Result result = reader.read(host, position, READ_BYTES, true);
    if (result.head().hasError()) {
      refuse(RpcErrors.fromProto(result.head().getError()));
    }
    readBytes = result.bytes();
    memory.hold(readBytes);
    readOffset = result.nextOffset();
    batches = RecordBatches.split(result.data().getRecords().asReadOnlyByteBuffer()).iterator();
    dry = result.bytes() == 0;
    if (dry && view.highWatermark() >= endOffset) {
      nextOffset = endOffset;
    }
    return dry ? Step.NOTHING : Step.RECORD;
  }

  void close() {
    closed = true;
    unload();
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
