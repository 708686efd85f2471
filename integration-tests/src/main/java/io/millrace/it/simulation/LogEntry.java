package io.millrace.it.simulation;

import io.millrace.common.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

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

  /** Of entries in the order of their offsets the first one that begins there or behind. */
  static Optional<LogEntry> firstFrom(List<LogEntry> entries, long offset) {
    int index = indexFrom(entries, offset);
    return index < entries.size() ? Optional.of(entries.get(index)) : Optional.empty();
  }

  /** The same one's index; behind the last one if there is none. */
  static int indexFrom(List<LogEntry> entries, long offset) {
    int low = 0;
    int high = entries.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (entries.get(middle).baseOffset() < offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** The one that begins there. */
  static Optional<LogEntry> at(List<LogEntry> entries, long baseOffset) {
    return firstFrom(entries, baseOffset).filter(entry -> entry.baseOffset() == baseOffset);
  }
}
