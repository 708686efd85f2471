package io.millrace.common.record;

import io.millrace.common.TimestampType;
import java.nio.ByteBuffer;

/**
 * Batches without records, as compaction leaves them: a header alone, not compressed. They keep the
 * offsets of a log without holes, so that a wrong base offset, which no CRC covers, is still seen
 * by the batches before and after it.
 */
public final class EmptyBatches {
  private EmptyBatches() {}

  /**
   * A batch in place of offsets whose records are gone: {@link RecordBatch#isGap}.
   *
   * @param baseOffset the first of them
   * @param lastOffset the last of them, less than 2^31 above the first
   * @param leaderEpoch the epoch that wrote all of them
   * @return the batch from position 0 to the limit
   */
  public static ByteBuffer gap(long baseOffset, long lastOffset, int leaderEpoch) {
    ByteBuffer batch = ByteBuffer.allocate(RecordBatch.HEADER_BYTES);
    batch.putLong(RecordBatch.BASE_OFFSET_AT, baseOffset);
    batch.putInt(RecordBatch.LEADER_EPOCH_AT, leaderEpoch);
    batch.put(RecordBatch.MAGIC_AT, RecordBatch.MAGIC);
    int lastOffsetDelta = Math.toIntExact(lastOffset - baseOffset);
    batch.putInt(RecordBatch.LAST_OFFSET_DELTA_AT, lastOffsetDelta);
    batch.putLong(RecordBatch.BASE_TIMESTAMP_AT, RecordBatch.NO_TIMESTAMP);
    batch.putLong(RecordBatch.MAX_TIMESTAMP_AT, RecordBatch.NO_TIMESTAMP);
    batch.putLong(RecordBatch.PRODUCER_ID_AT, RecordBatch.NO_PRODUCER_ID);
    batch.putShort(RecordBatch.PRODUCER_EPOCH_AT, RecordBatch.NO_PRODUCER_EPOCH);
    batch.putInt(RecordBatch.BASE_SEQUENCE_AT, RecordBatch.NO_SEQUENCE);
    return finished(batch);
  }

  /**
   * A batch without its records: offsets, leader epoch, producer and sequence stay, and the time of
   * its append if it has one.
   *
   * @return the batch from position 0 to the limit
   */
  public static ByteBuffer withoutRecords(RecordBatch of) {
    ByteBuffer batch = ByteBuffer.allocate(RecordBatch.HEADER_BYTES);
    batch.put(0, of.buffer(), of.position(), RecordBatch.HEADER_BYTES);
    int kept = RecordBatch.LOG_APPEND_TIME_BIT | RecordBatch.TRANSACTIONAL_BIT;
    batch.putShort(RecordBatch.ATTRIBUTES_AT, (short) (of.attributes() & kept));
    batch.putLong(RecordBatch.BASE_TIMESTAMP_AT, RecordBatch.NO_TIMESTAMP);
    if (of.timestampType() != TimestampType.LOG_APPEND_TIME) {
      batch.putLong(RecordBatch.MAX_TIMESTAMP_AT, RecordBatch.NO_TIMESTAMP);
    }
    batch.putInt(RecordBatch.RECORD_COUNT_AT, 0);
    return finished(batch);
  }

  private static ByteBuffer finished(ByteBuffer batch) {
    int length = RecordBatch.HEADER_BYTES - RecordBatch.LENGTH_OVERHEAD_BYTES;
    batch.putInt(RecordBatch.LENGTH_AT, length);
    RecordBatch.stampCrc(batch, 0);
    return batch;
  }
}
