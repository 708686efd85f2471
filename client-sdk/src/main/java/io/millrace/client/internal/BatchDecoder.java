package io.millrace.client.internal;

import com.google.protobuf.ByteOutput;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.Header;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.common.record.Record;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatches;
import io.millrace.common.record.RecordReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Iterator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The records of one fetch message from an offset on. Each batch's CRC is checked before its
 * records are read (S25); records before the asked offset are dropped (S26). Confined to the
 * consumer's thread.
 */
final class BatchDecoder {
  private final TopicPartition partition;
  private final long maxDecompressedBytes;
  private final Iterator<RecordBatch> batches;
  private final ByteBuffer bytes;
  private Iterator<Record> records = Collections.emptyIterator();

  /** Every record below it was returned, dropped, or is in no batch of this message. */
  private long position;

  /** The offset after the batch that is being read. */
  private long batchEnd;

  BatchDecoder(TopicPartition partition, ByteString message, long from, long maxDecompressedBytes) {
    this.partition = partition;
    this.maxDecompressedBytes = maxDecompressedBytes;
    this.bytes = withoutCopy(message);
    this.batches = RecordBatches.split(bytes).iterator();
    this.position = from;
    this.batchEnd = from;
  }

  /** The offset to go on at after what was returned so far. */
  long position() {
    return position;
  }

  /**
   * The next record, if there is one.
   *
   * @throws MillraceException {@code CORRUPT_BATCH} or {@code DECOMPRESSED_TOO_LARGE}
   */
  Optional<ConsumerRecord> next() {
    while (true) {
      while (records.hasNext()) {
        Record record = records.next();
        if (record.offset() >= position) {
          position = record.offset() + 1;
          return Optional.of(convert(record));
        }
      }
      position = Math.max(position, batchEnd);
      if (!batches.hasNext()) {
        return Optional.empty();
      }
      enter(batches.next());
    }
  }

  private void enter(RecordBatch batch) {
    Optional<MillraceError> defect = RecordBatches.defectAt(bytes, batch.position());
    if (defect.isPresent()) {
      throw CorruptBatches.at(partition, batch.baseOffset(), position, defect.get().message())
          .exception();
    }
    if (batch.nextOffset() > position && !batch.isControl()) {
      records = RecordReader.iterator(batch, maxDecompressedBytes);
    }
    batchEnd = batch.nextOffset();
  }

  private ConsumerRecord convert(Record record) {
    return new ConsumerRecord(
        partition.topic(),
        partition.partition(),
        record.offset(),
        record.timestamp(),
        copy(record.key()),
        copy(record.value()),
        record.headers().stream().map(h -> new Header(h.key(), copy(h.value()))).toList());
  }

  private static byte @Nullable [] copy(@Nullable ByteBuffer buffer) {
    if (buffer == null) {
      return null;
    }
    byte[] array = new byte[buffer.remaining()];
    buffer.get(buffer.position(), array);
    return array;
  }

  /** The message's own array: a read-only view would cost a copy for every checksum. */
  private static ByteBuffer withoutCopy(ByteString message) {
    ArrayGrabber grabber = new ArrayGrabber();
    try {
      UnsafeByteOperations.unsafeWriteTo(message, grabber);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return grabber.array != null ? grabber.array : ByteBuffer.wrap(message.toByteArray());
  }

  private static final class ArrayGrabber extends ByteOutput {
    @Nullable ByteBuffer array;
    private int writes;

    @Override
    public void write(byte value) {
      several();
    }

    @Override
    public void write(byte[] value, int offset, int length) {
      several();
    }

    @Override
    public void writeLazy(byte[] value, int offset, int length) {
      array = writes++ == 0 ? ByteBuffer.wrap(value, offset, length).slice() : null;
    }

    @Override
    public void write(ByteBuffer value) {
      several();
    }

    @Override
    public void writeLazy(ByteBuffer value) {
      several();
    }

    private void several() {
      writes++;
      array = null;
    }
  }
}
