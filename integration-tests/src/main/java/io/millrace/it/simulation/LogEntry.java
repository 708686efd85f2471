package io.millrace.it.simulation;

import io.millrace.common.record.RecordBatch;
import java.nio.ByteBuffer;

/**
 * A batch in a log. Immutable.
 *
 * @param baseOffset its first offset
 * @param lastOffset its last offset
 * @param leaderEpoch the epoch it was appended in
 * @param batch names it, as {@link SimulatedBatch#id} does; -1 if nobody sent it
 * @param producerId its producer, or -1
 * @param producerEpoch the producer's epoch, or -1
 * @param sequence the sequence of its first record, or -1
 */
record LogEntry(
    long baseOffset,
    long lastOffset,
    int leaderEpoch,
    int batch,
    long producerId,
    int producerEpoch,
    int sequence) {

  static LogEntry of(RecordBatch found, ByteBuffer records, int position) {
    return new LogEntry(
        found.baseOffset(),
        found.lastOffset(),
        found.leaderEpoch(),
        SimulatedBatch.idAt(records, position),
        found.producerId(),
        found.producerEpoch(),
        found.baseSequence());
  }
}
