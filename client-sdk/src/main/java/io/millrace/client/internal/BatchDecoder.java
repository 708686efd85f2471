package io.millrace.client.internal;

import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.Header;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatches;
import io.millrace.common.record.RecordHeader;
import io.millrace.common.record.RecordWalk;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The records of one fetch message from an offset on. Each batch's CRC is checked before its
 * records are read (S25); records before the asked offset are dropped (S26). Confined to the
 * consumer's thread, and no two of one consumer are used in turns: they share the walk.
 */
final class BatchDecoder {
  private final TopicPartition partition;
  private final ConsumerConfig config;
  private final ConsumerCounters counters;
  private final RecordWalk walk;
  private final ByteBuffer bytes;

  /** Where the next batch starts; the bytes before it were walked, or are being. */
  private int nextBatchAt;

  /** Every record below it was returned, dropped, or is in no batch of this message. */
  private long position;

  /** The leader epoch of the batch before {@link #position}; -1 until one was read. */
  private int positionEpoch = -1;

  private int batchEpoch = -1;

  /** The offsets of the batch that is being read: the first, and the one after the last. */
  private long batchBase;

  private long batchEnd;

  /**
   * Begins before the first record.
   *
   * @param bytes the message's records, from 0 to the limit
   * @param from the first offset that is wanted
   */
  BatchDecoder(
      TopicPartition partition,
      ByteBuffer bytes,
      long from,
      RecordWalk walk,
      ConsumerConfig config,
      ConsumerCounters counters) {
    this.partition = partition;
    this.config = config;
    this.counters = counters;
    this.walk = walk;
    this.bytes = bytes;
    this.position = from;
    this.batchBase = from;
    this.batchEnd = from;
    walk.end();
  }

  /** The offset to go on at after what was returned so far. */
  long position() {
    return position;
  }

  /** The leader epoch of the last batch that lies before the position; -1 if none was read. */
  int positionEpoch() {
    return positionEpoch;
  }

  /**
   * Adds records until the list has so many.
   *
   * @return false when the message is over
   * @throws MillraceException if a batch can't be read; what was before it is in the list
   */
  boolean moveTo(List<ConsumerRecord> records, int most) {
    while (records.size() < most) {
      if (!nextRecord()) {
        if (batchEnd > position) {
          reached(batchEnd);
        }
        if (nextBatchAt >= bytes.limit()) {
          return false;
        }
        enterNext();
      } else if (walk.offset() >= position) {
        reached(walk.offset() + 1);
        records.add(record());
      }
    }
    return true;
  }

  private void reached(long offset) {
    position = offset;
    positionEpoch = batchEpoch;
  }

  private boolean nextRecord() {
    try {
      return walk.next();
    } catch (MillraceException e) {
      throw unreadable(batchBase, e.error());
    }
  }

  private void enterNext() {
    Optional<MillraceError> defect = RecordBatches.misshapenAt(bytes, nextBatchAt);
    if (defect.isPresent()) {
      throw unreadable(position, defect.get());
    }
    RecordBatch batch = RecordBatch.at(bytes, nextBatchAt);
    check(batch);
    nextBatchAt += batch.sizeInBytes();
    batchBase = batch.baseOffset();
    batchEnd = batch.nextOffset();
    batchEpoch = batch.leaderEpoch();
    if (batchEnd > position && !batch.isControl()) {
      begin(batch);
    }
  }

  private void check(RecordBatch batch) {
    if (batch.baseOffset() < 0 || batch.lastOffsetDelta() < 0) {
      throw unreadable(
          batch.baseOffset(),
          new MillraceError(
              ErrorCode.CORRUPT_BATCH,
              "offsets: "
                  + batch.baseOffset()
                  + " to "
                  + batch.lastOffset()
                  + " (expected: from 0, ascending)"));
    }
    if (config.checkCrcs() && !batch.crcValid()) {
      counters.crcFailures.incrementAndGet();
      throw unreadable(
          batch.baseOffset(),
          RecordBatches.defectAt(bytes, nextBatchAt)
              .orElseThrow(() -> new IllegalStateException("the batch changed under its reader")));
    }
  }

  private void begin(RecordBatch batch) {
    try {
      walk.begin(batch, config.maxDecompressedBytes());
    } catch (MillraceException e) {
      throw unreadable(batch.baseOffset(), e.error());
    }
    counters.batches.incrementAndGet();
  }

  /** What the application is told; a limit of its own is not a corrupt batch. */
  private MillraceException unreadable(long offset, MillraceError error) {
    counters.corruptBatches.incrementAndGet();
    if (error.code() == ErrorCode.DECOMPRESSED_TOO_LARGE) {
      return CorruptBatches.tooLarge(partition, offset, position, error).exception();
    }
    return CorruptBatches.at(partition, offset, position, error.message()).exception();
  }

  private ConsumerRecord record() {
    return new ConsumerRecord(
        partition.topic(),
        partition.partition(),
        walk.offset(),
        walk.timestamp(),
        walk.key(),
        walk.value(),
        headers());
  }

  private List<Header> headers() {
    List<RecordHeader> headers = walk.headers();
    return headers.isEmpty()
        ? List.of()
        : headers.stream().map(h -> new Header(h.key(), array(h.value()))).toList();
  }

  private static byte @Nullable [] array(@Nullable ByteBuffer buffer) {
    if (buffer == null) {
      return null;
    }
    byte[] copy = new byte[buffer.remaining()];
    buffer.get(buffer.position(), copy);
    return copy;
  }
}
