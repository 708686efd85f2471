package io.millrace.it.simulation;

import io.millrace.common.producer.BatchSequence;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What a producer sends: a batch whose first value names it. Immutable.
 *
 * @param id names the batch in the run, from 0
 * @param producer the producer's number
 * @param idempotent whether it may be in the log only once and in order
 * @param order its place among its producer's batches, from 0
 * @param records how many records it has
 * @param timestampMs the time of its records
 */
record SimulatedBatch(
    int id, int producer, boolean idempotent, int order, int records, long timestampMs) {
  /** Behind the header: length, attributes, two deltas and two field lengths of a byte each. */
  private static final int ID_AT = RecordBatch.HEADER_BYTES + 6;

  private static final long ID_MARK = 0x4D69_6C6C_0000_0000L;

  /** The bytes as a producer sends them. */
  ByteBuffer encode(BatchSequence sequence) {
    RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 128);
    builder.producer(
        sequence.producerId(), (short) sequence.producerEpoch(), sequence.baseSequence());
    ByteBuffer value = ByteBuffer.allocate(Long.BYTES).putLong(0, ID_MARK | id);
    for (int i = 0; i < records; i++) {
      builder.append(timestampMs, null, value, List.of());
    }
    return builder.build();
  }

  /** The id of the batch at a position of the buffer, or -1 if no batch of ours is there. */
  static int idAt(ByteBuffer buffer, int position) {
    if (position + ID_AT + Long.BYTES > buffer.limit()) {
      return -1;
    }
    long value = buffer.getLong(position + ID_AT);
    return (value & 0xFFFF_FFFF_0000_0000L) == ID_MARK ? (int) value : -1;
  }

  /** Whether the broker refuses it whenever it comes. */
  boolean isTooLarge() {
    return id % 43 == 7;
  }

  @Override
  public String toString() {
    return "batch " + id + " (producer " + producer + " #" + order + ")";
  }
}
